// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fine branch and the gates.
#include "OracleFixture.h"

#include <algorithm>

using namespace tessera::oracle;

namespace {

/// Two batches, four query heads over two key heads, 10 queries in blocks of 4,
/// 23 keys in blocks of 6.
struct Attend : testing::Test {
  Tensor query = randomTensor({2, 4, 10, 5}, 1);
  Tensor key = randomTensor({2, 2, 23, 5}, 2);
  Tensor value = randomTensor({2, 2, 23, 5}, 3);
  BlockShape block{4, 6};
  Lists dense = denseLists(2, 4, 3, 4);
};

} // namespace

/// exp(s) / sum exp(s) without a maximum, row by row over all keys; weights of
/// the keys say which take part.
static AttendResult plainSoftmax(const Tensor &query, const Tensor &key,
                                 const Tensor &value,
                                 const std::vector<double> &weights) {
  AttendResult result{Tensor(query.dims),
                      Tensor({query.dims[0], query.dims[1], query.dims[2]})};
  for (int64_t b = 0; b < query.dims[0]; ++b)
    for (int64_t h = 0; h < query.dims[1]; ++h)
      for (int64_t t = 0; t < query.dims[2]; ++t) {
        int64_t hkv = h / (query.dims[1] / key.dims[1]);
        long double total = 0;
        std::vector<long double> sums(size_t(query.dims[3]), 0);
        for (int64_t u = 0; u < key.dims[2]; ++u) {
          long double score = 0;
          for (int64_t d = 0; d < query.dims[3]; ++d)
            score += (long double)query(b, h, t, d) * key(b, hkv, u, d);
          long double p = weights[size_t(u)] * std::exp(score);
          total += p;
          for (int64_t d = 0; d < query.dims[3]; ++d)
            sums[size_t(d)] += p * value(b, hkv, u, d);
        }
        for (int64_t d = 0; d < query.dims[3]; ++d)
          result.output(b, h, t, d) = double(sums[size_t(d)] / total);
        result.lse(b, h, t) = double(std::log(total));
      }
  return result;
}

TEST_F(Attend, DenseListsGiveSoftmaxAttention) {
  AttendResult found = attend(query, key, value, dense, block, 1);
  AttendResult expected =
      plainSoftmax(query, key, value, std::vector<double>(23, 1));
  EXPECT_TRUE(isNear(found.output, expected.output));
  EXPECT_TRUE(isNear(found.lse, expected.lse));
}

TEST_F(Attend, ListsAndSizesChooseTokens) {
  for (std::vector<int32_t> &row : dense.rows)
    row = {3, 1};
  // Block 1 keeps tokens 6..8, block 3 (of 5 tokens) all, block 2 is not
  // listed.
  AttendResult found =
      attend(query, key, value, dense, block, 1, {}, {{4}, {6, 3, 6, 5}});
  std::vector<double> weights(23, 0);
  for (int u : {6, 7, 8, 18, 19, 20, 21, 22})
    weights[size_t(u)] = 1;
  AttendResult expected = plainSoftmax(query, key, value, weights);
  EXPECT_TRUE(isNear(found.output, expected.output));
  EXPECT_TRUE(isNear(found.lse, expected.lse));
}

TEST_F(Attend, OrderOfAListDoesNotMatter) {
  AttendResult ascending = attend(query, key, value, dense, block, 0.3);
  for (std::vector<int32_t> &row : dense.rows)
    std::reverse(row.begin(), row.end());
  AttendResult descending = attend(query, key, value, dense, block, 0.3);
  EXPECT_TRUE(isNear(ascending.output, descending.output));
  EXPECT_TRUE(isNear(ascending.lse, descending.lse));
}

TEST_F(Attend, PartsMergeByTheirLse) {
  Lists left = dense, right = dense;
  for (std::vector<int32_t> &row : left.rows)
    row = {0, 2};
  for (std::vector<int32_t> &row : right.rows)
    row = {1, 3};
  AttendResult whole = attend(query, key, value, dense, block, 1);
  AttendResult a = attend(query, key, value, left, block, 1);
  AttendResult b = attend(query, key, value, right, block, 1);
  for (size_t row = 0; row < whole.lse.data.size(); ++row) {
    double wa = std::exp(a.lse.data[row] - whole.lse.data[row]);
    double wb = std::exp(b.lse.data[row] - whole.lse.data[row]);
    EXPECT_NEAR(wa + wb, 1, 1e-12);
    for (size_t d = row * 5; d < row * 5 + 5; ++d)
      EXPECT_NEAR(wa * a.output.data[d] + wb * b.output.data[d],
                  whole.output.data[d], 1e-12);
  }
}

