// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether the roles of a kernel keep to its rings, for any arguments and
// timing.

#ifndef TILE_ANALYSIS_RINGS_RINGS_H
#define TILE_ANALYSIS_RINGS_RINGS_H

#include "Tile/IR/Tile.h"

namespace tessera::tile::rings {

enum class Verdict { Holds, Broken, Unknown };

/// A verdict on a ring, and what led to it.
struct Finding {
  Verdict verdict;
  MakeRingOp ring; ///< null: all rings of the kernel
  std::string text;
  llvm::SmallVector<std::pair<mlir::Location, std::string>> notes;
};

/// At most one for each ring; none if all hold.
llvm::SmallVector<Finding> check(KernelOp kernel);

/// Says it at the ring, or the kernel, as an error or a warning.
void report(KernelOp kernel, const Finding &finding, bool isError);

} // namespace tessera::tile::rings

#endif // TILE_ANALYSIS_RINGS_RINGS_H
