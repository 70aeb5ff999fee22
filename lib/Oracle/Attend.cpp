// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fine branch: attention over listed blocks, and the sum of both branches.
#include "tessera/Oracle/Oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace tessera::oracle;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The valid tokens of the blocks in a list.
static std::vector<int64_t> listedTokens(const std::vector<int32_t> &list,
                                         const Sizes &kvSizes, int64_t batch,
                                         int64_t block, int64_t rows) {
  std::vector<int64_t> tokens;
  for (int32_t j : list)
    for (int64_t t = 0; t < validRows(kvSizes, batch, j, block, rows); ++t)
      tokens.push_back(j * block + t);
  return tokens;
}

/// Attention of query row `t` over `tokens`.
static void attendRow(AttendResult &result, const Tensor &query,
                      const Tensor &key, const Tensor &value,
                      const std::vector<int64_t> &tokens, double scale,
                      int64_t b, int64_t h, int64_t t) {
  if (tokens.empty())
    return;
  int64_t hkv = h * key.dims[1] / query.dims[1];
  std::vector<double> scores;
  for (int64_t u : tokens) {
    double dot = 0;
    for (int64_t d = 0; d < query.dims[3]; ++d)
      dot += query(b, h, t, d) * key(b, hkv, u, d);
    scores.push_back(scale * dot);
  }
  double top = *std::max_element(scores.begin(), scores.end());
  double total = 0;
  for (double score : scores)
    total += std::exp(score - top);
  result.lse(b, h, t) = top + std::log(total);
  for (int64_t d = 0; d < value.dims[3]; ++d) {
    double sum = 0;
    for (size_t n = 0; n < tokens.size(); ++n)
      sum += std::exp(scores[n] - top) * value(b, hkv, tokens[n], d);
    result.output(b, h, t, d) = sum / total;
  }
}

AttendResult tessera::oracle::attend(const Tensor &query, const Tensor &key,
                                     const Tensor &value, const Lists &lists,
                                     BlockShape block, double scale,
                                     const Sizes &qSizes,
                                     const Sizes &kvSizes) {
  int64_t batches = query.dims[0], heads = query.dims[1], rows = query.dims[2];
  AttendResult result{Tensor({batches, heads, rows, value.dims[3]}),
                      Tensor({batches, heads, rows}, -kInfinity)};
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t i = 0; i < blockCount(rows, block.query); ++i) {
        std::vector<int64_t> tokens =
            listedTokens(lists.at(b, h, i), kvSizes, b, block.key, key.dims[2]);
        int64_t valid = validRows(qSizes, b, i, block.query, rows);
        for (int64_t t = 0; t < valid; ++t)
          attendRow(result, query, key, value, tokens, scale, b, h,
                    i * block.query + t);
      }
  return result;
}

/// A gate at a position: dimensions of 1 count for all; an absent gate is 1.
static double gateAt(const std::optional<Tensor> &gate, int64_t b, int64_t h,
                     int64_t t, int64_t d) {
  if (!gate)
    return 1;
  const std::vector<int64_t> &dims = gate->dims;
  return (*gate)(dims[0] == 1 ? 0 : b, dims[1] == 1 ? 0 : h,
                 dims[2] == 1 ? 0 : t, dims[3] == 1 ? 0 : d);
}

Tensor tessera::oracle::combine(const Tensor &fine,
                                const std::optional<Tensor> &fineGate,
                                const std::optional<Tensor> &coarse,
                                const std::optional<Tensor> &coarseGate,
                                int64_t qBlock, const Sizes &qSizes) {
  int64_t batches = fine.dims[0], heads = fine.dims[1], rows = fine.dims[2];
  Tensor result(fine.dims);
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t t = 0; t < rows; ++t) {
        int64_t i = t / qBlock;
        if (t - i * qBlock >= validRows(qSizes, b, i, qBlock, rows))
          continue;
        for (int64_t d = 0; d < fine.dims[3]; ++d) {
          double sum = gateAt(fineGate, b, h, t, d) * fine(b, h, t, d);
          if (coarse)
            sum += gateAt(coarseGate, b, h, t, d) * (*coarse)(b, h, i, d);
          result(b, h, t, d) = sum;
        }
      }
  return result;
}
