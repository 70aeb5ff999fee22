// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes and lists of blocks, and the message of each offence.
#include "CallFixture.h"

#include <algorithm>
#include <numeric>

using namespace tessera::program;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

TEST(CheckSizes, OneRowForAllBatches) {
  Call call;
  Extent rows = call.symbol("Skv rows");
  call.input("key", {rows}, {180});
  std::vector<int32_t> &sizes = call.ints("sizes", {3}, {3}, {64, 0, 52});
  call.addSizes(1, rows, 64);
  EXPECT_EQ(call.check(), "");
  sizes[1] = 65;
  EXPECT_EQ(call.check(), "f: 'sizes' is 65 for block 1, but a block has 0 to "
                          "64 valid rows; pass 0 to 64");
  sizes[1] = -1;
  EXPECT_EQ(call.check(), "f: 'sizes' is -1 for block 1, but a block has 0 to "
                          "64 valid rows; pass 0 to 64");
  sizes[1] = 64;
  sizes[2] = 53;
  EXPECT_EQ(call.check(), "f: 'sizes' is 53 for block 2, but only 52 of 180 "
                          "rows are left for it; pass 0 to 52");
  call.hint(1, "pass the sizes that partition returned");
  EXPECT_EQ(call.check(),
            "f: 'sizes' is 53 for block 2, but only 52 of 180 rows are left "
            "for it; pass the sizes that partition returned");
}

TEST(CheckSizes, OneRowPerBatch) {
  Call call;
  std::vector<int32_t> &sizes = call.ints("sizes", {2, 2}, {2, 2}, {});
  sizes = {64, 6, 99, 0, 5, 99}; // rows of 3 of which the last is not looked at
  call.tensors[0].data = sizes.data();
  call.tensors[0].strides[0] = 3;
  call.addSizes(0, 70, 64);
  EXPECT_EQ(call.check(), "");
  sizes[4] = 7;
  EXPECT_EQ(call.check(), "f: 'sizes' is 7 for batch 1, block 1, but only 6 of "
                          "70 rows are left for it; pass 0 to 6");
}

