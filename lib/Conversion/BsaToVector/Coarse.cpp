// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `bsa.pool` and `bsa.coarse` for one block: the cheap branch over blocks.

#include "Kernel.h"
#include <cmath>
#include <limits>
#include <numbers>

using namespace mlir;
using namespace tessera;

static constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

//===----------------------------------------------------------------------===//
// bsa.pool
//===----------------------------------------------------------------------===//

void tessera::emitPool(Kernel &kernel, bsa::PoolOp op) {
  Emitter &e = kernel.e;
  int64_t blockSize = op.getBlock();
  Value count = kernel.validTokens(op.getSizes(), kernel.extent(op, "S"),
                                   kernel.block, blockSize);
  Value real =
      arith::SIToFPOp::create(e.b, e.loc, e.b.getF32Type(), e.toI32(count));
  Value inverse = e.select(e.equalf(real, e.f32(0)), e.f32(0),
                           arith::DivFOp::create(e.b, e.loc, e.f32(1), real));
  for (auto [input, output] : llvm::zip(op.getInputs(), op.getOutputs())) {
    Value rows = kernel.rows(input, blockSize), mean = kernel.row(output);
    int64_t features = cast<RankedTensorType>(input.getType()).getDimSize(3);
    SmallVector<Chunk> chunks = e.chunks(features);
    Emitter::Carry sums;
    for (Chunk chunk : chunks)
      sums.push_back(e.f32(0, e.vectorType(chunk.lanes)));
    sums = e.loop(e.index(0), count, sums, [&](Value row, ValueRange carry) {
      Emitter::Carry next;
      for (auto [chunk, sum] : llvm::zip(chunks, carry))
        next.push_back(
            e.addf(sum, e.loadVector(rows, {row, e.index(chunk.column)},
                                     chunk.lanes)));
      return next;
    });
    for (auto [chunk, sum] : llvm::zip(chunks, sums))
      e.storeVector(e.mulf(sum, e.splat(inverse, chunk.lanes)), mean,
                    {e.index(chunk.column)});
  }
}

//===----------------------------------------------------------------------===//
// bsa.coarse
//===----------------------------------------------------------------------===//

/// True if key block `j` has tokens.
static Value isNonEmpty(Kernel &kernel, Value sizes, Value j) {
  return kernel.e.less(kernel.e.i32(0), kernel.sizeOf(sizes, j));
}

static Value emitDot(Emitter &e, Value row, Value rows, Value j,
                     int64_t features) {
  Value total, sum;
  int64_t lanes = 0;
  auto flush = [&] {
    if (sum)
      total = total ? e.addf(total, e.sumLanes(sum)) : e.sumLanes(sum);
  };
  for (Chunk chunk : e.chunks(features)) {
    if (chunk.lanes != lanes) {
      flush();
      lanes = chunk.lanes;
      sum = e.f32(0, e.vectorType(lanes));
    }
    Value column = e.index(chunk.column);
    sum = e.fma(e.loadVector(row, {column}, lanes),
                e.loadVector(rows, {j, column}, lanes), sum);
  }
  flush();
  return total;
}

/// Writes the scores of the row; returns their maximum.
static Value emitScores(Kernel &kernel, bsa::CoarseOp op, Value kvHead,
                        Value scores, Value keyBlocks) {
  Emitter &e = kernel.e;
  int64_t features = op.getQuery().getType().getDimSize(3);
  Value query = kernel.row(op.getQuery());
  Value keys = kernel.headRows(op.getKey(), kvHead);
  Value scale =
      op.getScale()
          ? kernel.scalar(op.getScale())
          : e.f32(static_cast<float>(1.0 / std::sqrt(double(features))));
  return e.loop(e.index(0), keyBlocks, {e.f32(kMinusInfinity)},
                [&](Value j, ValueRange carry) -> Emitter::Carry {
                  Value score =
                      e.mulf(emitDot(e, query, keys, j, features), scale);
                  if (op.getKvSizes())
                    score = e.select(isNonEmpty(kernel, op.getKvSizes(), j),
                                     score, e.f32(kMinusInfinity));
                  e.store(score, scores, {j});
                  return {e.maxf(carry[0], score)};
                })[0];
}

void tessera::emitCoarse(Kernel &kernel, bsa::CoarseOp op) {
  Emitter &e = kernel.e;
  Value keyBlocks = kernel.extent(op, "Nkv");
  Value kvHead = kernel.kvHead(op);
  Value scores = kernel.row(op.getScores(), keyBlocks);
  Value maximum = emitScores(kernel, op, kvHead, scores, keyBlocks);
  if (!op.getOutput())
    return;
  Value values = kernel.headRows(op.getValue(), kvHead);
  Value output = kernel.row(op.getOutput());
  SmallVector<Chunk> chunks = e.chunks(op.getQuery().getType().getDimSize(3));
  // The sum of weights, then the weighted values chunk by chunk.
  Emitter::Carry sums = {e.f32(0)};
  for (Chunk chunk : chunks)
    sums.push_back(e.f32(0, e.vectorType(chunk.lanes)));
  Value log2e = e.f32(std::numbers::log2e_v<float>);
  sums = e.loop(e.index(0), keyBlocks, sums, [&](Value j, ValueRange carry) {
    Value score = e.subf(e.load(scores, {j}), maximum);
    Value weight = emitExp2(e, e.mulf(score, log2e));
    if (op.getKvSizes())
      weight =
          e.select(isNonEmpty(kernel, op.getKvSizes(), j), weight, e.f32(0));
    Emitter::Carry next = {e.addf(carry[0], weight)};
    for (auto [chunk, sum] : llvm::zip(chunks, carry.drop_front()))
      next.push_back(e.fma(
          e.splat(weight, chunk.lanes),
          e.loadVector(values, {j, e.index(chunk.column)}, chunk.lanes), sum));
    return next;
  });
  // Without any key block the sum of weights is 0, and so is the output.
  Value inverse =
      e.select(e.equalf(sums[0], e.f32(0)), e.f32(0),
               arith::DivFOp::create(e.b, e.loc, e.f32(1), sums[0]));
  for (auto [chunk, sum] : llvm::zip(chunks, ArrayRef(sums).drop_front()))
    e.storeVector(e.mulf(sum, e.splat(inverse, chunk.lanes)), output,
                  {e.index(chunk.column)});
}
