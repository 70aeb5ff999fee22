// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls carried out as a record says: steps, workspace, grids, refusals.
#include "KernelFile.h"

#include "tessera/Compiler/ReadSteps.h"
#include "tessera/Simulator/Program.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::test;
using program::Index;
using program::kNone;

namespace {

/// y = x + number, by way of a copy in the workspace.
constexpr const char *kAdd = R"(
func.func @f(%x: memref<?xi32>, %y: memref<?xi32>, %number: i32) {
  %c0 = arith.constant 0 : index
  %count = memref.dim %x, %c0 : memref<?xi32>
  %rest = memref.alloc(%count) : memref<?xi32>
  %seen = memref.alloc(%count) : memref<?xi32>
  %resident = tile.resident @sm_90a::@add
  %ctas = arith.minsi %count, %resident : index
  memref.copy %x, %rest : memref<?xi32> to memref<?xi32>
  tile.launch @sm_90a::@add grid(%ctas) (%rest, %seen, %count, %number)
      : memref<?xi32>, memref<?xi32>, index, i32
  tile.launch @sm_90a::@add grid(%ctas) (SECOND, %y, %count, %number)
      : memref<?xi32>, memref<?xi32>, index, i32
  return
}
tile.module @sm_90a {
  tile.kernel @add(%from: memref<?xi32>, %to: memref<?xi32>, %count: index, %number: i32) {
    %cta = tile.cta
    %ctas = tile.ctas
    tile.role @work agents(1) each thread (%agent) {
      scf.for %i = %cta to %count step %ctas {
        %old = memref.load %from[%i] : memref<?xi32>
        %new = arith.addi %old, %number : i32
        memref.store %new, %to[%i] : memref<?xi32>
      }
    }
  }
}
)";

class SimulatedProgramTest : public testing::Test {
protected:
  /// `second`: what the second launch reads.
  void read(const char *second = "%seen") {
    std::string text = kAdd;
    text.replace(text.find("SECOND"), 6, second);
    file = parseKernel(text);
    ASSERT_EQ(file.errors, "");
    writer.head.function = writer.text("f");
    writer.head.chip = writer.text("sm_90a");
    Index rows = writer.addSymbol("N", "elements");
    addTensor("x", program::ParamKind::Input, rows);
    addTensor("y", program::ParamKind::Output, rows);
    program::Param scalar{};
    scalar.name = writer.text("number");
    scalar.kind = program::ParamKind::ScalarI32;
    scalar.minimum = 0;
    scalar.maximum = 100;
    scalar.symbol = writer.expression(writer.addSymbol("number", "")).a;
    writer.params.push_back(scalar);
    ASSERT_TRUE(succeeded(
        readSteps(*file.module->getOps<func::FuncOp>().begin(), writer)));
  }

  void addTensor(const char *name, program::ParamKind kind, Index rows) {
    program::Param row{};
    row.name = writer.text(name);
    row.kind = kind;
    row.dtype = TESSERA_I32;
    row.rank = 1;
    row.symbol = kNone;
    row.dims[0] = rows;
    writer.params.push_back(row);
  }

  /// The error; "" if there is none. `launches` are then those of the call.
  std::string run(int64_t workspaceBytes = -1,
                  const sim::Device &device = {.residentCtas = 2}) {
    program::Record record = writer.write();
    tessera_tensor tensors[2] = {};
    for (auto [tensor, data] :
         {std::pair(&tensors[0], &x), std::pair(&tensors[1], &y)}) {
      *tensor = {data->data(), TESSERA_I32, 1, {int64_t(data->size())}, {1}};
    }
    void *args[] = {&tensors[0], &tensors[1], &number};
    auto call =
        sim::ProgramCall::prepare(record.program(), *file.module, args, device);
    if (!call)
      return call.error().message();
    least = call->leastWorkspace();
    auto result = call->run(workspaceBytes < 0 ? least : workspaceBytes);
    if (!result)
      return result.error().message();
    launches = result->launches;
    return print(*result);
  }

  program::Action &firstLaunch() { return writer.actions[1]; }

