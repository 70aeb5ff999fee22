// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is wrong with a record or a call that no check of arguments finds.
#include "ProgramFixture.h"

using namespace tessera;
using driver::DevicePointer;
using driver::fakeHandle;
using driver::Result;
using program::ActionKind;
using program::Index;
using program::kNone;
using program::MemoryKind;
using program::Writer;

namespace {

class RefusalTest : public ProgramTest {
protected:
  RefusalTest() { setRows(100); }

  /// What preparing a call of the changed record says, "" if nothing.
  std::string refusalOf(std::function<void(Writer &)> change) {
    open({{.change = std::move(change)}});
    return refusal();
  }
};

const char kDefect[] = "; this is a defect of the compiler, please report it";

/// The zero fill, of an argument.
void zeroOutput(Writer &w) { w.actions[0].to = {MemoryKind::Param, 1}; }

} // namespace

TEST_F(RefusalTest, FillsTensorsWithoutGaps) {
  EXPECT_EQ(refusalOf(zeroOutput), "");
  y.strides[0] = 72;
  EXPECT_EQ(refusal(),
            "f: 'y' has gaps between its elements, and is copied or filled as "
            "a whole; pass a contiguous tensor");
  setRows(64);
  y.strides[0] = 72;
  EXPECT_EQ(refusal(), "") << "one row has no gaps";
  setRows(0);
  EXPECT_EQ(refusal(), "");
}

TEST_F(RefusalTest, CopiesWhatIsOfOneSize) {
  auto copyTo = [](Index param) {
    return [=](Writer &w) {
      w.actions[0].kind = ActionKind::Copy;
      w.actions[0].from = {MemoryKind::Param, 1};
      w.actions[0].to = {MemoryKind::Param, param};
    };
  };
  EXPECT_EQ(refusalOf(copyTo(0)),
            std::string("f: a copy is of memories of different sizes") +
                kDefect);
  open({{.change = [&](Writer &w) {
    copyTo(1)(w);
    w.params.push_back(w.params[1]);
    w.params[3].name = w.text("z");
    std::swap(w.params[2], w.params[3]);
    w.actions[0].to.index = 2;
    for (program::Operand &operand : w.operands)
      if (operand.kind == program::OperandKind::F32)
        operand.index = 3;
  }}});
  float zs[2 * 64] = {};
  tessera_tensor z = y;
  z.data = zs;
  args = {&x, &y, &z, &scale};
  ys[100] = 17;
  Launches launches = prepared();
  ASSERT_FALSE(launches.run(nullptr, workspace, 2048));
  EXPECT_EQ(zs[100], 17);
}

TEST_F(RefusalTest, KeepsBuffersInTheWorkspace) {
  EXPECT_EQ(
      refusalOf([](Writer &w) { w.buffers[0].offset = w.constant(INT64_MAX); }),
      std::string("f: a buffer lies outside the least workspace") + kDefect);
  EXPECT_EQ(refusalOf([](Writer &w) { w.head.leastWorkspace = w.constant(4); }),
            std::string("f: a buffer lies outside the least workspace") +
                kDefect);
  EXPECT_NE(refusalOf([](Writer &w) {
              w.head.leastWorkspace = w.constant(-1);
            }).find("'bytes of workspace' would be -1"),
            std::string::npos);
}

TEST_F(RefusalTest, ChoosesWhatIsThere) {
  EXPECT_EQ(refusalOf([](Writer &w) { w.steps[2].choice = w.constant(2); }),
            std::string("f: a step chooses an alternative that is not there") +
                kDefect);
}

TEST_F(RefusalTest, LaunchesGridsThatExist) {
  EXPECT_EQ(refusalOf([](Writer &w) {
              w.actions[1].grid[0] = w.constant(int64_t(1) << 31);
            }),
            "f: 'CTAs of a grid' would be 2147483648, 0 to 2^31 - 1 is "
            "accepted; pass fewer batch entries, heads or rows at a time");
  EXPECT_NE(refusalOf([](Writer &w) {
              w.actions[1].threads = w.constant(-1);
            }).find("'threads of a CTA' would be -1"),
            std::string::npos);
  EXPECT_NE(refusalOf([](Writer &w) {
              for (program::Operand &operand : w.operands)
                if (operand.kind == program::OperandKind::I32) {
                  operand.name = w.text("rows");
                  operand.value = w.constant(int64_t(1) << 31);
                }
            }).find("'rows' would be 2147483648, -2^31"),
            std::string::npos);
}

