// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `bsa.select` for one query block: the k-th best score is found bit by bit in
// an integer order of the scores, then the list is written in one ascending
// pass. 32 counting passes beat a sort for any k, and need no heap of k.

#include "Kernel.h"

using namespace mlir;
using namespace tessera;

namespace {

class SelectRecipe {
public:
  SelectRecipe(Kernel &kernel, bsa::SelectOp op)
      : kernel(kernel), e(kernel.e), op(op), policy(op.getPolicy()) {}
  void emit();

private:
  Value isForced(Value j);
  Value isNonEmpty(Value j);
  Value rankOf(Value score);
  Value writeRanks();
  Value countAbove(arith::CmpIPredicate predicate, Value threshold);
  Value findThreshold(Value wanted);
  void writeList(Value threshold, Value ties);

  Kernel &kernel;
  Emitter &e;
  bsa::SelectOp op;
  bsa::SelectAttr policy;
  Value keyBlocks, scores, ranks;
};

} // namespace

static Value compare(Emitter &e, arith::CmpIPredicate predicate, Value x,
                     Value y) {
  return arith::CmpIOp::create(e.b, e.loc, predicate, x, y);
}

Value SelectRecipe::isNonEmpty(Value j) {
  if (!op.getKvSizes())
    return arith::ConstantIntOp::create(e.b, e.loc, 1, 1);
  return e.less(e.i32(0), kernel.sizeOf(op.getKvSizes(), j));
}

/// sink: j < sink; local: |i - j| < local.
Value SelectRecipe::isForced(Value j) {
  Value sink = e.less(j, e.index(policy.getSink()));
  if (policy.getLocal() == 0)
    return sink;
  Value distance = e.sub(kernel.block, j);
  distance = e.max(distance, e.sub(e.index(0), distance));
  Value local = e.less(distance, e.index(policy.getLocal()));
  return arith::OrIOp::create(e.b, e.loc, sink, local);
}

/// An unsigned integer that orders like the score: NaN is 1, below -inf.
Value SelectRecipe::rankOf(Value score) {
  // Adding 0 turns -0 into +0.
  Value bits = arith::BitcastOp::create(e.b, e.loc, e.b.getI32Type(),
                                        e.addf(score, e.f32(0)));
  Value flipped = arith::XOrIOp::create(e.b, e.loc, bits, e.i32(-1));
  Value raised =
      arith::OrIOp::create(e.b, e.loc, bits, e.i32(int32_t(0x80000000u)));
  Value rank = e.select(e.less(bits, e.i32(0)), flipped, raised);
  Value nan = arith::CmpFOp::create(e.b, e.loc, arith::CmpFPredicate::UNO,
                                    score, score);
  return e.select(nan, e.i32(1), rank);
}

/// ranks[j], 0 for what does not compete: forced and empty blocks. Returns how
/// many blocks are forced.
Value SelectRecipe::writeRanks() {
  return e.loop(e.index(0), keyBlocks, {e.index(0)},
                [&](Value j, ValueRange carry) -> Emitter::Carry {
                  Value alive = isNonEmpty(j), forced = isForced(j);
                  Value rank = rankOf(e.load(scores, {j}));
                  rank = e.select(alive, rank, e.i32(0));
                  rank = e.select(forced, e.i32(0), rank);
                  e.store(rank, ranks, {j});
                  Value counted =
                      e.select(e.both(alive, forced), e.index(1), e.index(0));
                  return {e.add(carry[0], counted)};
                })[0];
}

Value SelectRecipe::countAbove(arith::CmpIPredicate predicate,
                               Value threshold) {
  Value count =
      e.loop(e.index(0), keyBlocks, {e.i32(0)},
             [&](Value j, ValueRange carry) -> Emitter::Carry {
               Value hit = compare(e, predicate, e.load(ranks, {j}), threshold);
               return {e.add(carry[0], e.select(hit, e.i32(1), e.i32(0)))};
             })[0];
  return e.toIndex(count);
}

/// The largest rank that at least `wanted` blocks reach, and at least 1.
Value SelectRecipe::findThreshold(Value wanted) {
  Value found = e.loop(
      e.index(0), e.index(32), {e.i32(0)},
      [&](Value step, ValueRange carry) -> Emitter::Carry {
        Value bit = arith::ShRUIOp::create(
            e.b, e.loc, e.i32(int32_t(0x80000000u)), e.toI32(step));
        Value candidate = arith::OrIOp::create(e.b, e.loc, carry[0], bit);
        Value reached = countAbove(arith::CmpIPredicate::uge, candidate);
        Value enough = compare(e, arith::CmpIPredicate::uge, reached, wanted);
        return {e.select(enough, candidate, carry[0])};
      })[0];
  return arith::MaxUIOp::create(e.b, e.loc, found, e.i32(1));
}

void SelectRecipe::writeList(Value threshold, Value ties) {
  ListView list = kernel.listToWrite(op.getMap());
  auto written = e.loop(
      e.index(0), keyBlocks, {e.index(0), ties},
      [&](Value j, ValueRange carry) -> Emitter::Carry {
        Value rank = e.load(ranks, {j});
        Value above = compare(e, arith::CmpIPredicate::ugt, rank, threshold);
        Value tied =
            e.both(compare(e, arith::CmpIPredicate::eq, rank, threshold),
                   e.less(e.index(0), carry[1]));
        Value forced = e.both(isForced(j), isNonEmpty(j));
        Value kept = arith::OrIOp::create(
            e.b, e.loc, forced, arith::OrIOp::create(e.b, e.loc, above, tied));
        e.when(kept, [&] { e.store(e.toI32(j), list.index, {carry[0]}); });
        Value one = e.index(1), none = e.index(0);
        return {e.add(carry[0], e.select(kept, one, none)),
                e.sub(carry[1], e.select(tied, one, none))};
      });
  kernel.setListCount(op.getMap(), written[0]);
}

void SelectRecipe::emit() {
  keyBlocks = kernel.extent(op, "Nkv");
  scores = kernel.row(op.getScores(), keyBlocks);
  ranks = kernel.dynamicScratch(keyBlocks, e.b.getI32Type());
  Value forced = writeRanks();
  Value wanted = e.toIndex(kernel.scalar(op.getTopk()));
  if (policy.getForced() == bsa::Forced::Within) {
    // k counts among the blocks there are; forced ones take their places first.
    Value competing = countAbove(arith::CmpIPredicate::ugt, e.i32(0));
    wanted = e.min(wanted, e.add(competing, forced));
    wanted = e.max(e.sub(wanted, forced), e.index(0));
  }
  Value threshold = findThreshold(wanted);
  Value above = countAbove(arith::CmpIPredicate::ugt, threshold);
  writeList(threshold, e.max(e.sub(wanted, above), e.index(0)));
}

void tessera::emitSelect(Kernel &kernel, bsa::SelectOp op) {
  SelectRecipe(kernel, op).emit();
}
