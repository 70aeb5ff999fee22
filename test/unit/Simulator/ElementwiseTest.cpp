// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations on elements: results at the corners, for scalars and for tensors.
#include "KernelFile.h"

#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace tessera;
using namespace tessera::sim;
using namespace tessera::test;

namespace {

struct Row {
  const char *operation; ///< of %a and %b, giving %r
  int32_t a, b, expected;
};

constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
constexpr int32_t kMost = std::numeric_limits<int32_t>::max();

constexpr Row kIntegers[] = {
    {"arith.addi %a, %b : i32", kMost, 1, kLeast},
    {"arith.subi %a, %b : i32", kLeast, 1, kMost},
    {"arith.muli %a, %b : i32", 1 << 20, 1 << 12, 0},
    {"arith.divsi %a, %b : i32", -7, 2, -3},
    {"arith.divsi %a, %b : i32", kLeast, -1, kLeast},
    {"arith.remsi %a, %b : i32", -7, 2, -1},
    {"arith.divui %a, %b : i32", -1, 2, kMost},
    {"arith.remui %a, %b : i32", -1, 10, 5},
    {"arith.ceildivui %a, %b : i32", 65, 64, 2},
    {"arith.maxsi %a, %b : i32", -1, 1, 1},
    {"arith.maxui %a, %b : i32", -1, 1, -1},
    {"arith.minui %a, %b : i32", -1, 1, 1},
    {"arith.minsi %a, %b : i32", -1, 1, -1},
    {"arith.andi %a, %b : i32", 6, 3, 2},
    {"arith.ori %a, %b : i32", 6, 3, 7},
    {"arith.xori %a, %b : i32", 6, 3, 5},
    {"arith.shli %a, %b : i32", 1, 31, kLeast},
    {"arith.shrui %a, %b : i32", -1, 28, 15},
    {"arith.shrsi %a, %b : i32", -16, 2, -4},
};

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
struct FloatRow {
  const char *operation;
  float a, b, expected;
};
constexpr FloatRow kFloats[] = {
    {"arith.addf %a, %b : f32", 1, 0x1p-24f, 1},
    {"arith.divf %a, %b : f32", 1, 0, std::numeric_limits<float>::infinity()},
    {"arith.maxnumf %a, %b : f32", kNaN, 2, 2},
    {"arith.maximumf %a, %b : f32", kNaN, 2, kNaN},
    {"arith.minnumf %a, %b : f32", 1, kNaN, 1},
    {"math.exp2 %a : f32", -2, 0, 0.25f},
    {"math.log2 %a : f32", 8, 0, 3},
    {"math.fma %a, %b, %a : f32", 3, 4, 15},
    {"math.rsqrt %a : f32", 16, 0, 0.25f},
};

struct CompareRow {
  const char *predicate;
  bool isTrue[3]; ///< of 1 and 2, of 2 and 2, of NaN and 2
};
constexpr CompareRow kCompares[] = {
    {"oeq", {false, true, false}}, {"olt", {true, false, false}},
    {"ole", {true, true, false}},  {"ogt", {false, false, false}},
    {"oge", {false, true, false}}, {"one", {true, false, false}},
    {"ord", {true, true, false}},  {"ueq", {false, true, true}},
    {"ult", {true, false, true}},  {"ule", {true, true, true}},
    {"ugt", {false, false, true}}, {"uge", {false, true, true}},
    {"une", {true, false, true}},  {"uno", {false, false, true}},
};

/// The one element that a text with %a and %b computes as %r.
template <typename Result>
Result compute(const char *type, const char *resultType,
               const std::string &body, const Argument &a, const Argument &b) {
  KernelFile file = parseKernel(
      llvm::formatv(
          "tile.kernel @one(%a: {0}, %b: {0}, %out: memref<1x{1}>) {{\n"
          "  tile.role @only agents(1) each warpgroup (%agent) {{\n"
          "    %c0 = arith.constant 0 : index\n"
          "    {2}\n"
          "    memref.store %r, %out[%c0] : memref<1x{1}>\n"
          "  }\n}\n",
          type, resultType, body)
          .str());
  EXPECT_TRUE(file.module) << file.errors;
  Result result = {};
  SimulationResult done =
      simulate(file.kernel(), {a, b, rowMajor(&result, {1})}, 1);
  EXPECT_TRUE(done.isClean()) << print(done);
  return result;
}

} // namespace

