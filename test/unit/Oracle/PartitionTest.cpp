// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Block order and back.
#include "OracleFixture.h"

#include <algorithm>

using namespace tessera::oracle;

/// Tokens numbered from 1, so that padding shows.
static Tensor numbered(int64_t tokens) {
  Tensor tensor({1, 1, tokens, 1});
  std::iota(tensor.data.begin(), tensor.data.end(), 1);
  return tensor;
}

TEST(Partition, OneFrame) {
  // 1 2 3      cubes of 1x2x2: {1 2 4 5} {3 6}
  // 4 5 6                      {7 8} {9}
  // 7 8 9
  PartitionResult result = partition(numbered(9), {1, 3, 3, 1, 2, 2});
  EXPECT_EQ(result.output.data, (std::vector<double>{1, 2, 4, 5, 3, 6, 0, 0, 7,
                                                     8, 0, 0, 9, 0, 0, 0}));
  EXPECT_EQ(result.sizes.dims, std::vector<int64_t>{4});
  EXPECT_EQ(result.sizes.values, (std::vector<int32_t>{4, 2, 2, 1}));
}

TEST(Partition, TimeIsSlowestInsideACube) {
  PartitionResult result = partition(numbered(8), {2, 1, 4, 2, 1, 2});
  EXPECT_EQ(result.output.data, (std::vector<double>{1, 2, 5, 6, 3, 4, 7, 8}));
}

TEST(Partition, TextBeforeTheVideo) {
  Grid grid{1, 2, 2, 1, 2, 2, 5, true};
  PartitionResult result = partition(numbered(9), grid);
  EXPECT_EQ(result.output.data,
            (std::vector<double>{1, 2, 3, 4, 5, 0, 0, 0, 6, 7, 8, 9}));
  EXPECT_EQ(result.sizes.values, (std::vector<int32_t>{4, 1, 4}));
}

TEST(Partition, TextAfterTheVideo) {
  Grid grid{1, 2, 2, 1, 2, 2, 5, false};
  PartitionResult result = partition(numbered(9), grid);
  EXPECT_EQ(result.output.data,
            (std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0}));
  EXPECT_EQ(result.sizes.values, (std::vector<int32_t>{4, 4, 1}));
}

TEST(Partition, RoundTrip) {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    Grid grid{random.integer(1, 6), random.integer(1, 6), random.integer(1, 6),
              random.integer(1, 4), random.integer(1, 4), random.integer(1, 4),
              random.integer(0, 9), random.oneIn(2)};
    Tensor input = randomTensor({2, 2, grid.tokens(), 3}, uint64_t(round));
    PartitionResult blocks = partition(input, grid);
    EXPECT_TRUE(isNear(unpartition(blocks.output, grid), input, 0));
    int64_t valid = std::accumulate(blocks.sizes.values.begin(),
                                    blocks.sizes.values.end(), int64_t(0));
    EXPECT_EQ(valid, grid.tokens());
    EXPECT_EQ(blocks.output.dims[2], blocks.sizes.dims[0] * grid.volume());
    // Numbers from 1 and zeros behind the valid tokens: nothing is lost.
    Tensor order = partition(numbered(grid.tokens()), grid).output;
    int64_t zeros = std::count(order.data.begin(), order.data.end(), 0.0);
    EXPECT_EQ(zeros, order.dims[2] - grid.tokens());
  }
}

TEST(Partition, EachTokenLiesInItsCube) {
  Grid grid{5, 7, 9, 2, 3, 4};
  Tensor order = partition(numbered(grid.tokens()), grid).output;
  int64_t cubesHigh = 3, cubesWide = 3;
  for (int64_t row = 0; row < order.dims[2]; ++row) {
    int64_t token = int64_t(order(0, 0, row, 0)) - 1;
    if (token < 0)
      continue;
    int64_t t = token / 63, h = token / 9 % 7, w = token % 9;
    EXPECT_EQ(row / grid.volume(),
              (t / 2 * cubesHigh + h / 3) * cubesWide + w / 4);
  }
}
