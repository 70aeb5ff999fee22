// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Relations between dimensions and scalars, and the message of each.
#include "CallFixture.h"

using namespace tessera::rt;

TEST(CheckConstraints, CeilDiv) {
  Call call;
  int64_t rows = call.symbol("Skv rows"), blocks = call.symbol("Nkv blocks");
  call.input("key", {rows}, {500});
  tessera_tensor &sizes = call.input("sizes", {blocks}, {8});
  call.constrain(TESSERA_RT_CEIL_DIV, {blocks, rows}, 64);
  EXPECT_EQ(call.check(), "");
  sizes.dims[0] = 7;
  EXPECT_EQ(call.check(),
            "f: 7 blocks ('sizes' dim 0) do not match 500 rows ('key' dim 0): "
            "in blocks of 64 these make 8; pass 8");
}

TEST(CheckConstraints, CeilDivOfEmpty) {
  Call call;
  int64_t rows = call.symbol("S rows"), blocks = call.symbol("N blocks");
  call.input("key", {rows}, {0});
  call.input("sizes", {blocks}, {0});
  call.constrain(TESSERA_RT_CEIL_DIV, {blocks, rows}, 64);
  EXPECT_EQ(call.check(), "");
}

TEST(CheckConstraints, Product) {
  Call call;
  int64_t rows = call.symbol("S rows"), blocks = call.symbol("N blocks");
  tessera_tensor &out = call.output("out", {rows}, {512});
  call.input("sizes", {blocks}, {8});
  call.constrain(TESSERA_RT_PRODUCT, {rows, blocks}, 64);
  EXPECT_EQ(call.check(), "");
  out.dims[0] = 500;
  EXPECT_EQ(call.check(), "f: 500 rows ('out' dim 0) do not match 8 blocks "
                          "('sizes' dim 0) of 64 each; pass 512");
}

TEST(CheckConstraints, Multiple) {
  Call call;
  int64_t heads = call.symbol("H query heads"),
          kvHeads = call.symbol("Hkv key/value heads");
  call.input("query", {heads}, {12});
  tessera_tensor &key = call.input("key", {kvHeads}, {4});
  call.constrain(TESSERA_RT_MULTIPLE, {heads, kvHeads});
  EXPECT_EQ(call.check(), "");
  key.dims[0] = 5;
  EXPECT_EQ(call.check(),
            "f: 12 query heads ('query' dim 0) are not a multiple of 5 "
            "key/value heads ('key' dim 0); pass a number of key/value heads "
            "that divides the query heads");
  key.dims[0] = 0;
  EXPECT_NE(call.check(), "");
}

TEST(CheckConstraints, MultipleOfAStaticNumber) {
  Call call;
  int64_t kvHeads = call.symbol("Hkv key/value heads");
  call.input("key", {kvHeads}, {5});
  call.constrain(TESSERA_RT_MULTIPLE, {12, kvHeads});
  EXPECT_EQ(call.check(),
            "f: 12 (fixed when compiled) are not a multiple of 5 key/value "
            "heads ('key' dim 0); pass a number of key/value heads that "
            "divides the first");
}

TEST(CheckConstraints, Broadcast) {
  Call call;
  int64_t rows = call.symbol("Sq rows"), own = call.symbol("Skv rows");
  call.input("query", {rows}, {70});
  tessera_tensor &gate = call.input("key", {own}, {70});
  call.constrain(TESSERA_RT_BROADCAST, {1, 0, rows});
  EXPECT_EQ(call.check(), "");
  gate.dims[0] = 1;
  EXPECT_EQ(call.check(), "");
  gate.dims[0] = 2;
  EXPECT_EQ(call.check(),
            "f: 'key' has 2 in dim 0, but it gates 70 rows ('query' dim 0); "
            "make them equal, or pass 1 here");
}

namespace {

/// partition: input [S], grid and text scalars, output [S'], sizes [N].
struct Grid : testing::Test {
  Call call;
  int64_t rows = call.symbol("S tokens"), blocks = call.symbol("N blocks"),
          text = call.symbol("text tokens"), t = call.symbol("T"),
          h = call.symbol("H"), w = call.symbol("W");
  tessera_tensor &input = call.input("input", {rows}, {100 + 21 * 30 * 52});
  int32_t &time = call.scalar("time", 21, 1, INT32_MAX, t);
  int32_t &height = call.scalar("height", 30, 1, INT32_MAX, h);
  int32_t &width = call.scalar("width", 52, 1, INT32_MAX, w);
  int32_t &length = call.scalar("text", 100, 0, INT32_MAX, text);
  tessera_tensor &sizes = call.output("sizes", {blocks}, {2 + 6 * 8 * 13});
};

} // namespace

TEST_F(Grid, Volume) {
  call.constrain(TESSERA_RT_VOLUME, {rows, text, t, h, w});
  EXPECT_EQ(call.check(), "");
  height = 31;
  EXPECT_EQ(call.check(),
            "f: 32860 tokens ('input' dim 0) do not match 100 text tokens and "
            "a grid of 21 x 31 x 52, together 33952; pass the grid and text of "
            "this tensor");
  // The product is 2^64, which is 0 in 64 bits.
  time = height = 1 << 21;
  width = 1 << 22;
  length = 0;
  input.dims[0] = 0;
  EXPECT_NE(call.check(), "");
}

TEST_F(Grid, VolumeOfAStaticGrid) {
  call.constrain(TESSERA_RT_VOLUME, {rows, 100, 21, 30, 52});
  EXPECT_EQ(call.check(), "");
  input.dims[0] -= 1;
  EXPECT_NE(call.check(), "");
}

TEST_F(Grid, Cubes) {
  call.constrain(TESSERA_RT_CUBES, {blocks, text, t, h, w, 4, 4, 4}, 64);
  EXPECT_EQ(call.check(), "");
  length = 128;
  EXPECT_EQ(call.check(), "");
  length = 129;
  EXPECT_EQ(call.check(),
            "f: 626 blocks ('sizes' dim 0) do not match 3 blocks of text and 6 "
            "x 8 x 13 cubes, together 627; pass 627");
}

TEST(CheckConstraints, ReportsDefectsOfTheCompiler) {
  Call call;
  int64_t nobody = call.symbol("N blocks");
  call.constrain(TESSERA_RT_MULTIPLE, {12, nobody});
  Error error = call.run();
  EXPECT_EQ(error.code(), TESSERA_INTERNAL);
  EXPECT_STREQ(error.message(), "f: no argument determines 'N blocks'; this is "
                                "a defect of the compiler, please report it");
  call.constraints.clear();
  call.constrain(99, {});
  EXPECT_NE(call.check().find("constraint kind 99 is unknown to tessera_rt"),
            std::string::npos);
}
