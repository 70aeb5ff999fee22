// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Partition and its inverse, compiled and loaded, against the oracle, bit for
// bit. A failure prints the grid and its seed; TESSERA_SEED=<seed> runs it
// first.
#include "Compare.h"
#include "CompiledCall.h"
#include "ModuleText.h"
#include "TestModule.h"

using namespace tessera;
using namespace tessera::oracle;
using namespace tessera::test;

namespace {

using Text = PartitionConfig::Text;
constexpr uint64_t kGrids = 12;   // of each configuration
constexpr uint64_t kWordings = 8; // each of which is compiled

const PartitionConfig kConfigs[] = {
    {{4, 4, 4}, Text::Absent, Element::F32},
    {{2, 4, 1}, Text::Prefix, Element::BF16, 40},
    {{1, 2, 8}, Text::Suffix, Element::F16, 64},
};

class Partition : public testing::TestWithParam<PartitionConfig> {
protected:
  void draw(uint64_t seed);
  PartitionResult callThere(const Tensor &raster);
  Tensor callBack(const Tensor &blocks);
  void addGrid(CompiledCall &call) const;

  void check();

  std::unique_ptr<host::HostJit> jit;
  bool isConstant = false; // the grid, so nothing to pass
  Grid grid = {};
  int64_t batch = 0, heads = 0;
  Random random{0};
};

void Partition::draw(uint64_t seed) {
  random = Random(seed);
  const auto &cube = GetParam().cube;
  grid = {random.integer(1, 9),
          random.integer(1, 9),
          random.integer(1, 9),
          cube[0],
          cube[1],
          cube[2]};
  grid.textFirst = GetParam().text != Text::Suffix;
  if (GetParam().text != Text::Absent && !random.oneIn(4))
    grid.text = random.integer(1, 3 * grid.volume());
  batch = random.integer(1, 2);
  heads = random.integer(1, 3);
}

void Partition::addGrid(CompiledCall &call) const {
  if (isConstant)
    return;
  for (int64_t extent : {grid.time, grid.height, grid.width})
    call.input(int32_t(extent));
  if (GetParam().text != Text::Absent)
    call.input(int32_t(grid.text));
}

/// Blocks that the grid has.
int64_t countBlocks(const Grid &grid) {
  return blockCount(grid.text, grid.volume()) +
         blockCount(grid.time, grid.cubeTime) *
             blockCount(grid.height, grid.cubeHeight) *
             blockCount(grid.width, grid.cubeWidth);
}

PartitionResult Partition::callThere(const Tensor &raster) {
  CompiledCall call(*jit, "there", random);
  call.input(raster, GetParam().element);
  addGrid(call);
  int64_t blocks = countBlocks(grid);
  call.output({batch, heads, blocks * grid.volume(), GetParam().features},
              dtypeOf(GetParam().element));
  call.output({blocks}, TESSERA_I32);
  EXPECT_EQ(call.run(), "");
  Tensor sizes = call.result(1);
  return {call.result(0), {sizes.dims, {sizes.data.begin(), sizes.data.end()}}};
}

Tensor Partition::callBack(const Tensor &blocks) {
  CompiledCall call(*jit, "back", random);
  call.input(blocks, GetParam().element);
  addGrid(call);
  call.output({batch, heads, grid.tokens(), GetParam().features},
              dtypeOf(GetParam().element));
  EXPECT_EQ(call.run(), "");
  return call.result(0);
}

void Partition::check() {
  Tensor raster({batch, heads, grid.tokens(), GetParam().features});
  for (double &value : raster.data)
    value = roundTo(GetParam().element, random.normal());
  PartitionResult found = callThere(raster);
  PartitionResult wanted = partition(raster, grid);
  EXPECT_TRUE(sameNumbers(found.output, wanted.output));
  EXPECT_EQ(found.sizes.values, wanted.sizes.values);
  EXPECT_TRUE(sameNumbers(callBack(wanted.output), raster));
}

TEST_P(Partition, AndBackAreTheOracles) {
  std::vector<int32_t> levels = levelsHere();
  jit = compile(partitionModule(GetParam()));
  for (uint64_t number = 0; number < kGrids && !HasFailure(); ++number) {
    uint64_t seed = firstSeed() + number;
    draw(seed);
    LevelLimit limit(levels[number % levels.size()]);
    SCOPED_TRACE("seed=" + std::to_string(seed) + " grid " +
                 testing::PrintToString(std::vector{grid.time, grid.height,
                                                    grid.width, grid.text}));
    check();
  }
}

TEST_P(Partition, AndBackAreTheOraclesHoweverTheyAreStated) {
  for (uint64_t number = 0; number < kWordings && !HasFailure(); ++number) {
    uint64_t seed = firstSeed() + number;
    draw(seed);
    isConstant = number % 2;
    std::string text =
        partitionModule(GetParam(), grid, batch, heads, isConstant, seed);
    SCOPED_TRACE("seed=" + std::to_string(seed) + text);
    jit = compile(text);
    check();
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Partition, testing::ValuesIn(kConfigs));

} // namespace
