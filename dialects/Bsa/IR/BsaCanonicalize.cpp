// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonicalizations of the `bsa` ops: what nobody reads is not computed, and
// what is constant is said plainly. No value that is read changes.

#include "Bsa/IR/Bsa.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace tessera::bsa;

//===----------------------------------------------------------------------===//
// Results nobody reads
//===----------------------------------------------------------------------===//

/// The type of an optional result somebody reads; null drops the result.
static Type typeIfRead(Value result) {
  return result && !result.use_empty() ? result.getType() : Type();
}

static SmallVector<Type> typesRead(ValueRange results) {
  SmallVector<Type> types;
  for (Value result : results)
    if (!result.use_empty())
      types.push_back(result.getType());
  return types;
}

/// %o, %lse, %map, %coarse = attention ..  -->  those of them that are read
static Operation *createLean(PatternRewriter &rewriter, AttentionOp op) {
  return AttentionOp::create(
      rewriter, op.getLoc(), op.getOutput().getType(), typeIfRead(op.getLse()),
      typeIfRead(op.getMap()), typeIfRead(op.getCoarse()), op.getQuery(),
      op.getQSizes(), op.getKey(), op.getKvSizes(), op.getValue(),
      op.getFineGate(), op.getCoarseGate(), op.getTopk(), op.getScale(),
      op.getQBlock(), op.getKvBlock(), op.getSelect(), op.getWithoutCoarse());
}

/// %a', %b' = pool %a, %b  -->  %a' = pool %a      if nobody reads %b'
static Operation *createLean(PatternRewriter &rewriter, PoolOp op) {
  SmallVector<Value> inputs;
  for (auto [input, output] : llvm::zip(op.getInputs(), op.getOutputs()))
    if (!output.use_empty())
      inputs.push_back(input);
  return PoolOp::create(rewriter, op.getLoc(), typesRead(op.getOutputs()),
                        inputs, op.getSizes(), op.getBlock());
}

/// %s, %o = coarse q, k, v  -->  %s = coarse q, k      if nobody reads %o
static Operation *createLean(PatternRewriter &rewriter, CoarseOp op) {
  return CoarseOp::create(rewriter, op.getLoc(), op.getScores().getType(),
                          /*output=*/Type(), op.getQuery(), op.getKey(),
                          op.getKvSizes(), /*value=*/Value(), op.getScale());
}

/// %o, %lse = attend ..  -->  %o = attend ..      if nobody reads %lse
static Operation *createLean(PatternRewriter &rewriter, AttendOp op) {
  return AttendOp::create(rewriter, op.getLoc(), op.getOutput().getType(),
                          /*lse=*/Type(), op.getQuery(), op.getQSizes(),
                          op.getKey(), op.getKvSizes(), op.getValue(),
                          op.getMap(), op.getScale());
}

/// fused { .. yield %a, %b }  -->  fused { .. yield %a }
/// if nobody reads the second result
static Operation *createLean(PatternRewriter &rewriter, FusedOp op) {
  auto lean =
      FusedOp::create(rewriter, op.getLoc(), typesRead(op.getOutputs()));
  rewriter.inlineRegionBefore(op.getBody(), lean.getBody(),
                              lean.getBody().end());
  Operation *yield = lean.getBody().front().getTerminator();
  rewriter.modifyOpInPlace(yield, [&] {
    for (OpResult result : llvm::reverse(op->getResults()))
      if (result.use_empty())
        yield->eraseOperand(result.getResultNumber());
  });
  return lean;
}

namespace {
/// An op of which some results are read  -->  one that has no others, as far
/// as it may lack them. An op nobody reads at all is erased by the driver.
template <typename OpTy>
struct DropDeadResults : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    SmallVector<OpResult> kept;
    for (OpResult result : op->getResults())
      if (!result.use_empty() || isRequired(result))
        kept.push_back(result);
    if (op->use_empty() || kept.size() == op->getNumResults())
      return rewriter.notifyMatchFailure(op, "all results are read, or none");
    Operation *lean = createLean(rewriter, op);
    for (auto [from, to] : llvm::zip_equal(kept, lean->getResults()))
      rewriter.replaceAllUsesWith(from, to);
    rewriter.eraseOp(op);
    return success();
  }

  static bool isRequired(OpResult result) {
    return result.getResultNumber() == 0 &&
           OpTy::template hasTrait<OpTrait::AtLeastNResults<1>::Impl>();
  }
};

//===----------------------------------------------------------------------===//
// Plain statements
//===----------------------------------------------------------------------===//

/// select %s top(100) policy(<capacity = 128, sink = 1>)      of 12 key blocks
///   -->  select %s top(12) policy(<capacity = 128>)
struct StateDenseSelection : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SelectOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<int64_t> count = op.getDenseCount();
    if (!count)
      return rewriter.notifyMatchFailure(op, "not known to keep every block");
    auto plain = SelectAttr::get(op.getContext(), op.getPolicy().getCapacity(),
                                 /*sink=*/0, /*local=*/0, Forced::Within);
    APInt topk;
    matchPattern(op.getTopk(), m_ConstantInt(&topk));
    if (topk == *count && op.getPolicy() == plain)
      return rewriter.notifyMatchFailure(op, "plain already");
    Value all = arith::ConstantIntOp::create(rewriter, op.getLoc(), *count,
                                             /*width=*/32);
    rewriter.modifyOpInPlace(op, [&] {
      op.getTopkMutable().assign(all);
      op.setPolicyAttr(plain);
    });
    return success();
  }
};

/// combine(attend .. -> f32) -> bf16  -->  attend .. -> bf16
/// without gates and coarse result: both round the same f32 once
struct RoundInAttend : OpRewritePattern<CombineOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CombineOp op,
                                PatternRewriter &rewriter) const override {
    auto attend = op.getFine().getDefiningOp<AttendOp>();
    if (!attend || op.getCoarse() || op.getFineGate())
      return rewriter.notifyMatchFailure(op, "adds or gates something");
    if (!attend.getOutput().hasOneUse() ||
        !getElementTypeOrSelf(attend.getOutput()).isF32() ||
        getElementTypeOrSelf(op.getType()) !=
            getElementTypeOrSelf(attend.getQuery()))
      return rewriter.notifyMatchFailure(op, "the f32 result has a reader, or "
                                             "attend cannot round like this");
    bool sameZeros =
        !op.getQSizes() || (attend.getQSizes() == op.getQSizes() &&
                            attend.getMap().getType().getQueryBlock() ==
                                static_cast<int64_t>(op.getQBlock()));
    if (!sameZeros || attend->getBlock() != op->getBlock())
      return rewriter.notifyMatchFailure(op, "other rows are set to 0");
    rewriter.modifyOpInPlace(attend,
                             [&] { attend.getOutput().setType(op.getType()); });
    rewriter.replaceOp(op, attend.getOutput());
    return success();
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Which op has which
//===----------------------------------------------------------------------===//

void AttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<DropDeadResults<AttentionOp>>(context);
}

void PoolOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<DropDeadResults<PoolOp>>(context);
}

void CoarseOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<DropDeadResults<CoarseOp>>(context);
}

void SelectOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<StateDenseSelection>(context);
}

void AttendOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<DropDeadResults<AttendOp>>(context);
}

void CombineOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<RoundInAttend>(context);
}

void FusedOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<DropDeadResults<FusedOp>>(context);
}
