// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From `tile` to one thread's program on sm_90a.

#ifndef TESSERA_CONVERSION_TILETONVVM_PASSES_H
#define TESSERA_CONVERSION_TILETONVVM_PASSES_H

#include "Tile/IR/Tile.h"
#include "mlir/Pass/Pass.h"
#include <memory>

namespace tessera {

#define GEN_PASS_DECL
#include "tessera/Conversion/TileToNVVM/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "tessera/Conversion/TileToNVVM/Passes.h.inc"

/// What a launch of a kernel must give it: threads of a CTA, and bytes of
/// dynamic shared memory.
struct LaunchNeeds {
  int64_t threads, sharedBytes;
};
/// As lowering will decide; fails, with an error, where lowering would.
mlir::FailureOr<LaunchNeeds> launchNeeds(tile::KernelOp kernel,
                                         bool threadReleases = false);

/// All of them, and what stands between: from tile kernels to the llvm and nvvm
/// dialects.
void buildTileToNVVMPipeline(mlir::OpPassManager &pipeline,
                             const ConvertTileToNVVMPassOptions &options = {});
/// The same as `tile-to-nvvm`, for pass pipelines in text.
void registerTileToNVVMPipelines();

} // namespace tessera

#endif // TESSERA_CONVERSION_TILETONVVM_PASSES_H
