// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shapes of models, against figures that were worked out by hand, and shapes in
// text.
#include "Models.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>
#include <numeric>
#include <set>

using namespace tessera::bench;
using Numbers = std::set<int32_t>;

static Problem problemFor(const char *name, int64_t block = 64) {
  return cantFail(problemOf(name, block, block));
}

TEST(Models, HaveBlocksAsTheirGridsMakeThem) {
  const struct {
    const char *name;
    int64_t blocks, partial, topk, tokens;
    Numbers partialSizes;
  } rows[] = {
      {"vsa-120m", 256, 0, 32, 16384, {}},
      {"wan-1.3b-448p", 364, 0, 37, 23296, {}},
      {"wan-1.3b-480p", 624, 169, 125, 32760, {8, 16, 32}},
      {"wan-14b-720p", 1440, 340, 144, 75600, {4, 16}},
      {"wan2.2-5b-704p", 480, 130, 96, 27280, {24, 32, 48}},
      {"hunyuan-1.5-480p", 896, 259, 90, 49290, {6, 8, 12, 16, 24, 32, 48}},
      // 226 tokens of text make 3 whole blocks and one of 34.
      {"cogvideox-2b", 388, 154, 39, 17776, {2, 4, 8, 16, 32, 34}},
      {"hunyuan-720p", 2164, 400, 216, 119056, {4, 16}},
  };
  for (const auto &row : rows) {
    Problem problem = problemFor(row.name);
    EXPECT_EQ(problem.queryBlocks(), row.blocks) << row.name;
    EXPECT_EQ(problem.topk, row.topk) << row.name;
    EXPECT_EQ(problem.queryLength, row.blocks * 64) << row.name;
    int64_t partial = 0, tokens = 0;
    Numbers sizes;
    for (int64_t block = 0; block < problem.queryBlocks(); ++block) {
      int64_t size = problem.validQueries(block);
      tokens += size;
      if (size == 64)
        continue;
      ++partial;
      sizes.insert(int32_t(size));
    }
    EXPECT_EQ(partial, row.partial) << row.name;
    EXPECT_EQ(tokens, row.tokens) << row.name;
    EXPECT_EQ(sizes, row.partialSizes) << row.name;
  }
}

TEST(Models, PutTextFirstAndCountWidthFastest) {
  Problem problem = problemFor("cogvideox-5b");
  std::vector<int32_t> start(problem.querySizes.begin(),
                             problem.querySizes.begin() + 4);
  EXPECT_EQ(start, (std::vector<int32_t>{64, 64, 64, 34}));
  // 45 wide: eleven whole cubes and one of 4x4x1.
  EXPECT_EQ(problem.querySizes[4 + 10], 64);
  EXPECT_EQ(problem.querySizes[4 + 11], 16);
  EXPECT_EQ(problem.querySizes[4 + 12], 64);
  // 13 frames and 30 rows: the last cube is 1x2x1.
  EXPECT_EQ(problem.querySizes.back(), 2);
}

TEST(Models, HaveLargerCubes) {
  Problem problem = problemFor("wan-1.3b-480p", 128); // 6 x 4 x 13
  EXPECT_EQ(problem.queryBlocks(), 312);
  EXPECT_EQ(llvm::count_if(problem.querySizes,
                           [](int32_t size) { return size < 128; }),
            117);
  EXPECT_EQ(
      std::accumulate(problem.querySizes.begin(), problem.querySizes.end(), 0),
      32760);
}

TEST(Models, AreTaggedByName) {
  EXPECT_EQ(problemFor("wan-14b-720p").tag(),
            "1x40x92160x128x144/b64@wan-14b-720p");
}

TEST(Models, RefuseOtherNamesAndBlocks) {
  std::string unknown = toString(problemOf("wan", 64, 64).takeError());
  EXPECT_NE(unknown.find("there is no 'wan'; there are vsa-120m, wan"),
            std::string::npos)
      << unknown;
  EXPECT_EQ(toString(problemOf("vsa-120m", 64, 128).takeError()),
            "--model: 'vsa-120m' has cubes of 64 (4x4x4) or 128 tokens "
            "(4x8x4); use --block 64 or --block 128");
}

TEST(Shapes, ParseAndPrint) {
  Problem problem = cantFail(parseShape("2x12x49152x128x76"));
  EXPECT_EQ(problem.batch, 2);
  EXPECT_EQ(problem.tiles(), 2 * 12 * 768);
  EXPECT_EQ(problem.tag(), "2x12x49152x128x76/b64");
  problem.keyBlock = 128;
  problem.keyHeads = 4;
  problem.keyLength = 1000;
  EXPECT_EQ(problem.tag(), "2x12x49152x128x76/b64x128+kv4+kvlen1000");
  EXPECT_EQ(problem.validKeys(7), 1000 - 7 * 128);
  for (const char *text : {"", "1x2x3x4", "1x2x3x4x5x6", "1x2x3x4x0",
                           "1x2x-3x4x5", "axbxcxdxe", "1x2x3x4x99999999999"})
    EXPECT_FALSE(bool(parseShape(text))) << text;
}

TEST(Shapes, AreChecked) {
  Problem problem = cantFail(parseShape("1x6x1024x64x17"));
  EXPECT_EQ(toString(checkProblem(problem)),
            "lists of 17 blocks, but 1024 tokens make 16 blocks of 64; use "
            "fewer (a shape's last number counts blocks of --block)");
  problem.topk = 16;
  EXPECT_FALSE(bool(checkProblem(problem)));
  problem.keyHeads = 4;
  EXPECT_EQ(toString(checkProblem(problem)),
            "6 heads cannot share 4 key/value heads evenly; use a number that "
            "divides 6");
}
