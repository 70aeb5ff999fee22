// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The choice of key blocks, and lists as tensors.
#include "tessera/Oracle/Oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace tessera::oracle;

/// True if score `a` of block `i` comes before score `b` of block `j`.
static bool isBetter(double a, int32_t i, double b, int32_t j) {
  if (std::isnan(a) || std::isnan(b)) {
    if (std::isnan(a) && std::isnan(b))
      return i < j;
    return std::isnan(b);
  }
  if (a != b) // -0 == +0
    return a > b;
  return i < j;
}

static std::vector<int32_t> selectRow(const Tensor &scores, int64_t b,
                                      int64_t h, int64_t i, int64_t k,
                                      const Policy &policy,
                                      const Sizes &kvSizes) {
  std::vector<int32_t> forced, rest;
  for (int32_t j = 0; j < scores.dims[3]; ++j) {
    if (kvSizes.isEmpty(b, j))
      continue;
    bool isForced = j < policy.sink || std::abs(i - j) < policy.local;
    (isForced ? forced : rest).push_back(j);
  }
  std::sort(rest.begin(), rest.end(), [&](int32_t x, int32_t y) {
    return isBetter(scores(b, h, i, x), x, scores(b, h, i, y), y);
  });
  int64_t taken = policy.beside ? k : k - int64_t(forced.size());
  taken = std::clamp<int64_t>(taken, 0, int64_t(rest.size()));
  std::vector<int32_t> list = forced;
  list.insert(list.end(), rest.begin(), rest.begin() + taken);
  std::sort(list.begin(), list.end());
  return list;
}

Lists tessera::oracle::select(const Tensor &scores, int64_t k,
                              const Policy &policy, const Sizes &kvSizes) {
  Lists lists(scores.dims[0], scores.dims[1], scores.dims[2]);
  for (int64_t b = 0; b < lists.batches; ++b)
    for (int64_t h = 0; h < lists.heads; ++h)
      for (int64_t i = 0; i < lists.blocks; ++i)
        lists.at(b, h, i) = selectRow(scores, b, h, i, k, policy, kvSizes);
  return lists;
}

ListTensors tessera::oracle::toTensors(const Lists &lists, int64_t capacity,
                                       int32_t poison) {
  ListTensors tensors;
  for (const std::vector<int32_t> &row : lists.rows) {
    assert(int64_t(row.size()) <= capacity);
    tensors.count.push_back(int32_t(row.size()));
    tensors.index.insert(tensors.index.end(), row.begin(), row.end());
    tensors.index.resize(tensors.count.size() * size_t(capacity), poison);
  }
  return tensors;
}

Lists tessera::oracle::fromTensors(const ListTensors &tensors, int64_t batches,
                                   int64_t heads, int64_t blocks,
                                   int64_t capacity) {
  Lists lists(batches, heads, blocks);
  for (size_t row = 0; row < lists.rows.size(); ++row) {
    auto first = tensors.index.begin() + int64_t(row) * capacity;
    lists.rows[row].assign(first, first + tensors.count[row]);
  }
  return lists;
}
