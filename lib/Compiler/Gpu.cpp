// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/Gpu.h"

#include "CollectErrors.h"
#include "Facts.h"
#include "GpuFacts.h"
#include "GpuStages.h"
#include "tessera/Compiler/ReadSteps.h"
#include "tessera/Compiler/Signature.h"
#include "tessera/Conversion/BsaToTile/Passes.h"
#include "tessera/Conversion/TileToNVVM/Passes.h"

#include "Bsa/Transforms/Passes.h"
#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/LocationSnapshot.h"

using namespace mlir;

namespace tessera {

GpuCompiler::GpuCompiler(GpuOptions given) : options(std::move(given)) {}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

/// On the host a function may compute first what its calls are checked with.
static LogicalResult refuseComputed(ArrayRef<Value> computed) {
  if (computed.empty())
    return success();
  return emitError(computed.front().getLoc(),
                   "calls are checked with this number, which integer "
                   "arithmetic does not give; on a GPU it is an argument: "
                   "compute it before the call");
}

/// Before any pass, while the user's own ops name the dimensions.
LogicalResult GpuCompiler::readSignatures(ModuleOp module) {
  functions.clear();
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isExternal())
      continue;
    SmallVector<Value> computed;
    FailureOr<program::Writer> writer = readSignature(function, computed);
    if (failed(writer) || failed(refuseComputed(computed)))
      return failure();
    writer->head.chip = writer->text(options.chip);
    functions.push_back({function.getName().str(), std::move(*writer)});
  }
  bool hasKernels =
      module.walk([](tile::KernelOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  if (!functions.empty() || hasKernels)
    return success();
  return module.emitError() << "the module has no public function to compile; "
                               "make one of its functions public";
}

LogicalResult GpuCompiler::readRecords(ModuleOp module) {
  for (GpuFunction &function : functions)
    if (failed(readSteps(module.lookupSymbol<func::FuncOp>(function.name),
                         function.writer, options.threadReleases)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

LogicalResult GpuCompiler::convert(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addPass(bsa::createRefineShapesPass());
  passes.addNestedPass<func::FuncOp>(bsa::createExpandPass());
  if (failed(passes.run(module)))
    return failure();
  for (GpuFunction &made : functions) {
    auto function = module.lookupSymbol<func::FuncOp>(made.name);
    addKey(function, made.writer);
    addRefusals(function, options.chip, made.writer);
    if (failed(convertBsaToTile(function, options.chip, options.plan)))
      return failure();
  }
  return tidyKernels(module);
}

llvm::Error GpuCompiler::buildTile(ModuleOp module) {
  MLIRContext *context = module.getContext();
  context->loadDialect<arith::ArithDialect, math::MathDialect,
                       memref::MemRefDialect, scf::SCFDialect,
                       tile::TileDialect>();
  return collectErrors(context, [&]() -> LogicalResult {
    LogicalResult built = measureStage(options.times, "tile", [&] {
      return success(
          succeeded(checkNames(module)) && succeeded(readSignatures(module)) &&
          succeeded(dropUnused(module)) && succeeded(convert(module)));
    });
    if (failed(built))
      return failure();
    LogicalResult checked = measureStage(options.times, "rings", [&] {
      return success(succeeded(checkRings(module)) &&
                     succeeded(readRecords(module)));
    });
    if (succeeded(checked) && !options.tileFile.empty())
      writeTile(module);
    return checked;
  });
}

/// Behind the last that says where the user's own ops are.
void GpuCompiler::writeTile(ModuleOp module) {
  tile.clear();
  llvm::raw_string_ostream out(tile);
  generateLocationsFromIR(out, options.tileFile, module, OpPrintingFlags());
}

llvm::Error GpuCompiler::lower(ModuleOp module) {
  return collectErrors(module.getContext(), [&] {
    return measureStage(options.times, "nvvm", [&] {
      PassManager passes(module.getContext());
      buildTileToNVVMPipeline(passes, {options.threadReleases});
      if (!options.tileFile.empty())
        // Lines and no more: anything else makes ptxas compile for a debugger.
        passes.addPass(LLVM::createDIScopeForLLVMFuncOpPass(
            {LLVM::DIEmissionKind::DebugDirectivesOnly}));
      return passes.run(module);
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
  return nvptx::assemble(ptx, *chip, assembler, options.times,
                         /*withLines=*/!options.tileFile.empty());
}

llvm::Expected<GpuProgram>
compileForGpu(ModuleOp module, const GpuOptions &options,
              const std::optional<nvptx::Assembler> &assembler) {
  if (auto chip = nvptx::findChip(options.chip); !chip)
    return chip.takeError();
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
  GpuProgram made{options.chip, compiler.takeFunctions(), std::move(*ptx),
                  compiler.tileText(), std::nullopt};
  if (!assembler)
    return made;
  llvm::Expected<nvptx::Cubin> cubin = compiler.assemble(made.ptx, *assembler);
  if (!cubin)
    return cubin.takeError();
  made.cubin = std::move(*cubin);
  return made;
}

} // namespace tessera
