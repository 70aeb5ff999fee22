// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The GPUs this target compiles for: one table.
#ifndef TESSERA_TARGET_NVPTX_CHIPS_H
#define TESSERA_TARGET_NVPTX_CHIPS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/VersionTuple.h"

namespace tessera::nvptx {

struct Chip {
  llvm::StringLiteral name; ///< as LLVM and ptxas call it
  /// Major version times ten plus the minor one. A newer version gains nothing
  /// and shuts out older assemblers and drivers.
  unsigned ptxVersion;
  llvm::VersionTuple oldestPtxas; ///< that reads this version
};

inline constexpr Chip kChips[] = {
    // PTX 8.0 has wgmma, setmaxnreg and TMA; 8.6 lets TMA write to the CTA's
    // own shared memory (.shared::cta), which is how NVVM's ops say it.
    {"sm_90a", 86, llvm::VersionTuple(12, 7)},
};

/// The row of that name, or an error that lists the names.
llvm::Expected<const Chip &> findChip(llvm::StringRef name);

} // namespace tessera::nvptx

#endif // TESSERA_TARGET_NVPTX_CHIPS_H
