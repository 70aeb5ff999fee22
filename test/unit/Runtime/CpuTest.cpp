// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The processor level, against the compiler's own detection.
#include "tessera-c/Runtime.h"

#include <gtest/gtest.h>

namespace {

struct Cpu : testing::Test {
  ~Cpu() override { tessera_limit_cpu_level(INT32_MAX); }
};

} // namespace

TEST_F(Cpu, AgreesWithTheCompiler) {
  int32_t expected = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2"))
    expected = 3;
  if (expected == 3 && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    expected = 4;
#endif
  EXPECT_EQ(tessera_cpu_level(), expected);
}

TEST_F(Cpu, LimitOnlyLowers) {
  int32_t found = tessera_cpu_level();
  tessera_limit_cpu_level(3);
  EXPECT_EQ(tessera_cpu_level(), std::min(found, 3));
  tessera_limit_cpu_level(2);
  EXPECT_EQ(tessera_cpu_level(), 0);
  tessera_limit_cpu_level(100);
  EXPECT_EQ(tessera_cpu_level(), found);
}
