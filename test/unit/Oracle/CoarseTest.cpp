// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pooling and the coarse branch.
#include "OracleFixture.h"

using namespace tessera::oracle;

TEST(Pool, MeansOfValidTokens) {
  Tensor input = makeTensor({1, 1, 5, 1}, {1, 3, 10, 20, 7});
  EXPECT_TRUE(isNear(pool(input, 2), makeTensor({1, 1, 3, 1}, {2, 15, 7})));
  EXPECT_TRUE(isNear(pool(input, 2, {{3}, {1, 2, 0}}),
                     makeTensor({1, 1, 3, 1}, {1, 15, 0})));
}

TEST(Pool, SizesOfEachBatch) {
  Tensor input = makeTensor({2, 1, 2, 1}, {1, 3, 1, 3});
  EXPECT_TRUE(isNear(pool(input, 2, {{2, 1}, {1, 2}}),
                     makeTensor({2, 1, 1, 1}, {1, 2})));
}

TEST(Pool, ReadsNoPadding) {
  Tensor input = makeTensor({1, 1, 2, 1}, {5, kNaN});
  EXPECT_TRUE(
      isNear(pool(input, 2, {{1}, {1}}), makeTensor({1, 1, 1, 1}, {5})));
}

TEST(Pool, OfOneValueIsThatValue) {
  Tensor input({2, 3, 100, 4}, 2.5);
  EXPECT_TRUE(isNear(pool(input, 16), Tensor({2, 3, 7, 4}, 2.5)));
}

TEST(Coarse, ScoresAreScaledProducts) {
  Tensor query = makeTensor({1, 1, 1, 2}, {1, 2});
  Tensor key = makeTensor({1, 1, 2, 2}, {3, 4, 5, -6});
  CoarseResult result = coarse(query, key, key, 0.5);
  EXPECT_TRUE(isNear(result.scores, makeTensor({1, 1, 1, 2}, {5.5, -3.5})));
}

TEST(Coarse, EqualScoresGiveTheMean) {
  Tensor query = randomTensor({1, 2, 3, 4}, 1);
  Tensor key({1, 2, 5, 4}, 0.25);
  Tensor value = randomTensor({1, 2, 5, 4}, 2);
  EXPECT_TRUE(
      isNear(pool(value, 5), pool(coarse(query, key, value, 1).output, 3)));
}

TEST(Coarse, LeavesEmptyBlocksOut) {
  Tensor query = randomTensor({1, 1, 2, 4}, 1);
  Tensor key = randomTensor({1, 1, 3, 4}, 2);
  Tensor value = randomTensor({1, 1, 3, 4}, 3);
  CoarseResult result = coarse(query, key, value, 1, {{3}, {4, 0, 4}});
  EXPECT_EQ(result.scores(0, 0, 0, 1), -kInfinity);
  EXPECT_EQ(result.scores(0, 0, 1, 1), -kInfinity);
  // The same as without that block.
  auto without = [](const Tensor &x) {
    Tensor result({1, 1, 2, 4});
    for (int64_t d = 0; d < 4; ++d) {
      result(0, 0, 0, d) = x(0, 0, 0, d);
      result(0, 0, 1, d) = x(0, 0, 2, d);
    }
    return result;
  };
  EXPECT_TRUE(isNear(result.output,
                     coarse(query, without(key), without(value), 1).output));
}

TEST(Coarse, NoBlockGivesZero) {
  Tensor query = randomTensor({1, 1, 2, 4}, 1);
  Tensor key = randomTensor({1, 1, 3, 4}, 2);
  EXPECT_TRUE(isNear(coarse(query, key, key, 1, {{3}, {0, 0, 0}}).output,
                     Tensor({1, 1, 2, 4})));
}

TEST(Coarse, HeadsShareKeys) {
  Tensor query = randomTensor({1, 4, 1, 3}, 1);
  Tensor key = randomTensor({1, 2, 1, 3}, 2);
  CoarseResult result = coarse(query, key, key, 1);
  for (int64_t h = 0; h < 4; ++h)
    for (int64_t d = 0; d < 3; ++d)
      EXPECT_DOUBLE_EQ(result.output(0, h, 0, d), key(0, h / 2, 0, d));
}
