// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Relations between dimensions and scalars, and the message of each.
#include "CallFixture.h"

using namespace tessera::program;

TEST(CheckConstraints, CeilDiv) {
  Call call;
  Extent rows = call.symbol("Skv rows"), blocks = call.symbol("Nkv blocks");
  call.input("key", {rows}, {500});
  tessera_tensor &sizes = call.input("sizes", {blocks}, {8});
  call.writer.addBlocks(call.number(blocks), call.number(rows), 64);
  EXPECT_EQ(call.check(), "");
  sizes.dims[0] = 7;
  EXPECT_EQ(call.check(),
            "f: 7 blocks ('sizes' dim 0) do not match 500 rows ('key' dim 0): "
            "in blocks of 64 these make 8; pass 8");
}

TEST(CheckConstraints, CeilDivOfEmpty) {
  Call call;
  Extent rows = call.symbol("S rows"), blocks = call.symbol("N blocks");
  call.input("key", {rows}, {0});
  call.input("sizes", {blocks}, {0});
  call.writer.addBlocks(call.number(blocks), call.number(rows), 64);
  EXPECT_EQ(call.check(), "");
}

TEST(CheckConstraints, Product) {
  Call call;
  Extent rows = call.symbol("S rows"), blocks = call.symbol("N blocks");
  tessera_tensor &out = call.output("out", {rows}, {512});
  call.input("sizes", {blocks}, {8});
  call.writer.addProduct(call.number(rows), call.number(blocks), 64);
  EXPECT_EQ(call.check(), "");
  out.dims[0] = 500;
  EXPECT_EQ(call.check(), "f: 500 rows ('out' dim 0) do not match 8 blocks "
                          "('sizes' dim 0) of 64 each; pass 512");
}

TEST(CheckConstraints, Multiple) {
  Call call;
  Extent heads = call.symbol("H query heads"),
         kvHeads = call.symbol("Hkv key/value heads");
  call.input("query", {heads}, {12});
  tessera_tensor &key = call.input("key", {kvHeads}, {4});
  call.addMultiple(heads, kvHeads);
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
  Extent kvHeads = call.symbol("Hkv key/value heads");
  call.input("key", {kvHeads}, {5});
  call.addMultiple(12, kvHeads);
  EXPECT_EQ(call.check(),
            "f: 12 (fixed when compiled) are not a multiple of 5 key/value "
            "heads ('key' dim 0); pass a number of key/value heads that "
            "divides the first");
}

TEST(CheckConstraints, Broadcast) {
  Call call;
  Extent rows = call.symbol("Sq rows"), own = call.symbol("Skv rows");
  call.input("query", {rows}, {70});
  tessera_tensor &gate = call.input("key", {own}, {70});
  call.addBroadcast(1, 0, rows);
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
  Extent rows = call.symbol("S tokens"), blocks = call.symbol("N blocks"),
         text = call.symbol("text tokens"), t = call.symbol("T"),
         h = call.symbol("H"), w = call.symbol("W");
  tessera_tensor &input = call.input("input", {rows}, {100 + 21 * 30 * 52});
  int32_t &time = call.scalar("time", 21, 1, INT32_MAX, t);
  int32_t &height = call.scalar("height", 30, 1, INT32_MAX, h);
  int32_t &width = call.scalar("width", 52, 1, INT32_MAX, w);
  int32_t &length = call.scalar("text", 100, 0, INT32_MAX, text);
  tessera_tensor &sizes = call.output("sizes", {blocks}, {2 + 6 * 8 * 13});

  Writer::Grid grid(Extent text, Extent t, Extent h, Extent w) {
    return {call.number(text),
            call.number(t),
            call.number(h),
            call.number(w),
            {4, 4, 4}};
  }
  Writer::Grid grid() { return grid(text, t, h, w); }
};

} // namespace

TEST_F(Grid, Volume) {
  call.writer.addVolume(call.number(rows), grid());
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
  EXPECT_EQ(call.check(), "f: a number computed from 'text' is outside the "
                          "integers of its type; pass a smaller");
}

TEST_F(Grid, VolumeOfAStaticGrid) {
  call.writer.addVolume(call.number(rows), grid(100, 21, 30, 52));
  EXPECT_EQ(call.check(), "");
  input.dims[0] -= 1;
  EXPECT_NE(call.check(), "");
}

TEST_F(Grid, Cubes) {
  call.writer.addCubes(call.number(blocks), grid());
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
  Extent nobody = call.symbol("N blocks");
  call.addMultiple(12, nobody);
  Error error = call.run();
  EXPECT_EQ(error.code(), TESSERA_INTERNAL);
  EXPECT_STREQ(error.message(),
               "f: nothing determines 'N'; this is a defect of "
               "the compiler, please report it");
}

//===----------------------------------------------------------------------===//
// Computed numbers
//===----------------------------------------------------------------------===//

namespace {

/// k = rows * 3 / rows2, of two arguments.
struct Computed : testing::Test {
  Call call;
  Extent rows = call.symbol("S rows"), half = call.symbol("half");
  tessera_tensor &input = call.input("input", {rows}, {90});
  int32_t &divisor = call.scalar("half", 10, INT32_MIN, INT32_MAX, half);

  void limit(int64_t maximum) {
    Writer &w = call.writer;
    Index tripled = w.within(
        w.make(ExpressionKind::Multiply, call.number(rows), w.constant(3)),
        NumberRange::Signed32);
    Constraint c = Writer::constraint(ConstraintKind::Within);
    c.target = w.make(ExpressionKind::FloorDiv, tripled, call.number(half));
    c.maximum = maximum;
    c.message = w.text("'topk' is computed as {t}, 0 to " +
                       std::to_string(maximum) + " is accepted");
    w.add(c);
  }
};

} // namespace

TEST_F(Computed, IsHeldAgainstItsRange) {
  limit(27);
  EXPECT_EQ(call.check(), "");
  divisor = 9;
  EXPECT_EQ(call.check(), "f: 'topk' is computed as 30, 0 to 27 is accepted");
}

TEST_F(Computed, IsRefusedWhereItDoesNotExist) {
  limit(27);
  divisor = 0;
  EXPECT_EQ(call.check(), "f: a number computed from 'input' is a quotient by "
                          "0; pass another");
  divisor = 10;
  input.dims[0] = int64_t(1) << 31;
  input.data = nullptr;
  input.dims[0] = 0x7fffffff;
  input.data = reinterpret_cast<void *>(64);
  EXPECT_EQ(call.check(), "f: a number computed from 'input' is outside the "
                          "integers of its type; pass a smaller");
}
