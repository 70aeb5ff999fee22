// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Ptx/IR/Ptx.h"
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
  populateGlobalPatterns(converter, kernel, patterns);
  populateRingPatterns(converter, kernel, patterns);
  populateStagePatterns(converter, kernel, patterns);
  populateRowPatterns(converter, kernel, patterns);
  ConversionTarget target(*context);
  target.addIllegalDialect<tile::TileDialect>();
  target.markUnknownOpDynamicallyLegal([](Operation *op) {
    if (isa<memref::LoadOp, memref::StoreOp>(op) &&
        llvm::any_of(op->getOperandTypes(), isGlobalVector))
      return false;
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
public:
  using ConvertTileToNVVMPassBase::ConvertTileToNVVMPassBase;

  void runOnOperation() override {
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      FailureOr<KernelContext> context = lowerKernel(kernel, threadReleases);
      if (failed(context) || failed(lowerBody(context->function, *context)))
        return signalPassFailure();
    }
  }
};

} // namespace