TEST_F(RefusalTest, LaunchesCtasThatFit) {
  EXPECT_EQ(refusalOf([](Writer &w) {
              w.actions[1].threads = w.constant(1024);
              w.actions[1].cluster = w.constant(100);
            }),
            "f: no CTA of kernel 'pool', 1024 threads and 1000 bytes of shared "
            "memory, fits a multiprocessor of GPU 0; compile it with a plan of "
            "fewer stages or consumers");
}

TEST_F(RefusalTest, EncodesStridesThatMemoryHas) {
  EXPECT_EQ(refusalOf([](Writer &w) {
              w.maps[0].strides[0] = w.constant(INT64_MAX);
            }),
            "f: 'x' has a stride of 9223372036854775807 elements, which is "
            "more than memory has; pass a smaller tensor");
}

TEST_F(RefusalTest, NeedsCode) {
  open({{.change = [](Writer &w) {
    w.kernels[0].cubin = w.kernels[0].ptx = kNone;
  }}});
  EXPECT_NE(std::string(library->find(*context, {"f", {}}).error().message())
                .find("kernel 'pool' has no code; compile the function again"),
            std::string::npos);
}

TEST_F(RefusalTest, NeedsAnObjectForTheHost) {
  open({{.chip = "host"}});
  auto host = Context::host();
  auto found = library->find(*host, {"f", {}});
  ASSERT_TRUE(found) << found.error().message();
  auto launches = Launches::prepare(*found, args);
  ASSERT_FALSE(launches);
  EXPECT_STREQ(launches.error().message(),
               "f: its code for the host is not in the library; link the "
               "object to the process and open its table, or compile a bundle");
}

TEST_F(RefusalTest, PassesOnThatThereIsNoMemory) {
  open({Recipe()});
  fakeCuda().failures["cuMemAlloc_v2"] = Result::OutOfMemory;
  EXPECT_NE(refusal().find("allocating the word for errors on GPU 0"),
            std::string::npos);
}

// A choice that depends on residency loads the kernel it asks about, alone.
TEST_F(RefusalTest, AsksForResidencyBeforeItChooses) {
  EXPECT_EQ(refusalOf([](Writer &w) {
              Index resident = w.device(program::DeviceNumber::ResidentCtas, 2);
              w.steps[2].choice = w.make(program::ExpressionKind::Less,
                                         w.constant(0), resident);
            }),
            "");
  Launches launches = prepared();
  ASSERT_FALSE(launches.run(nullptr, workspace, 2048));
  EXPECT_EQ(fakeCuda().launch.function,
            fakeHandle<driver::FunctionHandle>(103));
}

// A tensor that steps over one element again and again.
TEST_F(RefusalTest, BroadcastsByStrideZero) {
  EXPECT_EQ(refusalOf([](Writer &w) { w.maps[0].strides[0] = w.constant(0); }),
            "");
  EXPECT_EQ(fakeCuda().tensorMap.dims, (std::vector<uint64_t>{64, 100}));
  EXPECT_EQ(fakeCuda().tensorMap.strideBytes, (std::vector<uint64_t>{0}));
}

// Without elements a map points at memory of another argument.
TEST_F(RefusalTest, PointsEmptyMapsAtOtherMemory) {
  open({{.change = [](Writer &w) { w.actions[1].grid[0] = w.constant(1); }}});
  setRows(0);
  x.data = nullptr;
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(fakeCuda().tensorMap.address, ys);
  EXPECT_EQ(fakeCuda().tensorMap.dims, (std::vector<uint64_t>{64, 1}));
}
