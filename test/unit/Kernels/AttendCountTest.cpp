// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists that all have one count: a number of the call, or as many as they hold.
#include "AttendCall.h"

#include "tessera/Compiler/Gpu.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::oracle;
using namespace tessera::test;

namespace {

constexpr int64_t kCount = 3;

/// Each list has as many ids, in no order.
Geometry drawEven(uint64_t seed, int64_t capacity) {
  Geometry geometry = drawGeometry(seed, {.element = Element::BF16,
                                          .headDim = 64,
                                          .block = {64, 64},
                                          .capacity = capacity,
                                          .policy = {},
                                          .sizesRank = 0,
                                          .scale = true,
                                          .maxQueryBlocks = 3,
                                          .maxKeyBlocks = 12});
  int64_t blocks = std::max(blockCount(geometry.keys, 64), kCount);
  geometry.keys = std::max(geometry.keys, (blocks - 1) * 64 + 1);
  for (std::vector<int32_t> &list : geometry.lists.rows) {
    list.clear();
    for (int64_t slot = 0; slot < kCount; ++slot)
      list.push_back(int32_t((int64_t(seed) + slot) % blocks));
  }
  return geometry;
}

void attendEvenLists(int64_t capacity, Counts counts) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      AttendCall(drawEven(31, capacity), counts).functionText(),
      ParserConfig(&context));
  ASSERT_TRUE(module);
  GpuCompiler compiler({.plan = "order=ticket"});
  if (llvm::Error refused = compiler.buildTile(*module))
    FAIL() << toString(std::move(refused));
  program::Record record = compiler.takeFunctions().front().writer.write();
  for (uint64_t seed = 31; seed < 35; ++seed) {
    Geometry geometry = drawEven(seed, capacity);
    SCOPED_TRACE(geometry.describe());
    AttendCall call(geometry, counts);
    sim::Options options;
    options.seed = seed;
    call.simulate(record.program(), *module, {.residentCtas = 2}, options);
    EXPECT_TRUE(call.matchesOracle());
  }
}

TEST(AttendCountTest, TakesOneNumberForAllLists) {
  attendEvenLists(/*capacity=*/8, Counts::One);
}

TEST(AttendCountTest, TakesAllThatListsHold) {
  attendEvenLists(/*capacity=*/kCount, Counts::All);
}

} // namespace
