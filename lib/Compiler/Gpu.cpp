// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/Gpu.h"

#include "CollectErrors.h"
#include "Entries.h"
#include "tessera/Conversion/TileToNVVM/Passes.h"
#include "tessera/Target/Host/Header.h"

#include "Tile/Analysis/Rings/Rings.h"
#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace tessera {

GpuCompiler::GpuCompiler(GpuOptions given) : options(std::move(given)) {}

/// Recipes write constants where they are used; one of each is enough. What
/// launches keeps its arithmetic as it is written: it is read again.
static LogicalResult tidy(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addNestedPass<tile::KernelOp>(createCanonicalizerPass());
  passes.nest<tile::ChipModuleOp>().addNestedPass<tile::KernelOp>(
      createCanonicalizerPass());
  passes.addPass(createCSEPass());
  return passes.run(module);
}

/// The same names as on the host, so that a module compiles for both or none.
static LogicalResult checkNames(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (std::string why = host::whyNotCallable(function.getName());
        function.isPublic() && !why.empty())
      return function.emitError() << why;
  return success();
}

/// Nobody can call them, so whether there are kernels for them does not matter.
static LogicalResult dropUnused(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addPass(createSymbolDCEPass());
  return passes.run(module);
}

/// A kernel that may be broken is told of, one that is broken is none.
static LogicalResult checkRings(ModuleOp module) {
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

llvm::Error GpuCompiler::buildTile(ModuleOp module) {
  MLIRContext *context = module.getContext();
  context->loadDialect<arith::ArithDialect, math::MathDialect,
                       memref::MemRefDialect, scf::SCFDialect,
                       tile::TileDialect>();
  return collectErrors(context, [&]() -> LogicalResult {
    LogicalResult built = measureStage(options.times, "tile", [&] {
      if (failed(checkNames(module)) || failed(dropUnused(module)))
        return LogicalResult(failure());
      FailureOr<std::vector<launch::Entry>> entries =
          convertForLauncher(module, options);
      if (failed(entries))
        return LogicalResult(failure());
      kernels = std::move(*entries);
      return tidy(module);
    });
    if (failed(built))
      return failure();
    return measureStage(options.times, "rings",
                        [&] { return checkRings(module); });
  });
}

/// What lowering decided.
static LogicalResult readResources(ModuleOp module,
                                   std::vector<launch::Entry> &kernels) {
  for (launch::Entry &entry : kernels) {
    auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(entry.kernel);
    auto threads = function->getAttrOfType<IntegerAttr>("tile.threads");
    auto shared = function->getAttrOfType<IntegerAttr>("tile.shared_bytes");
    entry.threads = static_cast<int32_t>(threads.getInt());
    entry.sharedBytes = static_cast<int32_t>(shared.getInt());
  }
  return success();
}

llvm::Error GpuCompiler::lower(ModuleOp module) {
  return collectErrors(module.getContext(), [&] {
    return measureStage(options.times, "nvvm", [&]() -> LogicalResult {
      renameKernels(module, kernels);
      PassManager passes(module.getContext());
      buildTileToNVVMPipeline(passes, {options.threadReleases});
      return failure(failed(passes.run(module)) ||
                     failed(readResources(module, kernels)));
    });
  });
}

llvm::Expected<nvptx::PtxProgram> GpuCompiler::build(ModuleOp lowered) {
  llvm::Expected<const nvptx::Chip &> chip = nvptx::findChip(options.chip);
  if (!chip)
    return chip.takeError();
  return nvptx::buildProgram(lowered, *chip, options.times);
}

llvm::Expected<nvptx::Cubin>
GpuCompiler::assemble(llvm::StringRef ptx, const nvptx::Assembler &assembler) {
  llvm::Expected<const nvptx::Chip &> chip = nvptx::findChip(options.chip);
  if (!chip)
    return chip.takeError();
  return nvptx::assemble(ptx, *chip, assembler, options.times);
}

llvm::Expected<GpuProgram>
compileForGpu(ModuleOp module, const GpuOptions &options,
              const std::optional<nvptx::Assembler> &assembler) {
  GpuCompiler compiler(options);
  if (llvm::Error error = compiler.buildTile(module))
    return error;
  if (llvm::Error error = compiler.lower(module))
    return error;
  llvm::Expected<nvptx::PtxProgram> program = compiler.build(module);
  if (!program)
    return program.takeError();
  llvm::Expected<std::string> ptx = program->emitPtx(options.times);
  if (!ptx)
    return ptx.takeError();
  GpuProgram made{compiler.entries(), std::move(*ptx), std::nullopt};
  if (!assembler)
    return made;
  llvm::Expected<nvptx::Cubin> cubin = compiler.assemble(made.ptx, *assembler);
  if (!cubin)
    return cubin.takeError();
  made.cubin = std::move(*cubin);
  return made;
}

} // namespace tessera