TEST_F(Attend, EmptyRowsAreZero) {
  dense.at(1, 2, 1).clear();
  AttendResult found = attend(query, key, value, dense, block, 1);
  for (int64_t t = 4; t < 8; ++t) {
    EXPECT_EQ(found.lse(1, 2, t), -kInfinity);
    EXPECT_EQ(found.output(1, 2, t, 0), 0);
  }
  EXPECT_NE(found.output(1, 2, 3, 0), 0);
  // A list of blocks without tokens is as good as none.
  AttendResult none =
      attend(query, key, value, dense, block, 1, {}, {{4}, {0, 0, 0, 0}});
  EXPECT_TRUE(isNear(none.output, Tensor(query.dims)));
  EXPECT_TRUE(isNear(none.lse, Tensor({2, 4, 10}, -kInfinity)));
}

TEST_F(Attend, PaddingQueriesAreZeroAndIgnored) {
  query(0, 0, 9, 0) = kNaN;
  query(1, 0, 5, 0) = kNaN;
  Sizes sizes{{2, 3}, {4, 4, 1, 4, 1, 2}};
  AttendResult found = attend(query, key, value, dense, block, 1, sizes);
  EXPECT_EQ(found.lse(0, 0, 9), -kInfinity);
  EXPECT_EQ(found.output(0, 0, 9, 0), 0);
  EXPECT_EQ(found.lse(1, 0, 5), -kInfinity);
  EXPECT_TRUE(std::isfinite(found.lse(0, 0, 5)));
  EXPECT_TRUE(std::isfinite(found.lse(1, 0, 9)));
}

TEST_F(Attend, LargeScoresDoNotOverflow) {
  AttendResult found = attend(query, key, value, dense, block, 1e4);
  for (double number : found.output.data)
    EXPECT_TRUE(std::isfinite(number));
}

TEST_F(Attend, OneKeyIsItsValue) {
  Tensor one = randomTensor({2, 2, 1, 5}, 4);
  AttendResult found =
      attend(query, one, one, denseLists(2, 4, 3, 1), block, 0.7);
  for (int64_t h = 0; h < 4; ++h)
    for (int64_t d = 0; d < 5; ++d)
      EXPECT_DOUBLE_EQ(found.output(1, h, 7, d), one(1, h / 2, 0, d));
}

//===----------------------------------------------------------------------===//
// Combine
//===----------------------------------------------------------------------===//

TEST(Combine, WithoutGatesAddsTheBlocksRow) {
  Tensor fine = makeTensor({1, 1, 3, 1}, {1, 2, 3});
  Tensor blocks = makeTensor({1, 1, 2, 1}, {10, 20});
  EXPECT_TRUE(isNear(combine(fine, {}, blocks, {}, 2),
                     makeTensor({1, 1, 3, 1}, {11, 12, 23})));
  EXPECT_TRUE(isNear(combine(fine, {}, {}, {}, 2), fine));
}

TEST(Combine, GatesOfEveryBroadcast) {
  std::vector<int64_t> dims = {2, 3, 4, 5};
  Tensor fine = randomTensor(dims, 1), blocks = randomTensor({2, 3, 2, 5}, 2);
  for (int mask = 0; mask < 16; ++mask) {
    std::vector<int64_t> gateDims = dims;
    for (int d = 0; d < 4; ++d)
      if (mask >> d & 1)
        gateDims[size_t(d)] = 1;
    Tensor gate = randomTensor(gateDims, 3);
    Tensor found = combine(fine, gate, blocks, gate, 2);
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t h = 0; h < 3; ++h)
        for (int64_t t = 0; t < 4; ++t)
          for (int64_t d = 0; d < 5; ++d) {
            double factor = gate(mask & 1 ? 0 : b, mask & 2 ? 0 : h,
                                 mask & 4 ? 0 : t, mask & 8 ? 0 : d);
            EXPECT_NEAR(found(b, h, t, d),
                        factor * (fine(b, h, t, d) + blocks(b, h, t / 2, d)),
                        1e-12);
          }
  }
}

TEST(Combine, PaddingRowsAreZero) {
  Tensor fine = makeTensor({1, 1, 4, 1}, {1, kNaN, 3, 4});
  Tensor blocks = makeTensor({1, 1, 2, 1}, {10, 20});
  EXPECT_TRUE(isNear(combine(fine, {}, blocks, {}, 2, {{2}, {1, 2}}),
                     makeTensor({1, 1, 4, 1}, {11, 0, 23, 24})));
}
