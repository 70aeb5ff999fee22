// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The whole operation, by identities that hold between its parts.
#include "OracleFixture.h"

using namespace tessera::oracle;

namespace {

struct Attention : testing::Test {
  AttentionInputs in;
  Attention() {
    in.query = randomTensor({2, 4, 20, 6}, 1);
    in.key = randomTensor({2, 2, 33, 6}, 2);
    in.value = randomTensor({2, 2, 33, 6}, 3);
    in.block = {8, 4};
  }
};

} // namespace

TEST_F(Attention, AllBlocksWithoutCoarseIsDense) {
  in.k = 9;
  in.withCoarse = false;
  AttentionResult result = attention(in);
  AttendResult dense =
      attend(in.query, in.key, in.value, denseLists(2, 4, 3, 9), in.block,
             1 / std::sqrt(6.0));
  EXPECT_TRUE(isNear(result.output, dense.output));
  EXPECT_TRUE(isNear(result.lse, dense.lse));
}

TEST_F(Attention, NoBlocksIsTheCoarseBranch) {
  AttentionResult result = attention(in);
  EXPECT_TRUE(isNear(result.lse, Tensor({2, 4, 20}, -kInfinity)));
  for (int64_t t = 0; t < 20; ++t)
    EXPECT_EQ(result.output(1, 3, t, 2), result.coarse(1, 3, t / 8, 2));
}

TEST_F(Attention, GatesOfZeroLeaveOneBranch) {
  in.k = 3;
  AttentionResult both = attention(in);
  in.fineGate = Tensor({1, 1, 1, 1}, 0);
  AttentionResult coarseOnly = attention(in);
  in.fineGate.reset();
  in.coarseGate = Tensor({1, 1, 1, 1}, 0);
  AttentionResult fineOnly = attention(in);
  Tensor sum = coarseOnly.output;
  for (size_t i = 0; i < sum.data.size(); ++i)
    sum.data[i] += fineOnly.output.data[i];
  EXPECT_TRUE(isNear(sum, both.output));
}

TEST_F(Attention, ScaleIsAFactorOfTheQuery) {
  in.k = 4;
  in.scale = 0.5;
  AttentionResult scaled = attention(in);
  for (double &number : in.query.data)
    number *= 0.5;
  in.scale = 1;
  AttentionResult plain = attention(in);
  EXPECT_TRUE(isNear(scaled.output, plain.output));
  EXPECT_TRUE(isNear(scaled.lse, plain.lse));
  EXPECT_EQ(scaled.lists.rows, plain.lists.rows);
}

TEST_F(Attention, GivenListsReplaceTheSelection) {
  in.k = 2;
  in.policy.sink = 1;
  AttentionResult chosen = attention(in);
  in.k = 0;
  in.lists = chosen.lists;
  AttentionResult given = attention(in);
  EXPECT_TRUE(isNear(chosen.output, given.output, 0));
  EXPECT_TRUE(isNear(chosen.lse, given.lse, 0));
}

TEST_F(Attention, UniformKeysGiveMeans) {
  // Every token weighs the same, so both branches are means of values.
  std::fill(in.key.data.begin(), in.key.data.end(), 0.5);
  std::fill(in.value.data.begin(), in.value.data.end(), 3.0);
  in.k = 2;
  in.qSizes = {{3}, {8, 8, 4}};
  AttentionResult result = attention(in);
  EXPECT_TRUE(isNear(result.output, Tensor({2, 4, 20, 6}, 6)));
  EXPECT_EQ(result.lists.at(0, 0, 0), (std::vector<int32_t>{0, 1}));
}

TEST_F(Attention, ScoresTieAsFloats) {
  // The pooled scores differ by less than a float can tell.
  in.query = Tensor({1, 1, 1, 1}, 1);
  in.key = makeTensor({1, 1, 2, 1}, {1, 1 + 1e-12});
  in.value = Tensor({1, 1, 2, 1}, 1);
  in.block = {1, 1};
  in.k = 1;
  EXPECT_EQ(attention(in).lists.at(0, 0, 0), std::vector<int32_t>{0});
}

TEST_F(Attention, PaddingAgreesWithPackedSequences) {
  // The valid tokens of padded blocks, given as a sequence of short blocks
  // that are all full, see the same thing.
  in.query = randomTensor({1, 1, 8, 6}, 4);
  in.key = randomTensor({1, 1, 8, 6}, 5);
  in.value = randomTensor({1, 1, 8, 6}, 6);
  in.block = {4, 4};
  in.k = 1;
  in.qSizes = in.kvSizes = {{2}, {2, 2}};
  AttentionResult padded = attention(in);
  AttentionInputs packed = in;
  packed.block = {2, 2};
  packed.qSizes = packed.kvSizes = {};
  for (Tensor *tensor : {&packed.query, &packed.key, &packed.value}) {
    Tensor shorter({1, 1, 4, 6});
    for (int64_t t = 0; t < 4; ++t)
      for (int64_t d = 0; d < 6; ++d)
        shorter(0, 0, t, d) = (*tensor)(0, 0, t / 2 * 4 + t % 2, d);
    *tensor = shorter;
  }
  AttentionResult full = attention(packed);
  for (int64_t t = 0; t < 4; ++t)
    for (int64_t d = 0; d < 6; ++d)
      EXPECT_NEAR(padded.output(0, 0, t / 2 * 4 + t % 2, d),
                  full.output(0, 0, t, d), 1e-12);
  EXPECT_EQ(padded.output(0, 0, 3, 0), 0);
}