  KernelFile file;
  program::Writer writer;
  std::vector<int32_t> x = {1, 2, 3}, y = {0, 0, 0};
  int32_t number = 10;
  int64_t least = 0; // bytes
  std::vector<sim::Launch> launches;
};

TEST_F(SimulatedProgramTest, CarriesOutTheStepsInTheirOrder) {
  read();
  ASSERT_EQ(run(), "");
  EXPECT_EQ(y, (std::vector<int32_t>{21, 22, 23}));
  EXPECT_EQ(x, (std::vector<int32_t>{1, 2, 3}));
  EXPECT_EQ(least, 2 * 256);
  ASSERT_EQ(launches.size(), 2u);
  EXPECT_EQ(launches[0].kernel, "add");
  EXPECT_EQ(launches[0].grid, 2);
  EXPECT_FALSE(launches[0].isCooperative);
}

TEST_F(SimulatedProgramTest, LaunchesNothingForAnEmptyGrid) {
  read();
  x.clear();
  y.clear();
  EXPECT_EQ(run(), "");
  EXPECT_TRUE(launches.empty());
}

/// The record says that the copy is done with after the first launch.
TEST_F(SimulatedProgramTest, PoisonsWhatNoStepUsesAnyMore) {
  read("%rest");
  ASSERT_EQ(run(), "");
  EXPECT_EQ(y, (std::vector<int32_t>{11, 12, 13}));
  for (program::Buffer &buffer : writer.buffers)
    buffer.lastStep = std::min(buffer.lastStep, 1);
  ASSERT_EQ(run(), "");
  EXPECT_EQ(y, (std::vector<int32_t>{9, 9, 9})) << "-1 and 10";
}

TEST_F(SimulatedProgramTest, GivesStepsTheWorkspaceThatIsGranted) {
  read();
  firstLaunch().grid[0] = writer.device(program::DeviceNumber::WorkspaceBytes);
  ASSERT_EQ(run(/*workspaceBytes=*/700), "");
  EXPECT_EQ(launches[0].grid, 700);
}

TEST_F(SimulatedProgramTest, ChecksTheCall) {
  read();
  number = 101;
  EXPECT_NE(run().find("'number' is 101"), std::string::npos) << run();
  number = 10;
  y.push_back(0);
  EXPECT_NE(run().find("'y' has 4 elements"), std::string::npos) << run();
}

TEST_F(SimulatedProgramTest, RefusesAWorkspaceThatIsTooSmall) {
  read();
  EXPECT_EQ(run(/*workspaceBytes=*/511),
            "f: the workspace is 511 bytes; pass 512 bytes at least");
}

TEST_F(SimulatedProgramTest, RefusesGridsThatItDoesNotKnow) {
  read();
  firstLaunch().grid[1] = writer.constant(3);
  EXPECT_EQ(run(), "f: kernel 'add' has a grid of 2 x 3 x 1 CTAs; the "
                   "simulator runs grids of one dimension");
  firstLaunch().grid[1] = writer.constant(1);
  firstLaunch().cluster = writer.constant(2);
  EXPECT_EQ(run(), "f: kernel 'add' has clusters of 2 CTAs; the simulator runs "
                   "CTAs that are alone");
  firstLaunch().cluster = kNone;
  firstLaunch().grid[0] = writer.constant(3);
  firstLaunch().flags = program::kCooperative;
  EXPECT_EQ(run(), "f: the 3 CTAs of kernel 'add' wait for one another, and "
                   "the device holds 2 at a time; take a larger device");
  EXPECT_EQ(run(/*workspaceBytes=*/-1, {.residentCtas = 3}), "");
  EXPECT_TRUE(launches[0].isCooperative);
}

TEST_F(SimulatedProgramTest, RefusesAModuleWithoutTheKernels) {
  read();
  writer.head.chip = writer.text("sm_100a");
  EXPECT_NE(run().find("f: the module has no kernels for sm_100a"),
            std::string::npos);
  writer.head.chip = writer.text("sm_90a");
  writer.kernels[0].name = writer.text("other");
  EXPECT_NE(run().find("f: the module has no kernel 'other'"),
            std::string::npos);
}

} // namespace
