// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From one thread's scalars to the llvm dialect, and what a kernel has to say
// of itself there.

#include "tessera/Conversion/PtxToLLVM/Passes.h"
#include "tessera/Conversion/TileToNVVM/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

namespace tessera {
#define GEN_PASS_DEF_TILEFINISHKERNELSPASS
#include "tessera/Conversion/TileToNVVM/Passes.h.inc"
} // namespace tessera

using namespace mlir;
using namespace tessera;

/// An index is 32 bits: a thread has few registers, and whoever launches a
/// kernel sees to it that no array has more elements.
static LogicalResult convertScalars(ModuleOp module) {
  MLIRContext *context = module.getContext();
  LowerToLLVMOptions options(context);
  options.overrideIndexBitwidth(32);
  LLVMTypeConverter converter(context, options);
  RewritePatternSet patterns(context);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  populateFuncToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns);
  ub::populateUBToLLVMConversionPatterns(converter, patterns);
  LLVMConversionTarget target(*context);
  target.addLegalOp<ModuleOp>();
  target.addLegalDialect<NVVM::NVVMDialect>();
  return applyPartialConversion(module, target, std::move(patterns));
}

static void markKernel(LLVM::LLVMFuncOp function, int32_t threads) {
  Builder b(function.getContext());
  function->setAttr("nvvm.kernel", b.getUnitAttr());
  function->setAttr("nvvm.reqntid", b.getDenseI32ArrayAttr({threads}));
  function->setAttr("nvvm.minctasm", b.getI32IntegerAttr(1));
  // A tensor map is 128 bytes and begins at a multiple of 64.
  auto map = LLVM::LLVMArrayType::get(b.getI8Type(), 128);
  for (unsigned index = 0; index < function.getNumArguments(); ++index) {
    if (!function.getArgAttr(index, "tile.map"))
      continue;
    function.removeArgAttr(index, "tile.map");
    function.setArgAttr(index, "llvm.byval", TypeAttr::get(map));
    function.setArgAttr(index, "llvm.align", b.getI64IntegerAttr(64));
    function.setArgAttr(index, "nvvm.grid_constant", b.getUnitAttr());
  }
}

namespace {

class TileFinishKernels
    : public tessera::impl::TileFinishKernelsPassBase<TileFinishKernels> {
  void runOnOperation() override {
    if (failed(convertScalars(getOperation())))
      return signalPassFailure();
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (auto threads = function->getAttrOfType<IntegerAttr>("tile.threads"))
        markKernel(function, static_cast<int32_t>(threads.getInt()));
  }
};

} // namespace

void tessera::buildTileToNVVMPipeline(
    OpPassManager &pipeline, const ConvertTileToNVVMPassOptions &options) {
  pipeline.addPass(createTileExtractKernelsPass());
  pipeline.addPass(createConvertTileToNVVMPass(options));
  pipeline.addPass(createCanonicalizerPass());
  pipeline.addPass(createCSEPass());
  pipeline.addPass(createSCFToControlFlowPass());
  pipeline.addPass(createTileFinishKernelsPass());
  pipeline.addPass(createConvertPtxToLLVMPass());
  pipeline.addPass(createReconcileUnrealizedCastsPass());
}

void tessera::registerTileToNVVMPipelines() {
  PassPipelineRegistration<>(
      "tile-to-nvvm",
      "Compile tile kernels for sm_90a, as far as the llvm and nvvm dialects",
      [](OpPassManager &pipeline) { buildTileToNVVMPipeline(pipeline); });
}