TEST(ElementwiseTest, Integers) {
  for (const Row &row : kIntegers)
    EXPECT_EQ(compute<int32_t>("i32", "i32",
                               std::string("%r = ") + row.operation,
                               int64_t(row.a), int64_t(row.b)),
              row.expected)
        << row.operation << " of " << row.a << " and " << row.b;
}

TEST(ElementwiseTest, Floats) {
  for (const FloatRow &row : kFloats) {
    auto found =
        compute<float>("f32", "f32", std::string("%r = ") + row.operation,
                       double(row.a), double(row.b));
    EXPECT_TRUE(found == row.expected ||
                (std::isnan(found) && std::isnan(row.expected)))
        << row.operation << " is " << found;
  }
}

TEST(ElementwiseTest, Compares) {
  const float pairs[3][2] = {{1, 2}, {2, 2}, {kNaN, 2}};
  for (const CompareRow &row : kCompares)
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(
          compute<int32_t>("f32", "i32",
                           llvm::formatv("%x = arith.cmpf {0}, %a, %b : f32\n"
                                         "%r = arith.extui %x : i1 to i32",
                                         row.predicate),
                           double(pairs[i][0]), double(pairs[i][1])),
          row.isTrue[i])
          << row.predicate << " of " << pairs[i][0] << " and " << pairs[i][1];
  for (auto [predicate, expected] :
       {std::pair("slt", 1), {"ult", 0}, {"sge", 0}, {"uge", 1}, {"ne", 1}})
    EXPECT_EQ(
        compute<int32_t>("i32", "i32",
                         llvm::formatv("%x = arith.cmpi {0}, %a, %b : i32\n"
                                       "%r = arith.extui %x : i1 to i32",
                                       predicate),
                         int64_t(-1), int64_t(1)),
        expected)
        << predicate;
}

TEST(ElementwiseTest, Casts) {
  auto cast = [](const char *from, const char *to, const char *body,
                 const Argument &a) {
    return to == llvm::StringRef("i32")
               ? double(compute<int32_t>(from, to, body, a, a))
               : double(compute<float>(from, to, body, a, a));
  };
  EXPECT_EQ(cast("i32", "i32",
                 "%x = arith.trunci %a : i32 to i8\n"
                 "%r = arith.extsi %x : i8 to i32",
                 int64_t(0x1ff)),
            -1);
  EXPECT_EQ(cast("i32", "i32",
                 "%x = arith.trunci %a : i32 to i8\n"
                 "%r = arith.extui %x : i8 to i32",
                 int64_t(0x1ff)),
            255);
  EXPECT_EQ(cast("f32", "i32", "%r = arith.fptosi %a : f32 to i32", -2.5), -2);
  EXPECT_EQ(cast("f32", "i32", "%r = arith.bitcast %a : f32 to i32", 1.0),
            0x3f800000);
  EXPECT_EQ(
      cast("i32", "f32", "%r = arith.sitofp %a : i32 to f32", int64_t(-3)), -3);
  EXPECT_EQ(
      cast("i32", "f32", "%r = arith.uitofp %a : i32 to f32", int64_t(-1)),
      0x1p32);
  // bf16 has eight bits of significand, ties go to even.
  EXPECT_EQ(cast("f32", "f32",
                 "%x = arith.truncf %a : f32 to bf16\n"
                 "%r = arith.extf %x : bf16 to f32",
                 1 + 0x1p-8 + 0x1p-20),
            1 + 0x1p-7);
}

