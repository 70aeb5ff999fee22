// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the patterns of the lowering have in common.

#ifndef TESSERA_LIB_CONVERSION_TILETONVVM_KERNELPATTERN_H
#define TESSERA_LIB_CONVERSION_TILETONVVM_KERNELPATTERN_H

#include "Hopper.h"
#include "Registers.h"

namespace tessera {

/// A pattern that knows the kernel.
template <typename Op>
class KernelPattern : public mlir::OpConversionPattern<Op> {
public:
  KernelPattern(const mlir::TypeConverter &converter,
                mlir::MLIRContext *context, const KernelContext &kernel)
      : mlir::OpConversionPattern<Op>(converter, context), kernel(kernel) {}

protected:
  using OneToN = typename mlir::OpConversionPattern<Op>::OneToNOpAdaptor;

  const Thread &threadOf(Op op) const { return kernel.threads.at(op); }

  const KernelContext &kernel;
};

/// For an op that leaves nothing behind but its place in the plan.
template <typename Op>
class PlannedPattern : public KernelPattern<Op> {
public:
  using KernelPattern<Op>::KernelPattern;
  llvm::LogicalResult
  matchAndRewrite(Op op, typename KernelPattern<Op>::OneToN,
                  mlir::ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithMultiple(op, {mlir::ValueRange()});
    return llvm::success();
  }
};

} // namespace tessera

#endif // TESSERA_LIB_CONVERSION_TILETONVVM_KERNELPATTERN_H
