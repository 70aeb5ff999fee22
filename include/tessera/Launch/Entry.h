// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a compiled GPU kernel wants at a launch: the record that the compiler
// writes beside a cubin and the launcher reads. Knows neither LLVM nor CUDA.
#ifndef TESSERA_LAUNCH_ENTRY_H
#define TESSERA_LAUNCH_ENTRY_H

#include "tessera-c/Runtime.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::launch {

/// What a parameter of the kernel is. `attend` entries have these, in the order
/// of the record; those that the attention does not take are left out.
enum class ParameterKind {
  // Tensor maps, passed by value, over [batch, head, token, feature].
  QueryMap,
  KeyMap,
  ValueMap,
  OutputMap,
  // Addresses of dense arrays on the device.
  Index,      ///< i32 [B, H, Nq, capacity]
  Count,      ///< i32 [B, H, Nq]
  QuerySizes, ///< i32 [Nq] or [B, Nq]
  KeySizes,   ///< i32 [Nkv] or [B, Nkv]
  Lse,        ///< f32 [B, H, Sq]
  Marks,      ///< workspace, i32 [marksPerTile * B * H * Nq]; any contents
  State,      ///< workspace, i32 [stateWords]: 0 before and after a launch
  // Numbers of 32 bits.
  Tiles,            ///< B * H * Nq
  Heads,            ///< H
  Group,            ///< H / Hkv
  QueryBlocks,      ///< Nq
  QueryLength,      ///< Sq
  KeyLength,        ///< Skv
  QuerySizesStride, ///< from one batch entry to the next; 0: shared
  KeySizesStride,   ///< likewise
  Scale,            ///< f32, of the scores
  End
};

/// The name a parameter has in the IR ("query", "index", ..).
const char *nameOf(ParameterKind kind);
/// The kind of that name; End if there is none.
ParameterKind parameterKind(const char *name);

/// What one copy by a tensor map moves: `rows` tokens by `columns` features of
/// one panel, `panels` panels side by side. In shared memory a row of a panel
/// is `swizzleBytes` long.
struct BoxShape {
  int32_t rows = 0, columns = 0, panels = 1, swizzleBytes = 0;
};

struct Parameter {
  ParameterKind kind = ParameterKind::End;
  BoxShape box; ///< of a map
};

/// One kernel of a cubin, an attention over lists.
struct Entry {
  std::string kernel; ///< its symbol
  std::vector<Parameter> parameters;
  /// What each argument of the function is that the kernel was, then each
  /// result: sizes may be those of query and key alike.
  std::vector<std::vector<ParameterKind>> arguments;

  // What it computes.
  tessera_dtype dtype = TESSERA_BF16; ///< of query, key, value, output
  int32_t headDim = 0, queryBlock = 0, keyBlock = 0, capacity = 0;
  bool hasLse = false, hasQuerySizes = false, hasKeySizes = false;
  bool hasScale = false; ///< an argument; else 1 / sqrt(headDim)
  /// Extents that the function's types fix and the kernel relies on; 0: any.
  int32_t batch = 0, heads = 0, keyHeads = 0, queryLength = 0, keyLength = 0;

  // How.
  std::string plan; ///< as it prints
  int32_t threads = 0, sharedBytes = 0;
  int32_t tilesPerCta = 1;        ///< tiles at a time
  bool wantsResidentGrid = false; ///< CTAs wait for one another
  int32_t stateWords = 0, marksPerTile = 1;
};

} // namespace tessera::launch

#endif // TESSERA_LAUNCH_ENTRY_H
