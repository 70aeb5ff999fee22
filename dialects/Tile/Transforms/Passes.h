// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes over the `tile` dialect; Passes.td says what each does.

#ifndef TILE_TRANSFORMS_PASSES_H
#define TILE_TRANSFORMS_PASSES_H

#include "Tile/IR/Tile.h"
#include "mlir/Pass/Pass.h"

namespace tessera::tile {

enum class UnknownRings { Error, Warn, Ignore };

/// What the pass of that name does to a kernel; how many releases now wait.
int64_t completeReleases(KernelOp kernel);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "Tile/Transforms/Passes.h.inc"

} // namespace tessera::tile

#endif // TILE_TRANSFORMS_PASSES_H
