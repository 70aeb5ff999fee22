// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folders and canonicalizations of the `bsa` ops: what is always true.

#include "Bsa/IR/Bsa.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace tessera::bsa;

// unpartition(partition(x))  -->  x      for one cube, grid and text
OpFoldResult UnpartitionOp::fold(FoldAdaptor) {
  auto partition = getInput().getDefiningOp<PartitionOp>();
  if (!partition || partition.getOutput() != getInput() ||
      partition.getInput().getType() != getType())
    return {};
  bool sameGrid = partition.getCube() == getCube() &&
                  partition.getTime() == getTime() &&
                  partition.getHeight() == getHeight() &&
                  partition.getWidth() == getWidth() &&
                  partition.getText() == getText() &&
                  partition.getTextPlace() == getTextPlace();
  return sameGrid ? partition.getInput() : Value();
}

// map_from_lists(map_to_lists(m))  -->  m      for one type
OpFoldResult MapFromListsOp::fold(FoldAdaptor) {
  auto lists = getIndex().getDefiningOp<MapToListsOp>();
  if (!lists || getIndex() != lists.getIndex() ||
      getCount() != lists.getCount() ||
      lists.getMap().getType() != getMap().getType())
    return {};
  return lists.getMap();
}

// map_to_lists(map_from_lists(index, count))  -->  index, count
LogicalResult MapToListsOp::fold(FoldAdaptor,
                                 SmallVectorImpl<OpFoldResult> &results) {
  auto lists = getMap().getDefiningOp<MapFromListsOp>();
  if (!lists || !lists.getCount() ||
      lists.getCount().getType() != getCount().getType() ||
      lists.getIndex().getType() != getIndex().getType())
    return failure();
  results.assign({lists.getIndex(), lists.getCount()});
  return success();
}

namespace {
/// %o, %lse = attend ..  -->  %o = attend ..      if nobody reads %lse
struct DropDeadLse : OpRewritePattern<AttendOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AttendOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getLse() || !op.getLse().use_empty())
      return rewriter.notifyMatchFailure(op, "no lse, or somebody reads it");
    auto lean = AttendOp::create(rewriter, op.getLoc(),
                                 op.getOutput().getType(), /*lse=*/Type(),
                                 op.getQuery(), op.getQSizes(), op.getKey(),
                                 op.getKvSizes(), op.getValue(), op.getMap(),
                                 op.getScale());
    rewriter.replaceAllUsesWith(op.getOutput(), lean.getOutput());
    rewriter.eraseOp(op);
    return success();
  }
};

/// %s, %o = coarse q, k, v  -->  %s = coarse q, k      if nobody reads %o
struct DropDeadCoarseOutput : OpRewritePattern<CoarseOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(CoarseOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getOutput() || !op.getOutput().use_empty())
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
} // namespace

void AttendOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<DropDeadLse>(context);
}

void CoarseOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<DropDeadCoarseOutput>(context);
}
