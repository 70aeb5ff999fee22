// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// States of later rounds become one, and keep what belongs together.
#include "../Simulator/KernelFile.h"

#include "Tile/Analysis/Rings/Run.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;
using namespace tessera::tile::rings;

namespace {

constexpr const char *kProgram = R"(
!ring = !tile.ring<1 x none>
tile.kernel @rounds(%n: index, %from: index, %note: i32) {
  %c1 = arith.constant 1 : index
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %from to %n step %c1 {
      %s = tile.acquire %ring[%agent] note(%note) : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %from to %n step %c1 {
      %s = tile.wait %ring[%agent] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}
)";

class WideningTest : public testing::Test {
protected:
  WideningTest()
      : file(test::parseKernel(kProgram)), program(file.kernel(), terms) {
    SmallVector<Finding> findings;
    network = program.findNetworks(findings).front();
    state = State(program, network);
  }

  /// Both loops go on whenever they ask, `times` times.
  void goOn(unsigned times) {
    for (; times > 0; --times) {
      Runner runner = run();
      for (auto [agent, stop] : llvm::enumerate(runner.stops))
        if (stop == Stop::Asks)
          state.facts.assume(terms, runner.asked[agent].open, true,
                             unsigned(agent));
    }
    run();
  }

  Runner run() {
    Runner runner(program, network, state, trace);
    runner.runAll();
    EXPECT_FALSE(runner.finding);
    return runner;
  }

  Ref inductionOf(unsigned agent) {
    for (const Frame &frame : state.agents[agent].frames)
      if (auto loop = dyn_cast_or_null<scf::ForOp>(frame.owner))
        return std::get<Ref>(state.agents[agent].cells.at(
            program.numberOf(loop.getInductionVar())));
    return nullptr;
  }

  test::KernelFile file;
  Terms terms;
  Program program;
  Network network;
  State state;
  Trace trace;
};

} // namespace

TEST_F(WideningTest, MakesLaterRoundsOne) {
  std::string keys[2];
  for (unsigned rounds : {3, 4}) {
    state = State(program, network);
    goOn(rounds);
    EXPECT_NE(keyOf(state, 1), keys[0]) << "rounds look alike before";
    generalise(state, program, 1);
    keys[rounds - 3] = keyOf(state, 1);
  }
  EXPECT_EQ(keys[0], keys[1]);
}

/// Two roles in step hold the same unknown, or some rounds from it.
TEST_F(WideningTest, KeepsDistances) {
  goOn(3);
  Ref before = terms.subtract(inductionOf(0), inductionOf(1));
  ASSERT_TRUE(before->is(Kind::Constant));
  generalise(state, program, 1);
  EXPECT_EQ(terms.subtract(inductionOf(0), inductionOf(1)), before);
}

/// That a loop is not at its end stays known; how often it has gone does not.
TEST_F(WideningTest, KeepsHowFarTheEndIs) {
  goOn(3);
  generalise(state, program, 1);
  Ref n = program.getGlobals().lookup(file.kernel().getBody().getArgument(0));
  Ref from =
      program.getGlobals().lookup(file.kernel().getBody().getArgument(1));
  Interval rest = state.facts.rangeOf(terms, terms.subtract(n, inductionOf(1)));
  EXPECT_GE(rest.low, 1);
  Interval gone =
      state.facts.rangeOf(terms, terms.subtract(inductionOf(1), from));
  EXPECT_EQ(gone.low, Interval::kLeast);
}
