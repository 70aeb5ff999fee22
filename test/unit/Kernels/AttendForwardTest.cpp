// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recipe of attention, over shapes and plans: what it builds, simulated on
// random calls in random order, against the oracle.
#include "AttendCall.h"

#include "Tile/Transforms/Passes.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Kernels/AttendForward.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

#include <cstdlib>

using namespace mlir;
using namespace tessera;
using namespace tessera::oracle;
using namespace tessera::test;

namespace {

/// A row of the coverage, and how it is to be done.
struct Case {
  int64_t headDim, queryBlock, keyBlock;
  const char *plan = "";
  bool isF16 = false;
  /// Of one query block and few of keys.
  bool isSmall = false;
};

class AttendForwardTest : public testing::TestWithParam<Case> {
protected:
  AttendForwardTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  AttendShape shapeFor(const Geometry &geometry) {
    Builder b(&context);
    AttendShape shape;
    shape.element = GetParam().isF16 ? FloatType(b.getF16Type())
                                     : FloatType(b.getBF16Type());
    shape.headDim = GetParam().headDim;
    shape.queryBlock = GetParam().queryBlock;
    shape.keyBlock = GetParam().keyBlock;
    shape.capacity = geometry.config.capacity;
    shape.hasLse = true;
    shape.hasQuerySizes = shape.hasKeySizes = geometry.config.sizesRank > 0;
    return shape;
  }

  /// Null where shape or plan is refused.
  OwningOpRef<ModuleOp> build(const AttendShape &shape,
                              const AttendPlan &plan) {
    llvm::Error refused = joinErrors(checkShape(shape), checkPlan(shape, plan));
    if (refused) {
      ADD_FAILURE() << toString(std::move(refused));
      return {};
    }
    OpBuilder b(&context);
    OwningOpRef<ModuleOp> module = ModuleOp::create(b, b.getUnknownLoc());
    b.setInsertionPointToStart(module->getBody());
    buildAttendForward(b, b.getUnknownLoc(), "attend", shape, plan);
    EXPECT_TRUE(succeeded(verify(*module)));
    return module;
  }

  MLIRContext context;
};

/// The seed of the first call; a failing call prints its own.
uint64_t firstSeed() {
  const char *text = std::getenv("TESSERA_SEED");
  return text ? std::strtoull(text, nullptr, 0) : 2200;
}

Geometry draw(uint64_t seed, const Case &c) {
  return drawGeometry(seed, {.element = c.isF16 ? Element::F16 : Element::BF16,
                             .headDim = c.headDim,
                             .block = {c.queryBlock, c.keyBlock},
                             .capacity = 11,
                             .policy = {},
                             .sizesRank = int(seed % 3),
                             .scale = seed % 3 == 0,
                             .maxQueryBlocks = c.isSmall ? 1 : 3,
                             .maxKeyBlocks = c.isSmall ? 3 : 12});
}

std::string print(const sim::SimulationResult &result) {
  std::string text;
  llvm::raw_string_ostream out(text);
  for (const sim::Report &report : result.reports) {
    sim::print(out, report);
    out << '\n';
  }
  return text;
}

/// Simulates one call; the stages it filled beyond those of one pass.
int64_t simulateCall(tile::KernelOp kernel, const launch::Entry &entry,
                     const AttendPlan &plan, const AttendShape &shape,
                     const Geometry &geometry) {
  AttendCall call(geometry);
  int64_t tiles = (call.tiles() + plan.tiles - 1) / plan.tiles;
  int64_t grid =
      1 + int64_t(geometry.seed % uint64_t(std::min<int64_t>(tiles, 3)));
  sim::Options options;
  options.seed = geometry.seed;
  options.trace = true;
  options.residentCtas = entry.wantsResidentGrid ? grid : 1 + geometry.seed % 2;
  sim::SimulationResult result =
      sim::simulate(kernel, call.arguments(entry), grid, options);
  EXPECT_TRUE(result.isClean()) << print(result);
  EXPECT_TRUE(call.matchesOracle());
  int64_t loads =
      llvm::count_if(result.trace, [](const sim::TraceEvent &event) {
        return event.what == "load";
      });
  return loads - call.stages(shape.keyBlock / plan.step);
}

TEST_P(AttendForwardTest, MatchesTheOracle) {
  int64_t more = 0;
  const uint64_t calls = GetParam().isSmall ? 2 : 8;
  for (uint64_t i = 0; i < calls; ++i) {
    Geometry geometry = draw(firstSeed() + i, GetParam());
    SCOPED_TRACE(geometry.describe());
    AttendShape shape = shapeFor(geometry);
    llvm::Expected<AttendPlan> plan =
        parsePlan(GetParam().plan, choosePlan(shape));
    ASSERT_TRUE(bool(plan)) << toString(plan.takeError());
    OwningOpRef<ModuleOp> module = build(shape, *plan);
    ASSERT_TRUE(module);
    auto kernel = *module->getOps<tile::KernelOp>().begin();
    launch::Entry entry = describeAttendForward("attend", shape, *plan);
    more += simulateCall(kernel, entry, *plan, shape, geometry);
  }
  if (!GetParam().isSmall) {
    EXPECT_GT(more, 0) << "no tile was done again";
  }
}

TEST_P(AttendForwardTest, KeepsToItsRings) {
  AttendShape shape = shapeFor(draw(firstSeed(), GetParam()));
  llvm::Expected<AttendPlan> plan =
      parsePlan(GetParam().plan, choosePlan(shape));
  ASSERT_TRUE(bool(plan)) << toString(plan.takeError());
  OwningOpRef<ModuleOp> module = build(shape, *plan);
  ASSERT_TRUE(module);
  PassManager passes(&context);
  passes.addPass(tile::createCheckRingsPass());
  EXPECT_TRUE(succeeded(passes.run(*module)));
}

std::string nameOf(const testing::TestParamInfo<Case> &info) {
  const Case &c = info.param;
  std::string name = "d" + std::to_string(c.headDim) + "_q" +
                     std::to_string(c.queryBlock) + "_k" +
                     std::to_string(c.keyBlock) + (c.isF16 ? "_f16" : "");
  for (const char *p = c.plan; *p; ++p)
    name += std::isalnum(*p) ? *p : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Plans, AttendForwardTest,
    testing::Values(Case{128, 64, 64, "order=static"}, Case{128, 64, 64},
                    Case{128, 64, 64, "order=wave"},
                    Case{128, 64, 64, "query=own,stages=3"},
                    Case{128, 64, 64, "query=shared,stages=2,tiles=2"},
                    Case{128, 64, 64, "overlap=yes,query=shared,stages=3"},
                    Case{64, 64, 64, "order=wave"}, Case{64, 64, 128},
                    Case{96, 64, 64}, Case{64, 128, 64}, Case{64, 128, 128},
                    Case{192, 64, 64, "", true}, Case{256, 64, 64}),
    nameOf);

/// Every shape that there are kernels for, by its own row of the table.
std::vector<Case> shapes() {
  std::vector<Case> cases;
  for (int64_t headDim : {64, 96, 128, 192, 256})
    for (int64_t queryBlock : {64, 128})
      for (int64_t keyBlock : {64, 128})
        cases.push_back({headDim, queryBlock, keyBlock, "",
                         /*isF16=*/false, /*isSmall=*/true});
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Shapes, AttendForwardTest, testing::ValuesIn(shapes()),
                         nameOf);

} // namespace
