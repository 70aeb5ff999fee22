// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each way an argument can be wrong, and the message it gives.
#include "CallFixture.h"

#include <cmath>
#include <cstring>

using namespace tessera::program;

namespace {

/// f(query [B, 12, Sq, 64], key [B, Hkv, Skv, 64], value as key,
///   gate as query or 1, out as query)
struct CheckCall : testing::Test {
  Call call;
  Extent b = call.symbol("B batches"), hkv = call.symbol("Hkv heads"),
         sq = call.symbol("Sq rows"), skv = call.symbol("Skv rows");
  tessera_tensor &query = call.input("query", {b, 12, sq, 64}, {2, 12, 30, 64});
  tessera_tensor &key = call.input("key", {b, hkv, skv, 64}, {2, 4, 50, 64});
  tessera_tensor &value =
      call.input("value", {b, hkv, skv, 64}, {2, 4, 50, 64});
  tessera_tensor &gate = call.input("gate", {b, 12, sq, 64}, {2, 1, 30, 1});
  tessera_tensor &out = call.output("out", {b, 12, sq, 64}, {2, 12, 30, 64});

  CheckCall() { call.writer.params[3].broadcast = 0b1111; }
  ~CheckCall() override { tessera_limit_cpu_level(INT32_MAX); }
};

} // namespace

TEST_F(CheckCall, AcceptsWhatFits) { EXPECT_EQ(call.check(), ""); }

TEST_F(CheckCall, AcceptsManySymbols) {
  static std::vector<std::string> names;
  for (int i = 0; i < 40; ++i)
    names.push_back("S" + std::to_string(i) + " rows");
  for (const std::string &name : names)
    call.input(name.c_str(), {call.symbol(name.c_str())}, {5});
  EXPECT_EQ(call.check(), "");
  call.input("again", {call.symbol("S39 rows")}, {6});
  EXPECT_EQ(call.check(), "f: 'again' has 6 rows (dim 0, S39) but 'S39 rows' "
                          "has 5; make them equal");
}

//===----------------------------------------------------------------------===//
// Processor, pointers, scalars
//===----------------------------------------------------------------------===//

TEST_F(CheckCall, RefusesAMissingCpuLevel) {
  call.cpuLevel = 4;
  tessera_limit_cpu_level(0);
  Error error = call.run();
  EXPECT_EQ(error.code(), TESSERA_UNSUPPORTED_CPU);
  EXPECT_STREQ(error.message(),
               "f: compiled for x86-64 level 4 (AVX-512 (F, BW, CD, DQ, VL)), "
               "this processor is below level 3; compile it for a lower level");
  call.cpuLevel = 3;
  EXPECT_EQ(call.check(),
            "f: compiled for x86-64 level 3 (AVX2, FMA, F16C and BMI), this "
            "processor is below level 3; compile it for a lower level");
}

TEST_F(CheckCall, NamesTheLevelFound) {
  if (tessera_cpu_level() < 3)
    GTEST_SKIP() << "needs a processor with AVX2";
  call.cpuLevel = 4;
  tessera_limit_cpu_level(3);
  EXPECT_EQ(call.check(),
            "f: compiled for x86-64 level 4 (AVX-512 (F, BW, CD, DQ, VL)), "
            "this processor has level 3; compile it for a lower level");
}

TEST_F(CheckCall, RefusesNullArguments) {
  call.args[1] = nullptr;
  EXPECT_EQ(call.check(),
            "f: 'key' is NULL; pass a pointer to a tessera_tensor");
}

TEST_F(CheckCall, RefusesScalarsOutOfRange) {
  int32_t &topk = call.scalar("topk", 0, 0, 32);
  EXPECT_EQ(call.check(), "");
  topk = 32;
  EXPECT_EQ(call.check(), "");
  topk = 33;
  EXPECT_EQ(call.check(), "f: 'topk' is 33; pass 0 to 32");
  topk = -1;
  EXPECT_EQ(call.check(), "f: 'topk' is -1; pass 0 to 32");
  call.hint(call.writer.params.size() - 1, "compile with a larger capacity");
  EXPECT_EQ(call.check(), "f: 'topk' is -1, 0 to 32 is accepted; compile with "
                          "a larger capacity");
}

