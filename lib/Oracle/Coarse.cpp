// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The coarse branch: pooling, scores of block against block, attention there.
#include "tessera/Oracle/Oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace tessera::oracle;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Tensor tessera::oracle::pool(const Tensor &input, int64_t block,
                             const Sizes &sizes) {
  int64_t batches = input.dims[0], heads = input.dims[1], rows = input.dims[2],
          features = input.dims[3], blocks = blockCount(rows, block);
  Tensor result({batches, heads, blocks, features});
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t i = 0; i < blocks; ++i)
        for (int64_t d = 0; d < features; ++d) {
          int64_t valid = validRows(sizes, b, i, block, rows);
          double sum = 0;
          for (int64_t t = 0; t < valid; ++t)
            sum += input(b, h, i * block + t, d);
          result(b, h, i, d) = valid > 0 ? sum / double(valid) : 0;
        }
  return result;
}

/// One row of softmax(scores) . value over the blocks that have tokens.
static void attendBlocks(CoarseResult &result, const Tensor &value,
                         const Sizes &kvSizes, int64_t b, int64_t h,
                         int64_t hkv, int64_t i) {
  int64_t keys = value.dims[2];
  double top = -kInfinity;
  for (int64_t j = 0; j < keys; ++j)
    if (!kvSizes.isEmpty(b, j))
      top = std::max(top, result.scores(b, h, i, j));
  double total = 0;
  for (int64_t j = 0; j < keys; ++j) {
    if (kvSizes.isEmpty(b, j))
      continue;
    double weight = std::exp(result.scores(b, h, i, j) - top);
    total += weight;
    for (int64_t d = 0; d < value.dims[3]; ++d)
      result.output(b, h, i, d) += weight * value(b, hkv, j, d);
  }
  for (int64_t d = 0; d < value.dims[3]; ++d)
    if (total != 0) // a NaN total, from a NaN score, is for the reader to see
      result.output(b, h, i, d) /= total;
}

CoarseResult tessera::oracle::coarse(const Tensor &query, const Tensor &key,
                                     const Tensor &value, double scale,
                                     const Sizes &kvSizes) {
  int64_t batches = query.dims[0], heads = query.dims[1],
          queries = query.dims[2], features = query.dims[3],
          kvHeads = key.dims[1], keys = key.dims[2];
  CoarseResult result{Tensor({batches, heads, queries, keys}),
                      Tensor({batches, heads, queries, value.dims[3]})};
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t i = 0; i < queries; ++i) {
        int64_t hkv = h * kvHeads / heads;
        for (int64_t j = 0; j < keys; ++j) {
          double dot = 0;
          for (int64_t d = 0; d < features; ++d)
            dot += query(b, h, i, d) * key(b, hkv, j, d);
          result.scores(b, h, i, j) =
              kvSizes.isEmpty(b, j) ? -kInfinity : scale * dot;
        }
        attendBlocks(result, value, kvSizes, b, h, hkv, i);
      }
  return result;
}
