// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A hand-written kernel, simulated on random calls in random order, against the
// oracle.
#include "AttendCall.h"
#include "KernelFile.h"

#include <cstdlib>

using namespace tessera;
using namespace tessera::oracle;
using namespace tessera::test;

/// The seed of the first call; a failing call prints its own.
static uint64_t firstSeed() {
  const char *text = std::getenv("TESSERA_SEED");
  return text ? std::strtoull(text, nullptr, 0) : 2200;
}

static Geometry draw(uint64_t seed) {
  return drawGeometry(seed, {.element = Element::BF16,
                             .headDim = 128,
                             .block = {64, 64},
                             .capacity = 5,
                             .policy = {},
                             .sizesRank = int(seed % 2),
                             .scale = seed % 3 == 0,
                             .maxQueryBlocks = 3,
                             .maxKeyBlocks = 6});
}

TEST(AttendTest, MatchesTheOracle) {
  KernelFile file = parseKernel(readTestFile("Dialect/Tile/attend-plain.mlir"));
  ASSERT_TRUE(file.module) << file.errors;
  for (uint64_t i = 0; i < 12; ++i) {
    Geometry geometry = draw(firstSeed() + i);
    SCOPED_TRACE(geometry.describe());
    AttendCall call(geometry);
    std::vector<sim::Argument> arguments = call.arguments();
    sim::Options options;
    options.seed = geometry.seed;
    options.residentCtas = 1 + int64_t(i % 3);
    sim::SimulationResult result =
        sim::simulate(file.kernel(), arguments, 1 + int64_t(i % 4), options);
    ASSERT_TRUE(result.isClean()) << print(result);
    ASSERT_TRUE(call.matchesOracle());
  }
}