TEST_F(CheckCall, RefusesUnusableScales) {
  Param param{};
  param.name = call.writer.text("scale");
  param.kind = ParamKind::ScalarF32;
  param.flags = kPositive;
  param.symbol = kNone;
  call.writer.params.push_back(param);
  float scale = 0.125f;
  call.args.push_back(&scale);
  EXPECT_EQ(call.check(), "");
  for (float bad : {0.0f, -1.0f, -0.0f, INFINITY, -INFINITY, NAN}) {
    scale = bad;
    EXPECT_NE(call.check(), "") << bad;
  }
  scale = 0;
  EXPECT_EQ(call.check(), "f: 'scale' is 0, a finite number above 0 is "
                          "accepted; pass 1/sqrt(head dimension) if in doubt");
}

//===----------------------------------------------------------------------===//
// Type and shape
//===----------------------------------------------------------------------===//

TEST_F(CheckCall, RefusesOtherElementTypes) {
  key.dtype = TESSERA_F16;
  EXPECT_EQ(call.check(), "f: 'key' holds f16, f32 is accepted; convert it, or "
                          "compile the function for its type");
  const int32_t other = 99; // no value of the enum, so no cast makes it
  std::memcpy(&key.dtype, &other, sizeof(other));
  EXPECT_EQ(call.check(), "f: 'key' holds an unknown type, f32 is accepted; "
                          "convert it, or compile the function for its type");
}

TEST_F(CheckCall, RefusesOtherRanks) {
  key.rank = 3;
  EXPECT_EQ(call.check(), "f: 'key' has 3 dimensions, 4 are accepted; pass [B, "
                          "Hkv, Skv, 64]");
}

TEST_F(CheckCall, RefusesNegativeDimensions) {
  key.dims[2] = -50;
  EXPECT_EQ(call.check(), "f: 'key' has -50 in dim 2; pass the number of "
                          "elements, 0 or more");
}

TEST_F(CheckCall, RefusesOtherStaticDimensions) {
  query.dims[1] = 10;
  EXPECT_EQ(call.check(),
            "f: 'query' has 10 in dim 1 of [B, 12, Sq, 64], 12 is accepted; "
            "pass another tensor, or compile the function for it");
}

TEST_F(CheckCall, RefusesDimensionsThatDisagree) {
  value.dims[2] = 60;
  EXPECT_EQ(call.check(), "f: 'value' has 60 rows (dim 2, Skv) but 'key' has "
                          "50; make them equal");
  call.hint(2, "pass the same sequence length");
  EXPECT_EQ(call.check(), "f: 'value' has 60 rows (dim 2, Skv) but 'key' has "
                          "50; pass the same sequence length");
}

TEST_F(CheckCall, BroadcastsOnlyWhereTheSignatureSaysSo) {
  value.dims[2] = 1;
  EXPECT_EQ(call.check(), "f: 'value' has 1 rows (dim 2, Skv) but 'key' has "
                          "50; make them equal");
}

TEST_F(CheckCall, RefusesWrongBroadcasts) {
  gate.dims[1] = 3;
  EXPECT_EQ(call.check(),
            "f: 'gate' has 3 in dim 1 of [B, 12, Sq, 64], 1 or 12 is accepted; "
            "pass another tensor, or compile the function for it");
  gate.dims[1] = 1;
  gate.dims[2] = 29;
  EXPECT_EQ(call.check(), "f: 'gate' has 29 rows (dim 2, Sq) but 'query' has "
                          "30; make them equal, or pass 1 here");
}

TEST_F(CheckCall, ComparesScalarsWithDimensions) {
  int32_t &rows = call.scalar("rows", 50, 0, 1000, skv);
  EXPECT_EQ(call.check(), "");
  rows = 51;
  EXPECT_EQ(call.check(),
            "f: 'rows' has 51 rows (Skv) but 'key' has 50; make them equal");
}

