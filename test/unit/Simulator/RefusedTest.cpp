// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the verifier refuses where it is constant is found when it is computed.
#include "KernelFile.h"

#include "gtest/gtest.h"

using namespace tessera;
using namespace tessera::sim;
using namespace tessera::test;

namespace {

constexpr const char *kRows = R"(
!ring = !tile.ring<1 x 128x64xbf16, swizzle = 128>
!map = !tile.map<128x64xbf16, swizzle = 128>
!full = !tile.full<128x64xbf16, swizzle = 128>
tile.kernel @rows(%map: !map, %row: index) {
  %c0 = arith.constant 0 : index
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    %s = tile.acquire %ring[%agent] : !ring
    tile.load %map[%c0, %c0, %c0] into %s : !map
  }
  tile.role @read agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%agent] : !ring
    READ
    tile.release %s fenced : !full
  }
}
)";

constexpr const char *kStaging = R"(
!staging = !tile.staging<64x64xbf16, swizzle = 128, lanes = 2>
!map = !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
tile.kernel @lanes(%out: !map, %lanes: index) {
  %c0 = arith.constant 0 : index
  %staging = tile.make_staging : !staging
  tile.role @store agents(2) each warpgroup (%agent) {
    %x = arith.constant dense<1.0> : tensor<64x64xbf16, #tile.layout<accumulator>>
    %lane = arith.remui %agent, %lanes : index
    tile.store_async %x through %staging[%lane] to %out[%c0, %c0, %c0]
        : tensor<64x64xbf16, #tile.layout<accumulator>>, !staging, !map
    tile.store_wait
  }
}
)";

std::string run(std::string text, const char *read, int64_t number) {
  if (size_t at = text.find("READ"); at != std::string::npos)
    text.replace(at, 4, read);
  KernelFile file = parseKernel(text);
  EXPECT_TRUE(file.module) << file.errors;
  if (!file.module)
    return "";
  std::vector<uint16_t> data(128 * 64);
  return print(simulate(file.kernel(),
                        {rowMajor(data.data(), {1, 1, 128, 64}), number}, 1));
}

} // namespace

TEST(RefusedTest, RowsOutsideAStage) {
  const char *ways[] = {
      "%r = tile.load_fragment %s[%row] : !full -> "
      "tensor<64x64xbf16, #tile.layout<operand>>",
      "%p = tile.mma %s[%row], %s transposed : !full, !full -> "
      "tensor<64x128xf32, #tile.layout<accumulator>>\n"
      "%r = tile.mma_wait %p : "
      "!tile.pending<tensor<64x128xf32, #tile.layout<accumulator>>>"};
  for (const char *read : ways) {
    EXPECT_EQ(run(kRows, read, 64), "");
    for (int64_t row : {-64, 32, 100, 128})
      EXPECT_NE(run(kRows, read, row)
                    .find("64 rows from row " + std::to_string(row) +
                          " of a stage of 128; expected a multiple of 64 up to "
                          "64 [out-of-bounds]"),
                std::string::npos)
          << row;
  }
}

TEST(RefusedTest, TwoAgentsInOneLaneOfStaging) {
  EXPECT_EQ(run(kStaging, "", 2), "");
  EXPECT_NE(run(kStaging, "", 1)
                .find("stores through lane 0 of a staging, "
                      "which is that of @store"),
            std::string::npos);
}
