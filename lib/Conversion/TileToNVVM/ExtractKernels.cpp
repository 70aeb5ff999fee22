// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernels of a chip without what launches them: code for the GPU is made of
// them alone.

#include "tessera/Conversion/TileToNVVM/Passes.h"

#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tessera {
#define GEN_PASS_DEF_TILEEXTRACTKERNELSPASS
#include "tessera/Conversion/TileToNVVM/Passes.h.inc"
} // namespace tessera

using namespace mlir;
using namespace tessera;

static bool launches(func::FuncOp function) {
  return function.walk([](tile::LaunchOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

namespace {

class TileExtractKernels
    : public tessera::impl::TileExtractKernelsPassBase<TileExtractKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto function :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
      if (launches(function))
        function.erase();
    for (auto chip :
         llvm::make_early_inc_range(module.getOps<tile::ChipModuleOp>())) {
      Block &kernels = chip.getBody().front();
      module.getBody()->getOperations().splice(module.getBody()->end(),
                                               kernels.getOperations());
      chip.erase();
    }
  }
};

} // namespace
