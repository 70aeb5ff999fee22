// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hand-written kernels, simulated on random calls in random order, against the
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

/// Runs the kernel on random calls; the stages it filled beyond those of one
/// pass over the lists.
static int64_t countMoreStages(llvm::StringRef path, bool hasMarks) {
  KernelFile file = parseKernel(readTestFile(path));
  EXPECT_TRUE(file.module) << file.errors;
  int64_t more = 0;
  for (uint64_t i = 0; file.module && i < 12; ++i) {
    Geometry geometry = draw(firstSeed() + i);
    SCOPED_TRACE(geometry.describe());
    AttendCall call(geometry);
    sim::Options options;
    options.seed = geometry.seed;
    options.trace = true;
    options.residentCtas = 1 + int64_t(i % 3);
    sim::SimulationResult result =
        sim::simulate(file.kernel(), call.arguments(hasMarks),
                      /*grid=*/1 + int64_t(i % 4), options);
    EXPECT_TRUE(result.isClean()) << print(result);
    EXPECT_TRUE(call.matchesOracle());
    more += llvm::count_if(result.trace, [](const sim::TraceEvent &event) {
      return event.what == "load";
    });
    more -= call.stages();
  }
  return more;
}

TEST(AttendTest, PlainMatchesTheOracle) {
  EXPECT_EQ(countMoreStages("Dialect/Tile/attend-plain.mlir", false), 0);
}

TEST(AttendTest, FixedReferenceMatchesTheOracle) {
  EXPECT_GT(countMoreStages("Dialect/Tile/attend-fixed.mlir", true), 0)
      << "no tile was done again";
}
