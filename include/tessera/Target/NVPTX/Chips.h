// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The GPUs this target compiles for: one table.
#ifndef TESSERA_TARGET_NVPTX_CHIPS_H
#define TESSERA_TARGET_NVPTX_CHIPS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/VersionTuple.h"

namespace tessera::nvptx {

/// What a CTA, an SM and an instruction may have (CUDA programming guide,
/// compute capabilities; PTX ISA).
struct ChipLimits {
  int64_t sharedBytes;        ///< of a CTA
  int64_t warps;              ///< of a CTA
  int64_t registers;          ///< of an SM
  int64_t registersPerThread; ///< that an instruction can name
  int64_t namedBarriers;      ///< of a CTA, the whole CTA's among them
  int64_t warpThreads;
  int64_t warpgroupWarps; ///< setmaxnreg and products speak to so many
  int64_t productRows;    ///< of a warpgroup's product
  int64_t swizzleBytes;   ///< what swizzled panels begin at multiples of
  int64_t boxElements;    ///< that one copy moves of a dimension
  int64_t leastBudget, mostBudget; ///< of a thread, that setmaxnreg grants
};

struct Chip {
  llvm::StringLiteral name; ///< as LLVM and ptxas call it
  /// Major version times ten plus the minor one. A newer version gains nothing
  /// and shuts out older assemblers and drivers.
  unsigned ptxVersion;
  llvm::VersionTuple oldestPtxas; ///< that reads this version
  ChipLimits limits;
};

inline constexpr Chip kChips[] = {
    // PTX 8.0 has wgmma, setmaxnreg and TMA; 8.6 lets TMA write to the CTA's
    // own shared memory (.shared::cta), which is how NVVM's ops say it.
    {"sm_90a",
     86,
     llvm::VersionTuple(12, 7),
     {.sharedBytes = int64_t(227) * 1024,
      .warps = 32,
      .registers = int64_t(64) * 1024,
      .registersPerThread = 255,
      .namedBarriers = 16,
      .warpThreads = 32,
      .warpgroupWarps = 4,
      .productRows = 64,
      .swizzleBytes = 1024,
      .boxElements = 256,
      .leastBudget = 24,
      .mostBudget = 256}},
};

/// Of the only chip so far: kernels are lowered for it.
inline constexpr const ChipLimits &kLimits = kChips[0].limits;

/// The row of that name, or an error that lists the names.
llvm::Expected<const Chip &> findChip(llvm::StringRef name);

} // namespace tessera::nvptx

#endif // TESSERA_TARGET_NVPTX_CHIPS_H
