// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `bsa.attend` for one query block: online softmax over the listed key blocks.
//
// Scores are kept transposed, [key row][query row], so that a row maximum and a
// row sum run along vectors instead of across them, and so that the
// probabilities already lie as the second product reads them. Key rows past a
// block's size are never computed. Scores are in units of log2 throughout.

#include "Kernel.h"
#include "RegisterTile.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>
#include <numbers>

using namespace mlir;
using namespace tessera;

namespace {

/// Rows of queries and keys worked on at once: both products then read and
/// write scratch that stays in the caches.
constexpr int64_t kMaxTile = 64;

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

class AttendRecipe {
public:
  AttendRecipe(Kernel &kernel, bsa::AttendOp op);
  void emit();

private:
  void emitQueryTile(Value firstRow);
  void loadQueryTile(Value firstRow, Value rows);
  void resetState();
  Value listed(Value slot);
  void emitKeyBlock(Value keyBlock, Value following);
  void loadKeyTile(Value rows);
  void prefetchPanel(Value view, Value firstRow, size_t share, size_t shares);
  void emitScores(Value rows);
  void emitSoftmax(Value rows);
  void emitAccumulate(Value rows);
  void storeTile(ArrayRef<Value> tile, Value target, Value panel,
                 ArrayRef<Chunk> columns);
  void storeResults(Value firstRow, Value rows);
  void clearPadding();

  Kernel &kernel;
  Emitter &e;
  bsa::AttendOp op;
  int64_t queryBlock, keyBlock, features, queryTile, keyTile;
  ListView list;
  Value validQueries, queries, keys, values, output, lse;
  // Scratch: query [D][queryTile]; scores [keyTile][queryTile]; accumulator
  // [queryTile][D]; one entry a query row of maximum, sum and rescale.
  Value query, scores, accumulator, maximum, sum, rescale;
  /// The key and value tile in use.
  struct KeyTile {
    Value start;        ///< its first row in `keys` and `values`
    Value next;         ///< where the tile after it will start
    Value keys, values; ///< its rows in f32: the views, or widened in scratch
    Value first;        ///< its first row in those
  } current;
  Value keyScratch, valueScratch;
};

} // namespace

AttendRecipe::AttendRecipe(Kernel &kernel, bsa::AttendOp op)
    : kernel(kernel), e(kernel.e), op(op) {
  bsa::BlockMapType map = op.getMap().getType();
  queryBlock = map.getQueryBlock();
  keyBlock = map.getKeyBlock();
  features = op.getQuery().getType().getDimSize(3);
  queryTile = std::min(queryBlock, kMaxTile);
  keyTile = std::min(keyBlock, kMaxTile);
}

void AttendRecipe::emit() {
  validQueries = kernel.validTokens(op.getQSizes(), kernel.extent(op, "Sq"),
                                    kernel.block, queryBlock);
  Value kvHead = kernel.kvHead(op);
  keys = kernel.headRows(op.getKey(), kvHead);
  values = kernel.headRows(op.getValue(), kvHead);
  list = kernel.list(op.getMap());
  queries = kernel.rows(op.getQuery(), queryBlock);
  output = kernel.rows(op.getOutput(), queryBlock);
  if (op.getLse())
    lse = kernel.tokens(op.getLse(), queryBlock);
  Type f32 = e.b.getF32Type();
  query = e.scratch({features, queryTile}, f32);
  scores = e.scratch({keyTile, queryTile}, f32);
  accumulator = e.scratch({queryTile, features}, f32);
  maximum = e.scratch({queryTile}, f32);
  sum = e.scratch({queryTile}, f32);
  rescale = e.scratch({queryTile}, f32);
  if (!op.getKey().getType().getElementType().isF32()) {
    keyScratch = e.scratch({keyTile, features}, f32);
    valueScratch = e.scratch({keyTile, features}, f32);
  }
  e.loop(e.index(0), validQueries, queryTile,
         [&](Value firstRow) { emitQueryTile(firstRow); });
  clearPadding();
}

void AttendRecipe::emitQueryTile(Value firstRow) {
  Value rows = e.min(e.index(queryTile), e.sub(validQueries, firstRow));
  loadQueryTile(firstRow, rows);
  resetState();
  Value last = e.sub(list.count, e.index(1));
  e.loop(list.count, [&](Value slot) {
    Value following = e.min(e.add(slot, e.index(1)), last);
    emitKeyBlock(listed(slot), listed(following));
  });
  storeResults(firstRow, rows);
}

