// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GpuStages.h"

#include "tessera/Target/Host/Header.h"

#include "Tile/Analysis/Rings/Rings.h"
#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace tessera;

LogicalResult tessera::tidyKernels(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addNestedPass<tile::KernelOp>(createCanonicalizerPass());
  passes.nest<tile::ChipModuleOp>().addNestedPass<tile::KernelOp>(
      createCanonicalizerPass());
  passes.addPass(createCSEPass());
  return passes.run(module);
}

LogicalResult tessera::checkNames(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (std::string why = host::whyNotCallable(function.getName());
        function.isPublic() && !why.empty())
      return function.emitError() << why;
  return success();
}

LogicalResult tessera::dropUnused(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addPass(createSymbolDCEPass());
  return passes.run(module);
}

LogicalResult tessera::checkRings(ModuleOp module) {
  bool isBroken = false;
  module.walk([&](tile::KernelOp kernel) {
    for (const tile::rings::Finding &finding : tile::rings::check(kernel)) {
      bool isError = finding.verdict == tile::rings::Verdict::Broken;
      tile::rings::report(kernel, finding, isError);
      isBroken |= isError;
    }
  });
  return failure(isBroken);
}