TEST(CheckSizes, UnknownRows) {
  Call call;
  std::vector<int32_t> &sizes = call.ints("sizes", {2}, {2}, {1 << 20, 0});
  call.addSizes(0, INT64_MAX, INT32_MAX);
  EXPECT_EQ(call.check(), "");
  sizes[1] = -3;
  EXPECT_EQ(call.check(), "f: 'sizes' is -3 for block 1, but a block has 0 or "
                          "more valid rows; pass 0 or more");
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

namespace {

/// index [1, 2, 2, 4] over 10 key blocks.
struct CheckLists : testing::Test {
  Call call;
  Extent nkv = call.symbol("Nkv key blocks");
  tessera_tensor &key = call.input("key", {nkv}, {10});
  std::vector<int32_t> &index =
      call.ints("index", {1, 2, 2, 4}, {1, 2, 2, 4},
                {0, 1, 2, 3, 9, 3, 0, 4, 2, 5, 7, 8, 6, 1, 5, 2});

  void check(Index count, int32_t flags = 0) {
    call.addLists(1, nkv, count, flags);
  }
};

} // namespace

TEST_F(CheckLists, AcceptsAnyOrder) {
  check(kNone);
  EXPECT_EQ(call.check(), "");
}

TEST_F(CheckLists, RefusesIdsOutOfRange) {
  check(kNone);
  index[6] = 10;
  EXPECT_EQ(call.check(),
            "f: 'index' is 10 at (b 0, h 0, query block 1, slot 2), but there "
            "are 10 key blocks: pass ids 0 to 9");
  index[6] = -1;
  EXPECT_EQ(call.check(),
            "f: 'index' is -1 at (b 0, h 0, query block 1, slot 2), but there "
            "are 10 key blocks: pass ids 0 to 9");
  index[6] = 0;
  index[11] = INT32_MAX; // the last of an ascending list
  EXPECT_NE(call.check(), "");
  index[11] = 8;
  index[0] = INT32_MIN; // the first of one
  EXPECT_NE(call.check(), "");
}

TEST_F(CheckLists, RefusesDuplicates) {
  check(kNone);
  index[15] = 6;
  EXPECT_EQ(call.check(),
            "f: 'index' is 6 at (b 0, h 1, query block 1, slot 3), but block 6 "
            "is in the list twice: pass distinct ids");
}

TEST_F(CheckLists, RefusesDescendingWhereAscending) {
  check(kNone, kAscending);
  EXPECT_EQ(call.check(),
            "f: 'index' is 3 at (b 0, h 0, query block 1, slot 1), but 9 comes "
            "before it: pass ascending ids, or compile for lists in any order");
}

TEST_F(CheckLists, ReadsNoEntryPastTheCount) {
  std::vector<int32_t> &count =
      call.ints("count", {1, 2, 2}, {1, 2, 2}, {4, 0, 2, 1});
  for (size_t i : {4, 5, 6, 7, 10, 11, 13, 14, 15})
    index[i] = INT32_MIN;
  check(2);
  EXPECT_EQ(call.check(), "");
  count[1] = 1;
  EXPECT_NE(call.check(), "");
}

TEST_F(CheckLists, RefusesCountsOutOfRange) {
  std::vector<int32_t> &count =
      call.ints("count", {1, 2, 2}, {1, 2, 2}, {4, 4, 5, 4});
  check(2);
  EXPECT_EQ(call.check(),
            "f: 'count' is 5 at (b 0, h 1, query block 0), but 'index' has "
            "room for 4; pass 0 to 4");
  count[2] = -1;
  EXPECT_NE(call.check(), "");
}

TEST_F(CheckLists, TakesOneCountForAll) {
  Extent number = call.symbol("count");
  int32_t &count = call.scalar("count", 2, 0, 100, number);
  for (size_t i : {2, 3, 6, 7, 10, 11, 14, 15})
    index[i] = -1;
  call.addLists(1, nkv).target = call.number(number);
  EXPECT_EQ(call.check(), "");
  count = 5;
  EXPECT_EQ(call.check(),
            "f: 'count' is 5 at (b 0, h 0, query block 0), but 'index' has "
            "room for 4; pass 0 to 4");
}

TEST_F(CheckLists, FollowsStrides) {
  // [B, Nq, H, capacity] in memory: rows 1 and 2 trade places.
  call.tensors[1].strides[1] = 4;
  call.tensors[1].strides[2] = 8;
  check(kNone);
  index[15] = 10;
  EXPECT_NE(call.check().find("(b 0, h 1, query block 1, slot 3)"),
            std::string::npos);
  index[15] = 2;
  index[4] = 10;
  EXPECT_NE(call.check().find("(b 0, h 1, query block 0, slot 0)"),
            std::string::npos);
}

TEST_F(CheckLists, ListsOverNoBlocks) {
  key.dims[0] = 0;
  call.ints("count", {1, 2, 2}, {1, 2, 2}, {0, 0, 0, 0});
  check(2);
  EXPECT_EQ(call.check(), "");
  call.memory.back()[0] = 1;
  EXPECT_EQ(call.check(), "f: 'index' is 0 at (b 0, h 0, query block 0, slot "
                          "0), but there are no key blocks: pass count 0");
}

TEST_F(CheckLists, ReportsAfterManyGoodLists) {
  // Sets and clears of earlier lists must not leak into later ones.
  Call big;
  std::vector<int32_t> ids;
  for (int row = 0; row < 100; ++row)
    for (int slot = 0; slot < 7; ++slot)
      ids.push_back((row * 31 + slot * 57) % 100);
  std::vector<int32_t> &lists =
      big.ints("index", {1, 1, 100, 7}, {1, 1, 100, 7}, ids);
  big.addLists(0, 100);
  EXPECT_EQ(big.check(), "");
  lists[99 * 7 + 6] = lists[99 * 7];
  EXPECT_NE(big.check().find("query block 99, slot 6"), std::string::npos);
}

TEST_F(CheckLists, OverAnUnknownNumberOfBlocks) {
  call.addLists(1, kUnknownBlocks);
  index[4] = INT32_MAX - 1;
  EXPECT_EQ(call.check(), "");
  index[7] = INT32_MAX - 1;
  EXPECT_EQ(call.check(),
            "f: 'index' is 2147483646 at (b 0, h 0, query block 1, slot 3), "
            "but block 2147483646 is in the list twice: pass distinct ids");
  index[7] = -1;
  EXPECT_NE(call.check(), "");
}

TEST_F(CheckLists, ManyKeyBlocks) {
  // More ids than fit the set on the stack.
  Call big;
  int64_t blocks = 100000;
  std::vector<int32_t> ids(blocks);
  std::iota(ids.rbegin(), ids.rend(), 0);
  std::vector<int32_t> &lists =
      big.ints("index", {1, 1, 1, blocks}, {1, 1, 1, blocks}, ids);
  big.addLists(0, blocks);
  EXPECT_EQ(big.check(), "");
  lists[blocks - 1] = 99999;
  EXPECT_NE(big.check().find("block 99999 is in the list twice"),
            std::string::npos);
}