//===----------------------------------------------------------------------===//
// Strides and memory
//===----------------------------------------------------------------------===//

TEST_F(CheckCall, AcceptsPermutedAndPaddedStrides) {
  // [B, S, H, D] in memory, with rows of 72.
  key.strides[1] = 72;
  key.strides[2] = 4 * 72;
  key.strides[0] = 4 * 72 * 50;
  out.strides[1] = 64;
  out.strides[2] = 12 * 64;
  EXPECT_EQ(call.check(), "");
}

TEST_F(CheckCall, IgnoresStridesOfSingleElements) {
  gate.strides[1] = -7;
  gate.strides[3] = 0;
  EXPECT_EQ(call.check(), "");
}

TEST_F(CheckCall, RefusesStrides) {
  key.strides[3] = 2;
  EXPECT_EQ(call.check(), "f: 'key' has stride 2 in dim 3, 1 is accepted; pass "
                          "a contiguous copy");
  key.strides[3] = 1;
  key.strides[2] = 0;
  EXPECT_EQ(call.check(), "f: 'key' has stride 0 in dim 2, a positive number "
                          "of elements is accepted; pass a contiguous copy");
  key.strides[2] = -64;
  EXPECT_NE(call.check(), "");
}

TEST_F(CheckCall, RefusesTensorsLargerThanMemory) {
  key.strides[0] = INT64_MAX / 2;
  EXPECT_EQ(call.check(), "f: 'key' reaches past the end of memory; pass its "
                          "real dimensions and its strides in elements");
  key.strides[0] = INT64_MAX / 4;
  EXPECT_NE(call.check(), "");
}

TEST_F(CheckCall, RefusesMissingAndMisalignedData) {
  void *data = key.data;
  key.data = nullptr;
  EXPECT_EQ(call.check(),
            "f: 'key' has no data; pass a pointer to its elements");
  key.data = static_cast<char *>(data) + 2;
  std::string message = call.check();
  EXPECT_NE(message.find("no multiple of the 4 bytes of an element"),
            std::string::npos)
      << message;
}

TEST_F(CheckCall, AcceptsEmptyTensorsWithoutData) {
  for (tessera_tensor *tensor : {&query, &key, &value, &out, &gate}) {
    tensor->dims[0] = 0;
    tensor->data = nullptr;
  }
  EXPECT_EQ(call.check(), "");
}

TEST_F(CheckCall, RefusesOutputsOverInputs) {
  out.data = query.data;
  EXPECT_EQ(call.check(),
            "f: 'out' is written and overlaps the memory of 'query' (first to "
            "last byte, gaps included); pass an output with memory of its own");
  // One element: the last of key.
  out.data = static_cast<float *>(key.data) + 2 * 4 * 50 * 64 - 1;
  EXPECT_NE(call.check(), "");
  out.data = static_cast<float *>(key.data) + 2 * 4 * 50 * 64;
  EXPECT_EQ(call.check().find("'key'"), std::string::npos);
}

TEST_F(CheckCall, RefusesOutputsOverOutputs) {
  tessera_tensor &lse = call.output("lse", {b, 12, sq}, {2, 12, 30});
  EXPECT_EQ(call.check(), "");
  lse.data = out.data;
  EXPECT_EQ(call.check(),
            "f: 'out' is written and overlaps the memory of 'lse' (first to "
            "last byte, gaps included); pass an output with memory of its own");
}

TEST_F(CheckCall, AcceptsInputsOverInputs) {
  value.data = key.data;
  EXPECT_EQ(call.check(), "");
}

TEST_F(CheckCall, RefusesOutputsOverThemselves) {
  out.strides[1] = 64; // every head starts one row after the last
  EXPECT_EQ(call.check(), "f: elements of 'out' overlap: stride 64 in dim 2, "
                          "above 767 is accepted; pass a contiguous output");
  out.strides[1] = 30 * 64;
  out.strides[2] = 63;
  EXPECT_NE(call.check(), "");
}