/// query[d][r] = scale * log2(e) * q[firstRow + r][d]; rows past the end repeat
/// the last one and are never stored.
void AttendRecipe::loadQueryTile(Value firstRow, Value rows) {
  constexpr float log2e = std::numbers::log2e_v<float>;
  Value factor = op.getScale()
                     ? e.mulf(kernel.scalar(op.getScale()), e.f32(log2e))
                     : e.f32(static_cast<float>(std::numbers::log2e /
                                                std::sqrt(double(features))));
  Value last = e.sub(rows, e.index(1));
  e.loop(e.index(0), e.index(queryTile), 8, [&](Value row) {
    SmallVector<Value> from;
    for (int64_t r = 0; r < 8; ++r)
      from.push_back(e.add(firstRow, e.min(e.add(row, e.index(r)), last)));
    e.loop(e.index(0), e.index(features), 8, [&](Value feature) {
      SmallVector<Value> tile;
      for (int64_t r = 0; r < 8; ++r)
        tile.push_back(e.loadVector(queries, {from[r], feature}, 8));
      tile = emitTranspose(e, tile);
      for (int64_t d = 0; d < 8; ++d)
        e.storeVector(e.mulf(tile[d], e.splat(factor, 8)), query,
                      {e.add(feature, e.index(d)), row});
    });
  });
}

void AttendRecipe::resetState() {
  e.loop(e.index(queryTile), [&](Value row) {
    e.store(e.f32(kMinusInfinity), maximum, {row});
    e.store(e.f32(0), sum, {row});
    for (Chunk chunk : e.chunks(features))
      e.storeVector(e.f32(0, e.vectorType(chunk.lanes)), accumulator,
                    {row, e.index(chunk.column)});
  });
}

Value AttendRecipe::listed(Value slot) {
  return e.toIndex(e.load(list.index, {slot}));
}

void AttendRecipe::emitKeyBlock(Value block, Value following) {
  Value start = e.mul(block, e.index(keyBlock));
  Value followingStart = e.mul(following, e.index(keyBlock));
  Value valid = kernel.validTokens(op.getKvSizes(), kernel.extent(op, "Skv"),
                                   block, keyBlock);
  e.loop(e.index(0), valid, keyTile, [&](Value first) {
    Value rows = e.min(e.index(keyTile), e.sub(valid, first));
    Value next = e.add(first, e.index(keyTile));
    current.start = e.add(start, first);
    current.next =
        e.select(e.less(next, valid), e.add(start, next), followingStart);
    loadKeyTile(rows);
    emitScores(rows);
    emitSoftmax(rows);
    emitAccumulate(rows);
  });
}

/// f32 keys and values are read where they lie; others are widened once.
void AttendRecipe::loadKeyTile(Value rows) {
  current.keys = keys;
  current.values = values;
  current.first = current.start;
  if (!keyScratch)
    return;
  e.loop(rows, [&](Value row) {
    Value from = e.add(current.start, row);
    for (auto [source, target] :
         {std::pair(keys, keyScratch), std::pair(values, valueScratch)})
      for (Chunk chunk : e.chunks(features)) {
        Value column = e.index(chunk.column);
        e.storeVector(e.loadVector(source, {from, column}, chunk.lanes), target,
                      {row, column});
      }
  });
  current.keys = keyScratch;
  current.values = valueScratch;
  current.first = e.index(0);
}

/// Asks for the share-th of `shares` parts of every row of a register tile's
/// panel, so that the next product finds its rows in the cache. Rows past the
/// end of the view are asked for in vain, which is harmless.
void AttendRecipe::prefetchPanel(Value view, Value firstRow, size_t share,
                                 size_t shares) {
  SmallVector<Chunk> chunks = e.chunks(features);
  size_t size = llvm::divideCeil(chunks.size(), shares);
  ArrayRef<Chunk> part =
      ArrayRef(chunks).drop_front(std::min(share * size, chunks.size()));
  for (int64_t row = 0; row < e.plan.tileRows; ++row)
    for (Chunk chunk : part.take_front(size))
      e.prefetch(view, {e.add(firstRow, e.index(row)), e.index(chunk.column)});
}

/// scores[u][r] = k_u . query_r
void AttendRecipe::emitScores(Value rows) {
  int64_t tileRows = e.plan.tileRows;
  Value last = e.sub(rows, e.index(1));
  SmallVector<SmallVector<Chunk>> groups = e.chunkGroups(queryTile);
  for (auto [group, columns] : llvm::enumerate(groups))
    e.loop(e.index(0), rows, tileRows, [&](Value panel) {
      SmallVector<Value> from;
      for (int64_t row = 0; row < tileRows; ++row)
        from.push_back(
            e.add(current.first, e.min(e.add(panel, e.index(row)), last)));
      RegisterTile tile;
      for (int64_t row = 0; row < tileRows; ++row)
        for (Chunk chunk : columns)
          tile.push_back(e.f32(0, e.vectorType(chunk.lanes)));
      Value wanted = valueScratch ? current.next : current.start;
      prefetchPanel(values, e.add(wanted, panel), group, groups.size());
      tile = addOuterProducts(
          e, tile, e.index(features), tileRows, columns,
          [&](Value k, int64_t row) {
            return e.load(current.keys, {from[row], k});
          },
          [&](Value k, Chunk chunk) {
            return e.loadVector(query, {k, e.index(chunk.column)}, chunk.lanes);
          });
      storeTile(tile, scores, panel, columns);
    });
}

