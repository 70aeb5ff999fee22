// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs that break a rule by a slip of a line or two: each is caught, in
// whatever order things happen, by the verifier or by the simulator.
#include "Chain.h"
#include "KernelFile.h"

#include <set>

using namespace tessera;
using namespace tessera::sim;
using namespace tessera::test;

namespace {

struct Edit {
  const char *from, *to;
};

struct Broken {
  const char *name;
  std::vector<Edit> edits;
  /// What the simulator may report, by the order of events; none if the
  /// verifier sees it.
  std::set<ReportKind> kinds;
  const char *text; ///< part of what is said
};

void PrintTo(const Broken &broken, std::ostream *os) { *os << broken.name; }

const Broken kBroken[] = {
    {"WaitForgotten", // the product of values reads the keys' stage
     {{"      %vs = tile.wait %kv[%lane] : !kv\n", ""},
      {"%weights, %vs plus", "%weights, %ks plus"},
      {"      tile.release %vs : !full\n", ""}},
     {ReportKind::NotFull},
     "after its release"},
    {"NoteReadLate",
     {{"      %id = tile.note %ks : !full\n", ""},
      {"tile.release %ks : !full\n",
       "tile.release %ks : !full\n %id = tile.note %ks : !full\n"}},
     {ReportKind::NotFull},
     "after its release"},
    {"NoteNotGiven",
     {{"tile.release %vs", "%x = tile.note %vs : !full\n tile.release %vs"}},
     {ReportKind::NoNote},
     "which was acquired with 0"},
    {"LaneReadByAnother",
     {{"%vs = tile.wait %kv[%lane]", "%vs = tile.wait %kv[%c0]"}},
     {ReportKind::Divergence, ReportKind::NoNote},
     ""},
    {"LaneFilledByAnother",
     {{"%vs = tile.acquire %kv[%lane]", "%vs = tile.acquire %kv[%c0]"}},
     {ReportKind::Divergence, ReportKind::NoNote, ReportKind::Deadlock},
     ""},
    {"LaneThatIsNone",
     {{"%vs = tile.wait %kv[%lane]", "%vs = tile.wait %kv[%c2]"}},
     {ReportKind::OutOfBounds},
     "takes lane 2 of a ring that has 2"},
    {"OneReaderTooMany",
     {{"    %zero = arith", "    %entry = tile.wait %ids[%c0] : !ids\n"
                            "    tile.release %entry : !tile.full<none>\n"
                            "    %zero = arith"}},
     {ReportKind::Divergence},
     "2 readers to a lane"},
    {"ReleasedUnderTheProduct",
     {{"      tile.release %ks : !full\n", ""},
      {"      %scores = tile.mma_wait",
       "      tile.release %ks : !full\n      %scores = tile.mma_wait"}},
     {ReportKind::ReleasedEarly},
     "a product may still read"},
    {"ReleasedTwice",
     {{"tile.release %vs : !full",
       "tile.release %vs : !full\n tile.release %vs : !full"}},
     {ReportKind::ReleasedTwice},
     "a second time"},
    {"ReleaseForgotten",
     {{"      tile.release %vs : !full\n", ""}},
     {ReportKind::Deadlock},
     "waits for ever: to fill stage"},
    {"LastReleaseForgotten",
     {{"      tile.release %vs : !full\n",
       "      %next = arith.addi %i, %c1 : index\n"
       "      %goes_on = arith.cmpi slt, %next, %n : index\n"
       "      scf.if %goes_on {\n tile.release %vs : !full\n }\n"}},
     {ReportKind::Unreleased},
     "has not released stage 1 (filling 9) of lane"},
    {"ConsumerSkipsABlock",
     {{"%sum = scf.for %i = %c0 to", "%sum = scf.for %i = %c1 to"}},
     {ReportKind::Unread},
     "not every reader has met stage 0 (filling 8)"},
    {"ConsumerSkipsAStage", // keys are then taken for values
     {{"      %vs = tile.wait %kv[%lane] : !kv\n",
       "      %first = arith.cmpi eq, %i, %c0 : index\n"
       "      scf.if %first {\n"
       "        %skipped = tile.wait %kv[%lane] : !kv\n"
       "        tile.release %skipped : !full\n"
       "      }\n"
       "      %vs = tile.wait %kv[%lane] : !kv\n"}},
     {ReportKind::NoNote},
     "which was acquired with 0"},
    {"ProducerOneShort",
     {{"    scf.for %i = %c0 to %n step %c1 {\n      %id",
       "    scf.for %i = %c1 to %n step %c1 {\n      %id"}},
     {ReportKind::Deadlock},
     "waits for ever: for stage 0 (filling 4)"},
    {"ProducerOneLong",
     {{"    scf.for %i = %c0 to %n step %c1 {\n      %entry",
       "    %more = arith.addi %n, %c1 : index\n"
       "    scf.for %i = %c0 to %more step %c1 {\n      %entry"}},
     {ReportKind::Deadlock},
     "5 have been acquired"},
    {"ListReadBeyondItsEnd",
     {{"    scf.for %i = %c0 to %n step %c1 {\n      %id",
       "    scf.for %i = %c1 to %n step %c1 {\n      %i1 = arith.addi %i, %c1 "
       ": index\n      %id"},
      {"memref.load %list[%i]", "memref.load %list[%i1]"}},
     {ReportKind::OutOfBounds},
     "index 0 is 5, outside 0 .. 4"},
    {"StoredToNoHead",
     {{"to %o[%c0, %lane, %c0]", "to %o[%c0, %c2, %c0]"}},
     {ReportKind::OutOfBounds},
     "stores to where nothing exists: index 1 is 2, outside 0 .. 1"},
    {"StoredThroughNoLane",
     {{"through %staging[%lane]", "through %staging[%c2]"}},
     {ReportKind::OutOfBounds},
     "takes lane 2 of a staging that has 2"},
    {"StoreNotWaitedFor",
     {{"    tile.store_wait\n", ""}},
     {ReportKind::DroppedWork},
     "without waiting for a store"},
    {"FilledTwice",
     {{"tile.commit %entry : !tile.free<none>",
       "tile.commit %entry : !tile.free<none>\n"
       "tile.commit %entry : !tile.free<none>"}},
     {},
     "filled 2 times"},
    {"FilledTwiceUnseen", // a stage handed through a region
     {{"%entry = tile.acquire %ids[%c0] note(%id) : !ids",
       "%entry = scf.if %true -> !tile.free<none> {\n"
       "  %taken = tile.acquire %ids[%c0] note(%id) : !ids\n"
       "  scf.yield %taken : !tile.free<none>\n"
       "} else {\n"
       "  %taken = tile.acquire %ids[%c0] note(%id) : !ids\n"
       "  scf.yield %taken : !tile.free<none>\n"
       "}\n"
       "tile.commit %entry : !tile.free<none>"}},
     {ReportKind::Overwrite},
     "which is filled already"},
    {"FilledWithoutAcquire", // one stage for all the list
     {{"    scf.for %i = %c0 to %n step %c1 {\n      %id",
       "    %none = arith.constant 0 : i32\n"
       "    %entry = tile.acquire %ids[%c0] note(%none) : !ids\n"
       "    scf.for %i = %c0 to %n step %c1 {\n      %id"},
      {"      %entry = tile.acquire %ids[%c0] note(%id) : !ids\n", ""}},
     {},
     "filled in another block"},
    {"NeverFilled",
     {{"      tile.load %v[%c0, %lane, %token] into %vs : !map\n", ""}},
     {},
     "filled 0 times"},
    {"NeverFilledUnseen",
     {{"    %zero = arith",
       "    %spare = scf.if %true -> !tile.free<64x64xbf16, swizzle = 128> {\n"
       "      %s = tile.acquire %spares[%lane] : !kv\n"
       "      scf.yield %s : !tile.free<64x64xbf16, swizzle = 128>\n"
       "    } else {\n"
       "      %s = tile.acquire %spares[%lane] : !kv\n"
       "      scf.yield %s : !tile.free<64x64xbf16, swizzle = 128>\n"
       "    }\n"
       "    %zero = arith"},
      {"%kv = tile.make_ring",
       "%spares = tile.make_ring : !kv\n  %kv = tile.make_ring"}},
     {ReportKind::Unfilled},
     "nobody fills stage 0 (filling 0)"},
    {"ProductDropped",
     {{"      %sum_out = tile.mma_wait %sum_pending : !pending\n", ""},
      {"scf.yield %sum_out", "scf.yield %sum_in"},
      {"tile.release %vs : !full", ""}},
     {},
     "not waited for once in this block"},
    {"ProductDroppedUnseen",
     {{"%sum_pending = tile.mma %weights",
       "%p = scf.if %true -> !pending {\n %sum_pending = tile.mma %weights"},
      {"      %sum_out = tile.mma_wait %sum_pending : !pending\n",
       "        scf.yield %sum_pending : !pending\n"
       "      } else {\n"
       "        %other = tile.mma %weights, %vs\n"
       "            : tensor<64x64xbf16, #lhs>, !full -> tensor<64x64xf32, "
       "#acc>\n"
       "        scf.yield %other : !pending\n"
       "      }\n"},
      {"scf.yield %sum_out", "scf.yield %sum_in"},
      {"      tile.release %vs : !full\n",
       "      %last = arith.addi %i, %c1 : index\n"
       "      %goes_on = arith.cmpi slt, %last, %n : index\n"
       "      scf.if %goes_on {\n"
       "        %got = tile.mma_wait %p : !pending\n"
       "        tile.release %vs : !full\n"
       "      }\n"}},
     {ReportKind::DroppedWork},
     "without waiting for a product"},
    {"DividesByZero",
     {{"%token = arith.muli %j, %c64", "%token = arith.divui %c64, %j"}},
     {ReportKind::Undefined},
     "divides by 0"},
    {"StepsByZero",
     {{"%sum = scf.for %i = %c0 to %n step %c1",
       "%sum = scf.for %i = %c0 to %n step %c0"}},
     {ReportKind::Undefined},
     "steps by 0"},
    {"UnknownOperation",
     {{"    %zero = arith", "    %x = arith.constant 1.0 : f32\n"
                            "    %y = math.cbrt %x : f32\n"
                            "    %zero = arith"}},
     {ReportKind::Unsupported},
     "cannot simulate 'math.cbrt'"},
    {"Endless",
     {{"    %zero = arith", "    scf.while : () -> () {\n"
                            "      scf.condition(%true)\n"
                            "    } do {\n"
                            "      scf.yield\n"
                            "    }\n"
                            "    %zero = arith"}},
     {ReportKind::Endless},
     "has not ended after 100000 operations"},
};

class BrokenTest : public testing::TestWithParam<Broken> {};

/// The program with each edit made once, where its text stands first.
std::string edited(const Broken &broken) {
  std::string text = kChain;
  for (const Edit &edit : broken.edits) {
    size_t at = text.find(edit.from);
    EXPECT_NE(at, std::string::npos) << "no such text: " << edit.from;
    if (at != std::string::npos)
      text.replace(at, std::string(edit.from).size(), edit.to);
  }
  return text;
}

SimulationResult run(const KernelFile &file, ChainCall &call, uint64_t seed) {
  std::vector<Argument> arguments = call.arguments();
  Options options;
  options.seed = seed;
  options.maxOperations = 100000;
  return simulate(file.kernel(), arguments, 1, options);
}

constexpr uint64_t kSeeds = 10;

} // namespace

