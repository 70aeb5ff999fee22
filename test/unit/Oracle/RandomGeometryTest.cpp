// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random calls: the same from the same seed, valid, and reaching the edges.
#include "tessera/Oracle/RandomGeometry.h"

#include "OracleFixture.h"

#include <algorithm>
#include <set>

using namespace tessera::oracle;

static StaticConfig wideConfig() {
  StaticConfig config;
  config.element = Element::BF16;
  config.headDim = 8;
  config.block = {8, 16};
  config.capacity = 5;
  config.fineGate = StaticConfig::Gate::Full;
  config.coarseGate = StaticConfig::Gate::Row;
  config.sizesRank = 2;
  config.scale = true;
  return config;
}

TEST(Random, IsTheSameEverywhere) {
  // The published sequence of splitmix64 from seed 0.
  Random random(0);
  EXPECT_EQ(random.bits(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(random.bits(), 0x6e789e6aa1b965f4u);
}

TEST(RandomGeometry, ReplaysFromItsSeed) {
  for (uint64_t seed : {0ull, 1ull, 0xdeadbeefcafef00dull}) {
    Geometry first = drawGeometry(seed, wideConfig());
    Geometry second = drawGeometry(seed, wideConfig());
    EXPECT_EQ(first.describe(), second.describe());
    EXPECT_EQ(first.lists.rows, second.lists.rows);
    Tensor a = drawInputs(first).key, b = drawInputs(second).key;
    EXPECT_EQ(a.data, b.data);
  }
}

TEST(RandomGeometry, DescribesItselfInOneLine) {
  std::string text = drawGeometry(0x2a, wideConfig()).describe();
  EXPECT_EQ(text.rfind("seed=0x000000000000002a bf16 B=", 0), 0u) << text;
  EXPECT_EQ(text.find('\n'), text.npos);
}

/// The contract's conditions on sizes.
static void expectValidSizes(const Sizes &sizes, const Geometry &g,
                             int64_t rows, int64_t block) {
  ASSERT_EQ(sizes.dims,
            (std::vector<int64_t>{g.batch, blockCount(rows, block)}));
  for (int64_t b = 0; b < g.batch; ++b)
    for (int64_t i = 0; i < sizes.dims[1]; ++i) {
      EXPECT_GE(sizes.at(b, i), 0);
      EXPECT_LE(sizes.at(b, i), std::min(block, rows - i * block));
    }
}

TEST(RandomGeometry, IsValid) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Geometry g = drawGeometry(seed, wideConfig());
    SCOPED_TRACE(g.describe());
    expectValidSizes(g.qSizes, g, g.queries, 8);
    expectValidSizes(g.kvSizes, g, g.keys, 16);
    EXPECT_GE(g.topk, 0);
    EXPECT_LE(g.topk, 5);
    EXPECT_EQ(g.coarseGate[3], 1);
    int64_t keyBlocks = blockCount(g.keys, 16);
    for (const std::vector<int32_t> &row : g.lists.rows) {
      EXPECT_LE(row.size(), 5u);
      EXPECT_EQ(std::set<int32_t>(row.begin(), row.end()).size(), row.size());
      for (int32_t id : row)
        EXPECT_TRUE(id >= 0 && id < keyBlocks);
    }
  }
}

TEST(RandomGeometry, ReachesTheEdges) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Geometry g = drawGeometry(seed, wideConfig());
    int64_t keyBlocks = blockCount(g.keys, 16);
    auto note = [&](bool holds, const char *what) {
      if (holds)
        seen.insert(what);
    };
    note(g.batch == 3, "batch");
    note(g.group > 1 && g.kvHeads > 1, "groups");
    note(g.queries == 1, "one query");
    note(g.keys == 1, "one key");
    note(g.queries % 8 == 0, "whole query blocks");
    note(g.keys % 16 != 0, "a short key block");
    note(g.topk == 0, "k = 0");
    note(g.topk > keyBlocks, "k beyond the blocks");
    note(g.topk > 0 && g.topk < keyBlocks, "k between");
    note(g.fineGate[0] == 1 && g.batch > 1, "gate for all batches");
    note(g.fineGate[2] > 1, "gate for each row");
    for (int32_t size : g.kvSizes.values)
      note(size == 0, "an empty key block");
    for (int32_t size : g.qSizes.values)
      note(size == 0, "an empty query block");
    for (const std::vector<int32_t> &row : g.lists.rows) {
      note(row.empty(), "an empty list");
      note(row.size() == 5, "a full list");
      note(!std::is_sorted(row.begin(), row.end()), "a list out of order");
    }
  }
  EXPECT_EQ(seen.size(), 16u) << testing::PrintToString(seen);
}

TEST(RandomGeometry, LocalBlocksShareTheNumbering) {
  StaticConfig config;
  config.policy = {1, 2, true};
  config.sizesRank = 1;
  config.ascending = true;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Geometry g = drawGeometry(seed, config);
    EXPECT_EQ(g.queries, g.keys);
    EXPECT_EQ(g.qSizes.values, g.kvSizes.values);
    EXPECT_LE(g.topk, 8 - 1 - 3);
    for (const std::vector<int32_t> &row : g.lists.rows)
      EXPECT_TRUE(std::is_sorted(row.begin(), row.end()));
  }
}

TEST(RandomGeometry, ResultsNeverDependOnPadding) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Geometry g = drawGeometry(seed, wideConfig());
    SCOPED_TRACE(g.describe());
    AttentionInputs in = drawInputs(g);
    AttentionResult chosen = attention(in);
    in.lists = g.lists;
    AttentionResult given = attention(in);
    for (const Tensor *tensor : {&chosen.output, &chosen.coarse, &given.output})
      for (double number : tensor->data)
        ASSERT_LT(std::fabs(number), 1000) << "padding was read";
    for (double lse : chosen.lse.data)
      ASSERT_FALSE(std::isnan(lse));
    for (const std::vector<int32_t> &row : chosen.lists.rows)
      EXPECT_LE(int64_t(row.size()), g.config.capacity);
  }
}

TEST(RandomGeometry, InputsAreOfTheElementType) {
  Geometry g = drawGeometry(3, wideConfig());
  for (double number : drawInputs(g).value.data)
    EXPECT_EQ(roundTo(Element::BF16, number), number);
}

TEST(RandomGeometry, PoisonsPadding) {
  Geometry g = drawGeometry(4, wideConfig());
  AttentionInputs in = drawInputs(g);
  for (int64_t b = 0; b < g.batch; ++b) {
    for (int64_t t = 0; t < g.queries; ++t) {
      bool valid = t % 8 < g.qSizes.at(b, t / 8);
      EXPECT_EQ(std::isnan(in.query(b, 0, t, 7)), !valid);
    }
    for (int64_t u = 0; u < g.keys; ++u) {
      bool valid = u % 16 < g.kvSizes.at(b, u / 16);
      EXPECT_EQ(in.key(b, 0, u, 7) > 50000, !valid);
      EXPECT_EQ(in.value(b, 0, u, 7) > 50000, !valid);
    }
  }
}
