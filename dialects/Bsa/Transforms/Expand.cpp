// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// bsa.attention  -->  pool, coarse, select, attend, combine.

#include "Bsa/IR/Bsa.h"
#include "Bsa/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"

namespace tessera::bsa {
#define GEN_PASS_DEF_EXPANDPASS
#include "Bsa/Transforms/Passes.h.inc"
} // namespace tessera::bsa

using namespace mlir;
using namespace tessera::bsa;

/// [B, H, S, D]  -->  [B, H, ceil(S / block), D] of f32
static RankedTensorType pooledType(Value sequence, int64_t block) {
  auto type = cast<RankedTensorType>(sequence.getType());
  SmallVector<int64_t> shape(type.getShape());
  if (!ShapedType::isDynamic(shape[2]))
    shape[2] = llvm::divideCeil(shape[2], block);
  return RankedTensorType::get(shape, Float32Type::get(type.getContext()));
}

/// [B, H, Nq, D] and [B, Hkv, Nkv, D]  -->  [B, H, Nq, Nkv]
static RankedTensorType scoresType(RankedTensorType query,
                                   RankedTensorType key) {
  SmallVector<int64_t> shape(query.getShape());
  shape[3] = key.getDimSize(2);
  return RankedTensorType::get(shape, query.getElementType());
}

namespace {
/// The ops of one attention, in the order in which they are written.
struct Expansion {
  OpBuilder &builder;
  AttentionOp op;
  Location loc = op.getLoc();

  PoolOp pool(ValueRange inputs, Value sizes, int64_t block);
  CoarseOp score();
  SelectOp select(CoarseOp coarse);
  AttendOp attend(SelectOp map);
  CombineOp combine(AttendOp fine, CoarseOp coarse);
};
} // namespace

PoolOp Expansion::pool(ValueRange inputs, Value sizes, int64_t block) {
  SmallVector<Type> types;
  for (Value input : inputs)
    types.push_back(pooledType(input, block));
  return PoolOp::create(builder, loc, types, inputs, sizes, block);
}

CoarseOp Expansion::score() {
  bool withOutput = !op.getWithoutCoarse();
  SmallVector<Value, 2> keySide = {op.getKey()};
  if (withOutput)
    keySide.push_back(op.getValue());
  Value query =
      pool(op.getQuery(), op.getQSizes(), op.getQBlock()).getOutputs().front();
  PoolOp keys = pool(keySide, op.getKvSizes(), op.getKvBlock());
  Value key = keys.getOutputs().front();
  Type output;
  if (withOutput) // as written, where written: the type may say more
    output = op.getCoarse() ? op.getCoarse().getType() : query.getType();
  return CoarseOp::create(builder, loc,
                          scoresType(cast<RankedTensorType>(query.getType()),
                                     cast<RankedTensorType>(key.getType())),
                          output, query, key, op.getKvSizes(),
                          withOutput ? keys.getOutputs().back() : Value(),
                          op.getScale());
}

SelectOp Expansion::select(CoarseOp coarse) {
  auto map = BlockMapType::get(op.getContext(), op.getQBlock(), op.getKvBlock(),
                               op.getSelect().getCapacity(),
                               /*ascending=*/true);
  return SelectOp::create(builder, loc, map, coarse.getScores(), op.getTopk(),
                          op.getKvSizes(), op.getSelect());
}

AttendOp Expansion::attend(SelectOp map) {
  auto fine = cast<RankedTensorType>(op.getOutput().getType())
                  .clone(builder.getF32Type());
  return AttendOp::create(builder, loc, fine,
                          op.getLse() ? op.getLse().getType() : Type(),
                          op.getQuery(), op.getQSizes(), op.getKey(),
                          op.getKvSizes(), op.getValue(), map, op.getScale());
}

CombineOp Expansion::combine(AttendOp fine, CoarseOp coarse) {
  return CombineOp::create(builder, loc, op.getOutput().getType(),
                           fine.getOutput(), op.getFineGate(),
                           coarse.getOutput(), op.getCoarseGate(),
                           op.getQSizes(), op.getQBlock());
}

static void expand(AttentionOp op, IRRewriter &rewriter) {
  rewriter.setInsertionPoint(op);
  Expansion expansion{rewriter, op};
  CoarseOp coarse = expansion.score();
  SelectOp select = expansion.select(coarse);
  AttendOp fine = expansion.attend(select);
  CombineOp sum = expansion.combine(fine, coarse);

  SmallVector<Value, 4> results = {sum.getOutput()};
  if (op.getLse())
    results.push_back(fine.getLse());
  if (op.getMap())
    results.push_back(select.getMap());
  if (op.getCoarse())
    results.push_back(coarse.getOutput());
  rewriter.replaceOp(op, results);
}

namespace {
struct ExpandPass : tessera::bsa::impl::ExpandPassBase<ExpandPass> {
  void runOnOperation() override {
    SmallVector<AttentionOp> attentions;
    getOperation()->walk([&](AttentionOp op) { attentions.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (AttentionOp op : attentions)
      expand(op, rewriter);
  }
};
} // namespace
