// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The choice of blocks: the order of scores, forced blocks, empty blocks, k.
#include "OracleFixture.h"

#include <algorithm>

using namespace tessera::oracle;
using List = std::vector<int32_t>;

/// The list of query block 0 (or `i`) over one row of scores.
static List selectOne(const std::vector<double> &scores, int64_t k,
                      Policy policy = {}, const List &sizes = {},
                      int64_t i = 0) {
  int64_t blocks = int64_t(scores.size());
  Tensor tensor({1, 1, i + 1, blocks});
  std::copy(scores.begin(), scores.end(), tensor.data.end() - blocks);
  Sizes kvSizes;
  if (!sizes.empty())
    kvSizes = {{blocks}, sizes};
  return select(tensor, k, policy, kvSizes).at(0, 0, i);
}

TEST(Select, KeepsTheBestInAscendingOrder) {
  EXPECT_EQ(selectOne({1, 5, 3, 4, 2}, 3), (List{1, 2, 3}));
  EXPECT_EQ(selectOne({1, 5, 3, 4, 2}, 0), List{});
  EXPECT_EQ(selectOne({1, 5, 3, 4, 2}, 5), (List{0, 1, 2, 3, 4}));
  EXPECT_EQ(selectOne({1, 5, 3, 4, 2}, 99), (List{0, 1, 2, 3, 4}));
  EXPECT_EQ(selectOne({}, 3), List{});
}

TEST(Select, OrdersScores) {
  EXPECT_EQ(selectOne({2, 2, 2, 2}, 2), (List{0, 1}));
  EXPECT_EQ(selectOne({-0.0, 0.0, -0.0}, 1), List{0});
  EXPECT_EQ(selectOne({0.0, -0.0}, 1), List{0});
  EXPECT_EQ(selectOne({kNaN, -kInfinity, -1}, 1), List{2});
  EXPECT_EQ(selectOne({kNaN, -kInfinity, -1}, 2), (List{1, 2}));
  EXPECT_EQ(selectOne({kNaN, kNaN, kNaN}, 2), (List{0, 1}));
  EXPECT_EQ(selectOne({-kNaN, 1, kInfinity}, 1), List{2});
}

TEST(Select, NeverKeepsEmptyBlocks) {
  EXPECT_EQ(selectOne({9, 8, 7, 6}, 2, {}, {0, 1, 0, 64}), (List{1, 3}));
  EXPECT_EQ(selectOne({9, 8, 7, 6}, 4, {}, {0, 1, 0, 64}), (List{1, 3}));
  EXPECT_EQ(selectOne({9, 8}, 2, {}, {0, 0}), List{});
  Policy sink{.sink = 2, .local = 1};
  EXPECT_EQ(selectOne({9, 8, 7}, 2, sink, {0, 1, 1}), (List{1, 2}));
}

TEST(Select, ForcesTheFirstBlocks) {
  Policy policy{.sink = 2};
  EXPECT_EQ(selectOne({0, 0, 1, 9, 5}, 3, policy), (List{0, 1, 3}));
  EXPECT_EQ(selectOne({0, 0, 1, 9, 5}, 2, policy), (List{0, 1}));
  // Whole, even where k is smaller.
  EXPECT_EQ(selectOne({0, 0, 1, 9, 5}, 0, policy), (List{0, 1}));
  policy.beside = true;
  EXPECT_EQ(selectOne({0, 0, 1, 9, 5}, 2, policy), (List{0, 1, 3, 4}));
  EXPECT_EQ(selectOne({0, 0, 1, 9, 5}, 0, policy), (List{0, 1}));
  EXPECT_EQ(selectOne({0, 0, 1}, 3, policy), (List{0, 1, 2}));
}

TEST(Select, ForcesNeighbours) {
  std::vector<double> scores = {9, 8, 7, 6, 5, 4};
  EXPECT_EQ(selectOne(scores, 0, {.local = 1}, {}, 3), List{3});
  EXPECT_EQ(selectOne(scores, 4, {.local = 2}, {}, 3), (List{0, 2, 3, 4}));
  EXPECT_EQ(selectOne(scores, 0, {.local = 3}, {}, 0), (List{0, 1, 2}));
  EXPECT_EQ(
      selectOne(scores, 1, {.sink = 1, .local = 1, .beside = true}, {}, 5),
      (List{0, 1, 5}));
  EXPECT_EQ(
      selectOne(scores, 1, {.sink = 2, .local = 2, .beside = true}, {}, 0),
      (List{0, 1, 2}));
}

TEST(Select, SizesOfEachBatch) {
  Tensor scores({2, 1, 1, 3});
  Lists lists = select(scores, 1, {}, {{2, 3}, {0, 1, 1, 1, 1, 1}});
  EXPECT_EQ(lists.at(0, 0, 0), List{1});
  EXPECT_EQ(lists.at(1, 0, 0), List{0});
}

TEST(Select, MeetsItsDefinition) {
  // Counting, instead of sorting: a block is kept if it is forced, or fewer
  // than its share of the others are better.
  Random random(7);
  for (int round = 0; round < 500; ++round) {
    int64_t blocks = random.integer(1, 12), i = random.integer(0, 11);
    Policy policy{random.integer(0, 3), random.integer(0, 3), random.oneIn(2)};
    int64_t k = random.integer(0, 14);
    std::vector<double> scores;
    std::vector<int32_t> sizes;
    for (int64_t j = 0; j < blocks; ++j) {
      scores.push_back(double(random.integer(-2, 2)));
      sizes.push_back(int32_t(random.integer(0, 3)));
    }
    auto forced = [&](int64_t j) {
      return j < policy.sink || (i - j < policy.local && j - i < policy.local);
    };
    int64_t room = k;
    for (int64_t j = 0; j < blocks; ++j)
      if (!policy.beside && forced(j) && sizes[size_t(j)] > 0)
        --room;
    List expected;
    for (int64_t j = 0; j < blocks; ++j) {
      int64_t better = 0;
      for (int64_t other = 0; other < blocks; ++other)
        if (sizes[size_t(other)] > 0 && !forced(other))
          better += scores[size_t(other)] > scores[size_t(j)] ||
                    (scores[size_t(other)] == scores[size_t(j)] && other < j);
      if (sizes[size_t(j)] > 0 && (forced(j) || better < room))
        expected.push_back(int32_t(j));
    }
    EXPECT_EQ(selectOne(scores, k, policy, sizes, i), expected);
  }
}

TEST(Lists, AsTensorsAndBack) {
  Lists lists(1, 2, 2);
  lists.rows = {{3, 1}, {}, {0, 1, 2}, {7}};
  ListTensors tensors = toTensors(lists, 3, -9);
  EXPECT_EQ(tensors.count, (List{2, 0, 3, 1}));
  EXPECT_EQ(tensors.index, (List{3, 1, -9, -9, -9, -9, 0, 1, 2, 7, -9, -9}));
  EXPECT_EQ(fromTensors(tensors, 1, 2, 2, 3).rows, lists.rows);
}
