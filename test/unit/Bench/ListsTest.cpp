// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists are what their kind says, and always lists of distinct blocks.
#include "Lists.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <gtest/gtest.h>
#include <set>

using namespace tessera::bench;

namespace {

/// 2 batch entries, 3 heads, 30 query blocks, 40 key blocks, lists of 10.
Problem makeProblem() {
  Problem problem;
  problem.batch = 2;
  problem.heads = problem.keyHeads = 3;
  problem.queryLength = 30 * 64;
  problem.keyLength = 40 * 64;
  problem.headDim = 64;
  problem.topk = 10;
  return problem;
}

ListOptions optionsOf(const char *kind) {
  ListOptions options;
  options.kind = cantFail(parseListKind(kind));
  options.seed = 7;
  return options;
}

std::vector<int32_t> listOf(const Problem &problem, const BlockLists &lists,
                            int64_t tile) {
  auto begin = lists.index.begin() + tile * problem.topk;
  return {begin, begin + lists.count[tile]};
}

/// Blocks that all the lists of `tiles` have.
size_t countShared(const Problem &problem, const BlockLists &lists,
                   std::initializer_list<int64_t> tiles) {
  std::map<int32_t, size_t> seen;
  for (int64_t tile : tiles)
    for (int32_t id : listOf(problem, lists, tile))
      ++seen[id];
  return llvm::count_if(
      seen, [&](const auto &entry) { return entry.second == tiles.size(); });
}

} // namespace

TEST(Lists, HoldDistinctBlocksAscending) {
  Problem problem = makeProblem();
  for (const char *kind : {"random", "local", "same", "overlap:0.5"}) {
    BlockLists lists = makeLists(problem, optionsOf(kind));
    ASSERT_EQ(lists.count.size(), 180u);
    ASSERT_EQ(lists.index.size(), 1800u);
    for (int64_t tile : llvm::seq(180)) {
      std::vector<int32_t> ids = listOf(problem, lists, tile);
      EXPECT_EQ(ids.size(), 10u);
      EXPECT_TRUE(llvm::is_sorted(ids)) << kind;
      EXPECT_EQ(std::set<int32_t>(ids.begin(), ids.end()).size(), 10u) << kind;
      EXPECT_GE(ids.front(), 0);
      EXPECT_LT(ids.back(), 40);
    }
  }
}

TEST(Lists, AreEquallyLikelyToHoldEachBlock) {
  Problem problem = makeProblem();
  BlockLists lists = makeLists(problem, optionsOf("random"));
  std::vector<int> uses(40);
  for (int32_t id : lists.index)
    ++uses[id];
  // 45 times each on the average, with a deviation of 5.8.
  for (int count : uses) {
    EXPECT_GT(count, 15);
    EXPECT_LT(count, 75);
  }
}

TEST(Lists, DependOnTheSeedAlone) {
  Problem problem = makeProblem();
  ListOptions options = optionsOf("random");
  BlockLists first = makeLists(problem, options);
  EXPECT_EQ(makeLists(problem, options).index, first.index);
  options.seed = 8;
  EXPECT_NE(makeLists(problem, options).index, first.index);
}

TEST(Lists, OfOneKindAreAllTheSame) {
  Problem problem = makeProblem();
  BlockLists lists = makeLists(problem, optionsOf("same"));
  for (int64_t tile : llvm::seq(180))
    EXPECT_EQ(listOf(problem, lists, tile), listOf(problem, lists, 0));
}

TEST(Lists, OverlapInNeighboursOfThree) {
  Problem problem = makeProblem();
  problem.keyLength = 4000 * 64; // so that others do not meet by chance
  BlockLists lists = makeLists(problem, optionsOf("overlap:0.8"));
  for (int64_t first : {0, 3, 27, 30, 177})
    EXPECT_EQ(countShared(problem, lists, {first, first + 1, first + 2}), 8u);
  EXPECT_LT(countShared(problem, lists, {2, 3}), 3u);
  EXPECT_LT(countShared(problem, lists, {29, 30}), 3u) << "another head";
  BlockLists all = makeLists(problem, optionsOf("overlap:1"));
  EXPECT_EQ(countShared(problem, all, {0, 1, 2}), 10u);
}

TEST(Lists, LieHalfNearTheDiagonal) {
  Problem problem = makeProblem();
  BlockLists lists = makeLists(problem, optionsOf("local"));
  for (int64_t block : llvm::seq(30)) {
    int64_t diagonal = block * 40 / 30;
    EXPECT_GE(llvm::count_if(
                  listOf(problem, lists, block),
                  [&](int32_t id) { return std::abs(id - diagonal) <= 5; }),
              5);
  }
}

TEST(Lists, ComeInAnyOrder) {
  Problem problem = makeProblem();
  ListOptions options = optionsOf("random");
  options.ascending = false;
  BlockLists lists = makeLists(problem, options);
  EXPECT_FALSE(llvm::is_sorted(listOf(problem, lists, 0)) &&
               llvm::is_sorted(listOf(problem, lists, 1)));
}

TEST(Lists, AreRagged) {
  Problem problem = makeProblem();
  ListOptions options = optionsOf("random");
  options.ragged = true;
  BlockLists lists = makeLists(problem, options);
  std::set<int32_t> counts(lists.count.begin(), lists.count.end());
  EXPECT_EQ(*counts.begin(), 0);
  EXPECT_EQ(*counts.rbegin(), 10);
  EXPECT_GT(counts.size(), 8u);
  for (int64_t tile : llvm::seq(180)) {
    EXPECT_TRUE(llvm::is_sorted(listOf(problem, lists, tile)));
    for (int64_t slot : llvm::seq<int64_t>(lists.count[tile], 10))
      EXPECT_EQ(lists.index[tile * 10 + slot], -1);
  }
}

TEST(Lists, AreNoLongerThanThereAreBlocks) {
  Problem problem = makeProblem();
  problem.topk = 50;
  BlockLists lists = makeLists(problem, optionsOf("random"));
  EXPECT_EQ(lists.count[0], 40);
  EXPECT_EQ(lists.index[39], 39);
  EXPECT_EQ(lists.index[40], -1);
}

TEST(Lists, HaveKindsThatParse) {
  EXPECT_EQ(cantFail(parseListKind("overlap:0.25")).overlap, 0.25);
  for (const char *text : {"", "randomly", "overlap", "overlap:1.5",
                           "overlap:-1", "overlap:x", "local:1"})
    EXPECT_EQ(toString(parseListKind(text).takeError()),
              "--lists: '" + std::string(text) +
                  "' is none of random, local, same, overlap:0.8 (a share "
                  "from 0 to 1)");
}

TEST(Sizes, FitTheLength) {
  std::vector<int32_t> whole = makeSizes(1000, 64, false, 1);
  ASSERT_EQ(whole.size(), 16u);
  EXPECT_EQ(whole.front(), 64);
  EXPECT_EQ(whole.back(), 40);
  std::vector<int32_t> ragged = makeSizes(64 * 1000 - 24, 64, true, 1);
  int64_t partial = llvm::count_if(ragged, [](int32_t s) { return s < 64; });
  EXPECT_GT(partial, 180);
  EXPECT_LT(partial, 320);
  EXPECT_GE(*llvm::min_element(ragged), 0);
  EXPECT_LE(ragged.back(), 40);
}
