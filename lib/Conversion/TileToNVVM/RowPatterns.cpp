// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a thread's rows and columns are, and values of rows.

#include "KernelPattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace tessera;

/// Lane l of warp w has row 16 w + l / 4, and eight more.
static Value firstRow(Hopper &hw, const Thread &thread) {
  Value quad = arith::ShRUIOp::create(hw.b, hw.loc, thread.lane, hw.i32(2));
  return hw.add(hw.multiply(thread.warp, 16), quad);
}

/// Which of the four threads of a row this is.
static Value inQuad(Hopper &hw, const Thread &thread) {
  return arith::AndIOp::create(hw.b, hw.loc, thread.lane, hw.i32(3));
}

namespace {

class StoreRowsPattern : public KernelPattern<tile::StoreRowsOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::StoreRowsOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = threadOf(op);
    Value limit = hw.i32(adaptor.getLimit()[0]),
          at = hw.i32(adaptor.getIndex()[0]);
    // All four threads of a row have its value: the first one writes it.
    Value writes =
        arith::CmpIOp::create(rewriter, hw.loc, arith::CmpIPredicate::eq,
                              inQuad(hw, thread), hw.i32(0));
    Value first = firstRow(hw, thread);
    for (int64_t half : {0, 1}) {
      Value row = hw.add(first, hw.i32(8 * half));
      Value exists = arith::CmpIOp::create(
          rewriter, hw.loc, arith::CmpIPredicate::slt, row, limit);
      onlyIf(hw, arith::AndIOp::create(rewriter, hw.loc, writes, exists), [&] {
        LLVM::StoreOp::create(
            rewriter, hw.loc, adaptor.getValue()[half],
            globalAddress(rewriter, hw.loc, op.getTarget(), hw.add(at, row)));
      });
    }
    rewriter.eraseOp(op);
    return success();
  }
};

class ColumnsPattern : public KernelPattern<tile::ColumnsOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::ColumnsOp op, OneToN,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    Value first = hw.multiply(inQuad(hw, threadOf(op)), 2);
    SmallVector<Value> registers;
    int64_t count = registersOf(op.getResult().getType()).count;
    for (int64_t e = 0; e < count; ++e)
      registers.push_back(hw.add(first, hw.i32(e / 4 * 8 + e % 2)));
    rewriter.replaceOpWithMultiple(op, {registers});
    return success();
  }
};

class RowNumbersPattern : public KernelPattern<tile::RowNumbersOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::RowNumbersOp op, OneToN,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    Value first = firstRow(hw, threadOf(op));
    SmallVector<Value> registers{first, hw.add(first, hw.i32(8))};
    rewriter.replaceOpWithMultiple(op, {registers});
    return success();
  }
};

class AnyPattern : public KernelPattern<tile::AnyOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::AnyOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = threadOf(op);
    ValueRange rows = adaptor.getValue();
    Value mine = arith::OrIOp::create(rewriter, hw.loc, rows[0], rows[1]);
    rewriter.replaceOp(op,
                       hw.anyNamed(thread.barrier, thread.agentThreads, mine));
    return success();
  }
};

template <typename Op, Value (Hopper::*Read)()>
class SpecialPattern : public OpConversionPattern<Op> {
public:
  using OpConversionPattern<Op>::OpConversionPattern;
  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    rewriter.replaceOpWithNewOp<arith::IndexCastOp>(op, rewriter.getIndexType(),
                                                    (hw.*Read)());
    return success();
  }
};

} // namespace

void tessera::populateRowPatterns(const TypeConverter &converter,
                                  const KernelContext &kernel,
                                  RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<AnyPattern, ColumnsPattern, RowNumbersPattern, StoreRowsPattern>(
      converter, context, kernel);
  patterns.add<SpecialPattern<tile::CtaOp, &Hopper::ctaId>,
               SpecialPattern<tile::CtasOp, &Hopper::ctaCount>>(converter,
                                                                context);
}
