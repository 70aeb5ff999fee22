// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a launch has to do, and the shares of what a GPU could.
#include "Timing.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace tessera;
using namespace tessera::bench;

TEST(Work, IsWhatOthersCountWhereBlocksAreFull) {
  Problem problem = cantFail(parseShape("1x12x49152x128x76"));
  BlockLists lists = makeLists(problem, {});
  Work work = workOf(problem, lists, /*withLse=*/false);
  EXPECT_EQ(work.flops, 4.0 * 12 * 49152 * 76 * 64 * 128);
  // Each tile loads 76 blocks of key and of value.
  EXPECT_EQ(work.loadBytes, 12.0 * 768 * 76 * 2 * 64 * 128 * 2);
  double tensors = 4.0 * 12 * 49152 * 128 * 2;
  double ids = 12.0 * 768 * (76 + 1) * 4;
  EXPECT_EQ(work.dramBytes, tensors + ids);
  EXPECT_EQ(workOf(problem, lists, true).dramBytes,
            tensors + ids + 12.0 * 49152 * 4);
}

TEST(Work, CountsValidTokens) {
  Problem problem = cantFail(parseShape("1x1x128x64x2"));
  problem.querySizes = {64, 10};
  problem.keySizes = {64, 7};
  BlockLists lists{{0, 1, 1, -1}, {2, 1}};
  Work work = workOf(problem, lists, false);
  EXPECT_EQ(work.flops, 4.0 * 64 * (64 * (64 + 7) + 10 * 7));
  EXPECT_EQ(work.loadBytes, 3.0 * 2 * 64 * 64 * 2) << "blocks come whole";
}

TEST(Limits, AreSharesOfTheGpu) {
  driver::DeviceProperties gpu{};
  std::strcpy(gpu.name, "NVIDIA H100 80GB HBM3");
  gpu.multiprocessors = 132;
  Work work{4096e9 * 132, 64 * 80 * 1.71e9 / 2, 3.35e12 / 4};
  Timing timing{1000, 2000.0, 350.0}; // 1 s
  Limits limits = limitsOf(work, timing, gpu, 700.0);
  EXPECT_DOUBLE_EQ(*limits.tensor, 0.5);
  EXPECT_DOUBLE_EQ(*limits.l2, 0.5);
  EXPECT_DOUBLE_EQ(*limits.dram, 0.25);
  EXPECT_DOUBLE_EQ(*limits.power, 0.5);
  EXPECT_DOUBLE_EQ(*timing.joules(), 350);

  std::strcpy(gpu.name, "NVIDIA H200");
  EXPECT_DOUBLE_EQ(*limitsOf(work, timing, gpu, 700.0).l2, 0.5 * 80 / 94);
}

TEST(Limits, AreNotGuessed) {
  driver::DeviceProperties gpu{};
  std::strcpy(gpu.name, "NVIDIA H20");
  gpu.multiprocessors = 78;
  Limits limits = limitsOf(Work{1, 1, 1}, Timing{1, {}, {}}, gpu, {});
  EXPECT_FALSE(limits.tensor || limits.l2 || limits.dram || limits.power);
}
