// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module in memref and vector form, compiled, loaded and called.
#include "TestModule.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace tessera::host;
using namespace tessera::test;

namespace {

/// One call of saxpy, its operands filled so that every element differs.
struct SaxpyCall {
  SaxpyCall(int64_t rows, int64_t columns, int64_t yRows)
      : x(rows, columns), y(yRows, columns), out(rows, columns, NAN) {
    for (size_t i = 0; i < x.data.size(); ++i)
      x.data[i] = float(i) - 7;
    for (size_t i = 0; i < y.data.size(); ++i)
      y.data[i] = 1.0f / float(i + 1);
  }

  std::string run(HostJit &jit) {
    auto entry = get(jit.lookupPacked("saxpy"));
    tessera_tensor views[] = {x.view(), y.view(), out.view()};
    void *args[] = {&views[0], &views[1], &scale, &views[2]};
    return message(entry(args));
  }

  void expectResult() {
    for (int64_t i = 0; i < out.rows; ++i)
      for (int64_t j = 0; j < out.columns; ++j)
        ASSERT_EQ(out.at(i, j),
                  std::fma(scale, x.at(i, j), y.at(y.rows == 1 ? 0 : i, j)))
            << "row " << i << ", column " << j;
  }

  Matrix x, y, out;
  float scale = 3;
};

TEST(HostProgram, ComputesOnEveryLevelOfThisMachine) {
  HostProgram program = get(build(kSaxpy, saxpyRecord()));
  std::unique_ptr<HostJit> jit = load(program);
  for (const CpuLevel &level : kCpuLevels) {
    if (tessera_cpu_level() < level.level)
      continue;
    LevelLimit limit(level.level);
    for (int64_t columns : {1, 15, 16, 17, 100}) {
      SaxpyCall call(5, columns, 5);
      EXPECT_EQ(call.run(*jit), "");
      call.expectResult();
    }
  }
}

TEST(HostProgram, ReadsBroadcastDimensionsWithStrideZero) {
  HostProgram program = get(build(kSaxpy, saxpyRecord()));
  std::unique_ptr<HostJit> jit = load(program);
  SaxpyCall call(4, 20, 1);
  EXPECT_EQ(call.run(*jit), "");
  call.expectResult();
}

TEST(HostProgram, DoesNothingForAnEmptyLoop) {
  HostProgram program = get(build(kSaxpy, saxpyRecord()));
  std::unique_ptr<HostJit> jit = load(program);
  SaxpyCall call(0, 20, 1);
  EXPECT_EQ(call.run(*jit), "");
}

TEST(HostProgram, ReturnsTheErrorOfABadCall) {
  HostProgram program = get(build(kSaxpy, saxpyRecord()));
  std::unique_ptr<HostJit> jit = load(program);
  SaxpyCall call(4, 20, 3);
  std::string text = call.run(*jit);
  EXPECT_NE(text.find('y'), std::string::npos) << text;
  EXPECT_TRUE(std::isnan(call.out.at(0, 0))) << "the function ran all the same";
}

TEST(HostProgram, RefusesACpuBelowTheLowestLevelCompiled) {
  HostProgram program =
      get(build(kSaxpy, saxpyRecord(kCpuLevels[1]), kCpuLevels[1]));
  std::unique_ptr<HostJit> jit = load(program);
  LevelLimit limit(0);
  SaxpyCall call(4, 20, 4);
  EXPECT_NE(call.run(*jit), "");
}

TEST(HostProgram, SaysWhichFunctionIsNotThere) {
  HostProgram program =
      get(build(kSaxpy, saxpyRecord(kCpuLevels[1]), kCpuLevels[1]));
  std::unique_ptr<HostJit> jit = load(program);
  auto entry = jit->lookupPacked("sgemm");
  ASSERT_FALSE(bool(entry));
  std::string text = llvm::toString(entry.takeError());
  EXPECT_NE(text.find("sgemm"), std::string::npos) << text;
}

TEST(HostProgram, RefusesARecordThatDoesNotFitItsFunction) {
  tessera::program::Writer writer = hostWriter("saxpy");
  addParam(writer, "scale", tessera::program::ParamKind::ScalarF32);
  llvm::Expected<HostProgram> program = build(kSaxpy, writer.write());
  ASSERT_FALSE(bool(program));
  std::string text = llvm::toString(program.takeError());
  EXPECT_NE(text.find("'saxpy__v4' does not take"), std::string::npos) << text;
}

} // namespace