/// Moves the reference to the new maximum, turns scores into probabilities.
void AttendRecipe::emitSoftmax(Value rows) {
  for (Chunk chunk : e.chunks(queryTile)) {
    Value column = e.index(chunk.column);
    Value before = e.loadVector(maximum, {column}, chunk.lanes);
    Value after = e.loop(e.index(0), rows, {before},
                         [&](Value row, ValueRange carry) -> Emitter::Carry {
                           Value score =
                               e.loadVector(scores, {row, column}, chunk.lanes);
                           return {e.maxf(carry[0], score)};
                         })[0];
    // Rows whose scores are all -inf keep a finite reference: exp2 gives 0.
    Value zero = e.f32(0, e.vectorType(chunk.lanes));
    Value none = e.equalf(after, e.f32(kMinusInfinity, zero.getType()));
    Value reference = arith::SelectOp::create(e.b, e.loc, none, zero, after);
    Value factor = emitExp2(e, e.subf(before, reference));
    Value partial = e.mulf(e.loadVector(sum, {column}, chunk.lanes), factor);
    Value total = e.loop(e.index(0), rows, {partial},
                         [&](Value row, ValueRange carry) -> Emitter::Carry {
                           Value score =
                               e.loadVector(scores, {row, column}, chunk.lanes);
                           Value weight = emitExp2(e, e.subf(score, reference));
                           e.storeVector(weight, scores, {row, column});
                           return {e.addf(carry[0], weight)};
                         })[0];
    e.storeVector(after, maximum, {column});
    e.storeVector(total, sum, {column});
    e.storeVector(factor, rescale, {column});
  }
}

/// accumulator[r] = rescale[r] * accumulator[r] + sum of p[u][r] * v_u
void AttendRecipe::emitAccumulate(Value rows) {
  int64_t tileRows = e.plan.tileRows;
  SmallVector<SmallVector<Chunk>> groups = e.chunkGroups(features);
  for (auto [group, columns] : llvm::enumerate(groups))
    e.loop(e.index(0), e.index(queryTile), tileRows, [&](Value panel) {
      RegisterTile tile;
      for (int64_t row = 0; row < tileRows; ++row) {
        Value at = e.add(panel, e.index(row));
        Value factor = e.load(rescale, {at});
        for (Chunk chunk : columns)
          tile.push_back(
              e.mulf(e.splat(factor, chunk.lanes),
                     e.loadVector(accumulator, {at, e.index(chunk.column)},
                                  chunk.lanes)));
      }
      prefetchPanel(keys, e.add(current.next, panel), group, groups.size());
      tile = addOuterProducts(
          e, tile, rows, tileRows, columns,
          [&](Value k, int64_t row) {
            return e.load(scores, {k, e.add(panel, e.index(row))});
          },
          [&](Value k, Chunk chunk) {
            return e.loadVector(
                current.values,
                {e.add(current.first, k), e.index(chunk.column)}, chunk.lanes);
          });
      storeTile(tile, accumulator, panel, columns);
    });
}

/// Rows `panel`.. of `target` become the tile.
void AttendRecipe::storeTile(ArrayRef<Value> tile, Value target, Value panel,
                             ArrayRef<Chunk> columns) {
  for (auto [index, vector] : llvm::enumerate(tile)) {
    Value row = e.add(panel, e.index(index / columns.size()));
    Value column = e.index(columns[index % columns.size()].column);
    e.storeVector(vector, target, {row, column});
  }
}

/// o = accumulator / sum, lse = ln 2 * (maximum + log2 sum); 0 and -inf where
/// there was nothing to attend.
void AttendRecipe::storeResults(Value firstRow, Value rows) {
  e.loop(rows, [&](Value row) {
    Value total = e.load(sum, {row});
    Value empty = e.equalf(total, e.f32(0));
    Value inverse = e.select(
        empty, e.f32(0), arith::DivFOp::create(e.b, e.loc, e.f32(1), total));
    Value to = e.add(firstRow, row);
    for (Chunk chunk : e.chunks(features)) {
      Value column = e.index(chunk.column);
      Value result =
          e.mulf(e.loadVector(accumulator, {row, column}, chunk.lanes),
                 e.splat(inverse, chunk.lanes));
      e.storeVector(result, output, {to, column});
    }
    if (!lse)
      return;
    Value log =
        e.addf(e.load(maximum, {row}), math::Log2Op::create(e.b, e.loc, total));
    Value natural = e.mulf(log, e.f32(std::numbers::ln2_v<float>));
    e.store(e.select(empty, e.f32(kMinusInfinity), natural), lse, {to});
  });
}

void AttendRecipe::clearPadding() {
  Value exist =
      kernel.existingTokens(kernel.extent(op, "Sq"), kernel.block, queryBlock);
  e.loop(validQueries, exist, 1, [&](Value row) {
    for (Chunk chunk : e.chunks(features))
      e.storeVector(e.f32(0, e.vectorType(chunk.lanes)), output,
                    {row, e.index(chunk.column)});
    if (lse)
      e.store(e.f32(kMinusInfinity), lse, {row});
  });
}

void tessera::emitAttend(Kernel &kernel, bsa::AttendOp op) {
  AttendRecipe(kernel, op).emit();
}
