// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Reference.h"

#include "tessera/Oracle/Random.h"
#include "tessera/Runtime/ThreadPool.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Sequence.h"

#include <cmath>
#include <limits>

using namespace llvm;

namespace tessera::bench {

static constexpr double kNothing = -std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// Sampling
//===----------------------------------------------------------------------===//

static RowPosition positionOf(const Problem &problem, int64_t tile,
                              int64_t row) {
  int64_t sequence = problem.rowOf(tile);
  return {sequence / problem.heads, sequence % problem.heads,
          problem.blockOf(tile) * problem.queryBlock + row};
}

/// At most 64 of `tiles`, from all over.
static std::vector<int64_t> thinOut(const std::vector<int64_t> &tiles) {
  constexpr size_t most = 64;
  std::vector<int64_t> kept(std::min(most, tiles.size()));
  for (size_t i = 0; i < kept.size(); ++i)
    kept[i] = tiles[i * tiles.size() / kept.size()];
  return kept;
}

/// Calls take(tile, row) with rows where kernels go wrong.
static void forEachEdge(const Problem &problem, const BlockLists &lists,
                        function_ref<void(int64_t, int64_t)> take) {
  auto validOf = [&](int64_t tile) {
    return problem.validQueries(problem.blockOf(tile));
  };
  std::vector<int64_t> partial, empty;
  for (int64_t tile : seq(problem.tiles())) {
    if (validOf(tile) < problem.queryBlock)
      partial.push_back(tile);
    if (lists.count[tile] == 0)
      empty.push_back(tile);
  }
  for (int64_t tile : thinOut(partial)) {
    if (validOf(tile) > 0)
      take(tile, validOf(tile) - 1);
    take(tile, validOf(tile));
  }
  for (int64_t tile : thinOut(empty))
    take(tile, 0);
}

std::vector<RowPosition> sampleRows(const Problem &problem,
                                    const BlockLists &lists, size_t wanted,
                                    uint64_t seed) {
  std::vector<RowPosition> rows;
  if (problem.tiles() == 0)
    return rows;
  auto take = [&](int64_t tile, int64_t row) {
    RowPosition position = positionOf(problem, tile, row);
    if (position.token < problem.queryLength)
      rows.push_back(position);
  };
  take(0, 0);
  rows.push_back(
      {problem.batch - 1, problem.heads - 1, problem.queryLength - 1});
  forEachEdge(problem, lists, take);
  oracle::Random random(seed);
  while (rows.size() < wanted)
    rows.push_back({random.integer(0, problem.batch - 1),
                    random.integer(0, problem.heads - 1),
                    random.integer(0, problem.queryLength - 1)});
  return rows;
}

//===----------------------------------------------------------------------===//
// Computing
//===----------------------------------------------------------------------===//

namespace {

/// The rows of a tensor of 16 bits, as numbers.
class Rows {
public:
  Rows(const tessera_tensor &tensor) : tensor(tensor) {}
  double operator()(int64_t b, int64_t h, int64_t t, int64_t feature) const {
    const auto *elements = static_cast<const uint16_t *>(tensor.data);
    return widen(elements[offsetOf(tensor, b, h, t, feature)], tensor.dtype);
  }

private:
  const tessera_tensor &tensor;
};

} // namespace

/// Tokens that a row sees, in the order of its list.
static std::vector<int64_t> visibleTokens(const Problem &problem,
                                          const BlockLists &lists,
                                          const RowPosition &at) {
  std::vector<int64_t> tokens;
  int64_t block = at.token / problem.queryBlock;
  if (at.token % problem.queryBlock >= problem.validQueries(block))
    return tokens;
  int64_t tile =
      (at.batch * problem.heads + at.head) * problem.queryBlocks() + block;
  for (int64_t slot = 0; slot < lists.count[tile]; ++slot) {
    int64_t id = lists.index[tile * problem.topk + slot];
    for (int64_t i = 0; i < problem.validKeys(id); ++i)
      tokens.push_back(id * problem.keyBlock + i);
  }
  return tokens;
}

static ReferenceRow computeRow(const Problem &problem, const Inputs &inputs,
                               double scale, const RowPosition &at) {
  int64_t d = problem.headDim;
  ReferenceRow row{at, std::vector<double>(d, 0.0), kNothing};
  std::vector<int64_t> tokens = visibleTokens(problem, inputs.lists, at);
  if (tokens.empty())
    return row;
  Rows query(inputs.queryView), key(inputs.keyView), value(inputs.valueView);
  int64_t b = at.batch, kv = at.head * problem.keyHeads / problem.heads;
  std::vector<double> scores(tokens.size());
  double largest = kNothing;
  for (size_t i = 0; i < tokens.size(); ++i) {
    double sum = 0;
    for (int64_t f = 0; f < d; ++f)
      sum += query(b, at.head, at.token, f) * key(b, kv, tokens[i], f);
    scores[i] = scale * sum;
    largest = std::max(largest, scores[i]);
  }
  double total = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    double weight = std::exp(scores[i] - largest);
    total += weight;
    for (int64_t f = 0; f < d; ++f)
      row.output[f] += weight * value(b, kv, tokens[i], f);
  }
  for (double &element : row.output)
    element /= total;
  row.lse = largest + std::log(total);
  return row;
}

std::vector<ReferenceRow> computeReference(const Problem &problem,
                                           const Inputs &inputs, double scale,
                                           ArrayRef<RowPosition> rows) {
  std::vector<ReferenceRow> results(rows.size());
  rt::ThreadPool::global().parallelFor(rows.size(), [&](int64_t i) {
    results[i] = computeRow(problem, inputs, scale, rows[i]);
  });
  return results;
}

} // namespace tessera::bench
