// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Canonicalizations of the `bsa` ops: what nobody reads is not computed, and
// what is constant is said plainly. No value that is read changes.

#include "Bsa/IR/Bsa.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/BitVector.h"

using namespace mlir;
using namespace tessera::bsa;

/// The type of an optional result somebody reads; null drops the result.
static Type typeIfRead(Value result) {
  return result && !result.use_empty() ? result.getType() : Type();
}

static bool isDead(Value result) { return result && result.use_empty(); }

static BitVector deadResults(Operation *op) {
  BitVector dead(op->getNumResults());
  for (OpResult result : op->getResults())
    dead[result.getResultNumber()] = result.use_empty();
  return dead;
}

/// Replaces the results of `op` that are not `dead` by those of `lean`, in
/// order.
static void replaceLive(PatternRewriter &rewriter, Operation *op,
                        const BitVector &dead, Operation *lean) {
  auto next = lean->getResults().begin();
  for (OpResult result : op->getResults())
    if (!dead[result.getResultNumber()])
      rewriter.replaceAllUsesWith(result, *next++);
  rewriter.eraseOp(op);
}

namespace {
/// %o, %lse, %map, %coarse = attention ..  -->  those of them that are read
struct DropDeadAttentionResults : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!isDead(op.getLse()) && !isDead(op.getMap()) && !isDead(op.getCoarse()))
      return rewriter.notifyMatchFailure(op, "every optional result is read");
    auto lean = AttentionOp::create(
        rewriter, op.getLoc(), op.getOutput().getType(),
        typeIfRead(op.getLse()), typeIfRead(op.getMap()),
        typeIfRead(op.getCoarse()), op.getQuery(), op.getQSizes(), op.getKey(),
        op.getKvSizes(), op.getValue(), op.getFineGate(), op.getCoarseGate(),
        op.getTopk(), op.getScale(), op.getQBlock(), op.getKvBlock(),
        op.getSelect(), op.getWithoutCoarse());
    BitVector dead = deadResults(op);
    dead.reset(0); // the output stays a result, read or not
    replaceLive(rewriter, op, dead, lean);
    return success();
  }
};

/// %a', %b' = pool %a, %b  -->  %a' = pool %a      if nobody reads %b'
struct DropDeadPools : OpRewritePattern<PoolOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PoolOp op,
                                PatternRewriter &rewriter) const override {
    BitVector dead = deadResults(op);
    if (dead.none() || dead.all())
      return rewriter.notifyMatchFailure(op, "all results are read, or none");
    SmallVector<Value> inputs;
    SmallVector<Type> outputs;
    for (auto [input, output] : llvm::zip(op.getInputs(), op.getOutputs()))
      if (!output.use_empty()) {
        inputs.push_back(input);
        outputs.push_back(output.getType());
      }
    replaceLive(rewriter, op, dead,
                PoolOp::create(rewriter, op.getLoc(), outputs, inputs,
                               op.getSizes(), op.getBlock()));
    return success();
  }
};

/// %s, %o = coarse q, k, v  -->  %s = coarse q, k      if nobody reads %o
struct DropDeadCoarseOutput : OpRewritePattern<CoarseOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CoarseOp op,
                                PatternRewriter &rewriter) const override {
    if (!isDead(op.getOutput()))
      return rewriter.notifyMatchFailure(op, "no output, or somebody reads it");
    auto lean = CoarseOp::create(rewriter, op.getLoc(),
                                 op.getScores().getType(), /*output=*/Type(),
                                 op.getQuery(), op.getKey(), op.getKvSizes(),
                                 /*value=*/Value(), op.getScale());
    rewriter.replaceAllUsesWith(op.getScores(), lean.getScores());
    rewriter.eraseOp(op);
    return success();
  }
};

/// %o, %lse = attend ..  -->  %o = attend ..      if nobody reads %lse
struct DropDeadLse : OpRewritePattern<AttendOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttendOp op,
                                PatternRewriter &rewriter) const override {
    if (!isDead(op.getLse()))
      return rewriter.notifyMatchFailure(op, "no lse, or somebody reads it");
    auto lean = AttendOp::create(
        rewriter, op.getLoc(), op.getOutput().getType(), /*lse=*/Type(),
        op.getQuery(), op.getQSizes(), op.getKey(), op.getKvSizes(),
        op.getValue(), op.getMap(), op.getScale());
    rewriter.replaceAllUsesWith(op.getOutput(), lean.getOutput());
    rewriter.eraseOp(op);
    return success();
  }
};

/// fused { .. yield %a, %b }  -->  fused { .. yield %a }
/// if nobody reads the second result
struct DropDeadYields : OpRewritePattern<FusedOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(FusedOp op,
                                PatternRewriter &rewriter) const override {
    BitVector dead = deadResults(op);
    if (dead.none() || dead.all())
      return rewriter.notifyMatchFailure(op, "all results are read, or none");
    SmallVector<Type> types;
    for (OpResult result : op->getResults())
      if (!result.use_empty())
        types.push_back(result.getType());
    auto lean = FusedOp::create(rewriter, op.getLoc(), types);
    rewriter.inlineRegionBefore(op.getBody(), lean.getBody(),
                                lean.getBody().end());
    Operation *yield = lean.getBody().front().getTerminator();
    rewriter.modifyOpInPlace(yield, [&] { yield->eraseOperands(dead); });
    replaceLive(rewriter, op, dead, lean);
    return success();
  }
};

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
  patterns.add<DropDeadAttentionResults>(context);
}

void PoolOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<DropDeadPools>(context);
}

void CoarseOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<DropDeadCoarseOutput>(context);
}

void SelectOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<StateDenseSelection>(context);
}

void AttendOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<DropDeadLse>(context);
}

void CombineOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<RoundInAttend>(context);
}

void FusedOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<DropDeadYields>(context);
}