/// Sums of columns are told apart by their magnitudes; a row's sum is that of
/// all its columns.
TEST(ElementwiseTest, Tensors) {
  KernelFile file = parseKernel(R"(
#acc = #tile.layout<accumulator>
#row = #tile.layout<row>
tile.kernel @rows(%limit: i32, %out: memref<?xf32>) {
  tile.role @only agents(1) each warpgroup (%agent) {
    %c0 = arith.constant 0 : index
    %rows = arith.constant 3 : index
    %column = tile.columns : tensor<64x16xi32, #acc>
    %limits = tile.splat %limit : tensor<64x16xi32, #acc>
    %below = arith.cmpi slt, %column, %limits : tensor<64x16xi32, #acc>
    %number = arith.sitofp %column : tensor<64x16xi32, #acc> to tensor<64x16xf32, #acc>
    %zero = arith.constant dense<0.0> : tensor<64x16xf32, #acc>
    %kept = arith.select %below, %number, %zero : tensor<64x16xi1, #acc>, tensor<64x16xf32, #acc>
    %folded = tile.fold add %kept : tensor<64x16xf32, #acc>
    %sum = tile.row_reduce add %folded : tensor<64x8xf32, #acc>
    %most = tile.row_reduce max %kept : tensor<64x16xf32, #acc>
    %mosts = tile.expand_rows %most : tensor<64x8xf32, #acc>
    %all = tile.row_reduce add %mosts : tensor<64x8xf32, #acc>
    %both = arith.addf %sum, %all : tensor<64xf32, #row>
    tile.store_rows %both, %out[%c0] limit(%rows) : tensor<64xf32, #row>, memref<?xf32>
  }
})");
  ASSERT_TRUE(file.module) << file.errors;
  float out[4] = {-1, -1, -1, -1};
  SimulationResult done =
      simulate(file.kernel(), {int64_t(12), rowMajor(out, {4})}, 1);
  EXPECT_TRUE(done.isClean()) << print(done);
  for (int row = 0; row < 3; ++row)
    EXPECT_EQ(out[row], 66 + 8 * 11); // 0 + .. + 11, and eight times the 11
  EXPECT_EQ(out[3], -1) << "a row past the limit was written";
}

TEST(ArgumentsTest, AreChecked) {
  KernelFile file = parseKernel(
      "tile.kernel @k(%m: memref<?x4xf32>, %t: !tile.map<64x64xbf16, swizzle "
      "= 128>, %i: index) { tile.role @r agents(1) each thread (%a) { } }");
  ASSERT_TRUE(file.module) << file.errors;
  float data[8];
  Argument memory = rowMajor(data, {2, 4}), map = rowMajor(data, {0, 1, 1, 64});
  auto report = [&](const std::vector<Argument> &arguments, int64_t grid = 1) {
    return print(simulate(file.kernel(), arguments, grid));
  };
  EXPECT_EQ(report({memory, map, int64_t(1)}), "");
  auto has = [](const std::string &text, const char *part) {
    return text.find(part) != std::string::npos
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << text;
  };
  EXPECT_TRUE(has(report({memory, map}), "2 arguments for 3 parameters"));
  EXPECT_TRUE(has(report({memory, map, 1.0}),
                  "argument 2 is of the wrong kind for index"));
  EXPECT_TRUE(has(report({rowMajor(data, {8}), map, int64_t(1)}),
                  "argument 0 has 1 dimensions; expected 2"));
  EXPECT_TRUE(has(report({rowMajor(data, {4, 2}), map, int64_t(1)}),
                  "argument 0 has extent 2 and stride 1 in dimension 1"));
  EXPECT_TRUE(has(report({memory, rowMajor(data, {1, 1, 1, 32}), int64_t(1)}),
                  "argument 1 has 32 features; expected 64"));
  EXPECT_TRUE(has(report({memory, map, int64_t(1)}, 0), "a grid of 0 CTAs"));
}
