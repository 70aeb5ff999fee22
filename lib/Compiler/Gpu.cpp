// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/Gpu.h"

#include "CollectErrors.h"
#include "Entries.h"
#include "GpuStages.h"
#include "tessera/Conversion/TileToNVVM/Passes.h"

#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace tessera {

GpuCompiler::GpuCompiler(GpuOptions given) : options(std::move(given)) {}

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
      return tidyKernels(module);
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