TEST(ChainTest, IsRightInAnyOrder) {
  KernelFile file = parseKernel(kChain);
  ASSERT_TRUE(file.module) << file.errors;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    ChainCall call;
    SimulationResult result = run(file, call, seed);
    ASSERT_TRUE(result.isClean()) << print(result);
    ASSERT_TRUE(call.isRight());
  }
}

TEST(ChainTest, ReportsAnEntryThatIsNoBlock) {
  KernelFile file = parseKernel(kChain);
  for (int32_t entry : {-1, 5, 1 << 30}) {
    ChainCall call;
    call.list[2] = entry;
    SimulationResult result = run(file, call, 0);
    ASSERT_EQ(result.reports.size(), 1u) << print(result);
    EXPECT_EQ(result.reports[0].kind, ReportKind::OutOfBounds);
    EXPECT_EQ(result.reports[0].agent.role, "load");
  }
}

TEST_P(BrokenTest, IsCaught) {
  const Broken &broken = GetParam();
  KernelFile file = parseKernel(edited(broken));
  if (broken.kinds.empty()) {
    EXPECT_FALSE(file.module) << "the verifier accepts it";
    EXPECT_NE(file.errors.find(broken.text), std::string::npos) << file.errors;
    return;
  }
  ASSERT_TRUE(file.module) << file.errors;
  std::set<ReportKind> seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    ChainCall call;
    SimulationResult result = run(file, call, seed);
    ASSERT_FALSE(result.isClean()) << "nothing found with seed " << seed;
    for (const Report &report : result.reports)
      EXPECT_TRUE(broken.kinds.contains(report.kind)) << print(result);
    EXPECT_NE(print(result).find(broken.text), std::string::npos)
        << print(result);
  }
}

INSTANTIATE_TEST_SUITE_P(Chain, BrokenTest, testing::ValuesIn(kBroken),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });
