// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Registers.h"
#include "tessera/Conversion/TileToNVVM/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"

namespace tessera {
#define GEN_PASS_DEF_CONVERTTILETONVVMPASS
#define GEN_PASS_DEF_TILEFINISHKERNELSPASS
#include "tessera/Conversion/TileToNVVM/Passes.h.inc"
} // namespace tessera

using namespace mlir;
using namespace tessera;

/// Lowers what roles say, inside the function that the kernel became.
static LogicalResult lowerBody(Operation *function,
                               const KernelContext &kernel) {
  MLIRContext *context = function->getContext();
  TypeConverter converter;
  populateRegisterTypes(converter);
  RewritePatternSet patterns(context);
  populateRegisterPatterns(converter, patterns);
  populateRingPatterns(converter, kernel, patterns);
  populateRowPatterns(converter, kernel, patterns);
  ConversionTarget target(*context);
  target.addIllegalDialect<tile::TileDialect>();
  target.markUnknownOpDynamicallyLegal([](Operation *op) {
    return llvm::none_of(op->getOperandTypes(), isFragment) &&
           llvm::none_of(op->getResultTypes(), isFragment);
  });
  scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                       target);
  return applyPartialConversion(function, target, std::move(patterns));
}

namespace {

class ConvertTileToNVVM
    : public tessera::impl::ConvertTileToNVVMPassBase<ConvertTileToNVVM> {
  void runOnOperation() override {
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      FailureOr<KernelContext> context = lowerKernel(kernel);
      if (failed(context) || failed(lowerBody(context->function, *context)))
        return signalPassFailure();
    }
  }
};

class TileFinishKernels
    : public tessera::impl::TileFinishKernelsPassBase<TileFinishKernels> {
  void runOnOperation() override {
    Builder b(&getContext());
    for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      auto threads = function->getAttrOfType<IntegerAttr>("tile.threads");
      if (!threads)
        continue;
      function->setAttr("nvvm.kernel", b.getUnitAttr());
      function->setAttr("nvvm.reqntid",
                        b.getDenseI32ArrayAttr({int32_t(threads.getInt())}));
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
  }
};

} // namespace
