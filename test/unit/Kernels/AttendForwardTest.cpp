// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recipe of attention, over shapes and plans: what it builds, simulated on
// random calls in random order, against the oracle.
#include "AttendCall.h"

#include "tessera/Compiler/Gpu.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Kernels/AttendPlan.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include <cstdlib>
#include <map>
#include <memory>

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
  /// Calls of one function, of one query block and few of keys.
  bool isSmall = false;
};

/// What a function was compiled to, kept while the tests of a suite run: calls
/// of one function differ in extents alone.
class Compiled {
public:
  static Compiled *make(const std::string &text, const char *plan) {
    DialectRegistry registry;
    registerAllDialects(registry);
    auto made = std::make_unique<Compiled>();
    made->context.appendDialectRegistry(registry);
    made->module = parseSourceString<ModuleOp>(text, &made->context);
    EXPECT_TRUE(made->module);
    GpuCompiler compiler({.plan = plan});
    if (llvm::Error refused = compiler.buildTile(*made->module)) {
      ADD_FAILURE() << toString(std::move(refused));
      return nullptr;
    }
    EXPECT_TRUE(succeeded(verify(*made->module)));
    made->record = compiler.takeFunctions().front().writer.write();
    return made.release();
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  program::Record record;
};

class AttendForwardTest : public testing::TestWithParam<Case> {
protected:
  static void TearDownTestSuite() { all.clear(); }

  /// The function that is called; null where shape or plan is refused. It has
  /// been checked that its roles keep to their rings.
  const Compiled *compiled(const AttendCall &call) {
    std::string text = call.functionText();
    auto [entry, isNew] = all.try_emplace(GetParam().plan + text);
    if (isNew)
      entry->second.reset(Compiled::make(text, GetParam().plan));
    return entry->second.get();
  }

  int64_t checkCall(const Geometry &geometry, AttendCall &call);

private:
  static inline std::map<std::string, std::unique_ptr<Compiled>> all;
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
                             .sizesRank = c.isSmall ? 2 : int(seed % 3),
                             .scale = c.isSmall || seed % 3 == 0,
                             .maxQueryBlocks = c.isSmall ? 1 : 3,
                             .maxKeyBlocks = c.isSmall ? 3 : 12});
}

/// What there may be for a call: from one CTA to three, of which one or two run
/// at a time, and an L2 that decides for this order of tiles or for that.
sim::Device drawDevice(uint64_t seed) {
  sim::Device device;
  device.residentCtas = 1 + int64_t(seed % 3);
  device.l2Bytes = int64_t(1) << (16 + seed % 5);
  return device;
}

/// Simulates one call; the stages it filled beyond those of one pass.
int64_t simulateCall(const Compiled &function, const Geometry &geometry,
                     AttendCall &call) {
  sim::Options options;
  options.seed = geometry.seed;
  options.trace = true;
  options.residentCtas = 1 + int64_t(geometry.seed % 2);
  sim::ProgramResult result =
      call.simulate(function.record.program(), *function.module,
                    drawDevice(geometry.seed), options);
  EXPECT_TRUE(call.matchesOracle());
  if (result.launches.size() != 1) {
    ADD_FAILURE() << result.launches.size() << " launches";
    return 0;
  }
  AttendPlan plan = llvm::cantFail(parsePlan(result.launches.front().plan));
  int64_t loads =
      llvm::count_if(result.trace, [](const sim::TraceEvent &event) {
        return event.what == "load";
      });
  return loads - call.stages(geometry.config.block.key / plan.step);
}

/// simulateCall() of the function that the call is of.
int64_t AttendForwardTest::checkCall(const Geometry &geometry,
                                     AttendCall &call) {
  SCOPED_TRACE(geometry.describe());
  const Compiled *function = compiled(call);
  return function ? simulateCall(*function, geometry, call) : 0;
}

TEST_P(AttendForwardTest, MatchesTheOracle) {
  int64_t more = 0;
  const uint64_t calls = GetParam().isSmall ? 2 : 8;
  for (uint64_t i = 0; i < calls; ++i) {
    Geometry geometry = draw(firstSeed() + i, GetParam());
    AttendCall call(geometry);
    more += checkCall(geometry, call);
  }
  if (!GetParam().isSmall) {
    EXPECT_GT(more, 0) << "no tile was done again";
  }
}

TEST_P(AttendForwardTest, GivesNaNForARowThatHoldsNaN) {
  int64_t spoilt = 0;
  for (uint64_t i = 0; i < 3; ++i) {
    Geometry geometry = draw(firstSeed() + i, GetParam());
    AttendCall call(geometry);
    spoilt += call.spoilARow();
    checkCall(geometry, call);
  }
  EXPECT_GT(spoilt, 0) << "no row attends to anything";
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

/// What docs/performance.md shows of 64x64 at D = 128: tickets where the keys of
/// a head take a part of the L2 that is neither small nor more than it holds.
TEST(AttendOrderTest, IsChosenByTheCall) {
  Case shape{128, 64, 64};
  Geometry geometry = draw(2206, shape);
  AttendCall call(geometry);
  std::unique_ptr<Compiled> function(Compiled::make(call.functionText(), ""));
  ASSERT_TRUE(function);
  const int64_t keyBytes = geometry.keys * 2 * 2 * shape.headDim;
  const std::pair<int64_t, WorkOrder> expected[] = {
      {keyBytes, WorkOrder::Wave},
      {3 * keyBytes, WorkOrder::Ticket},
      {5 * keyBytes, WorkOrder::Wave}};
  for (auto [l2Bytes, order] : expected) {
    SCOPED_TRACE(l2Bytes);
    sim::ProgramResult result =
        call.simulate(function->record.program(), *function->module,
                      {.l2Bytes = l2Bytes, .residentCtas = 2}, /*options=*/{});
    EXPECT_TRUE(call.matchesOracle());
    ASSERT_EQ(result.launches.size(), 1u);
    const sim::Launch &launch = result.launches.front();
    EXPECT_EQ(llvm::cantFail(parsePlan(launch.plan)).order, order);
    EXPECT_EQ(launch.isCooperative, order == WorkOrder::Wave);
  }
}

} // namespace
