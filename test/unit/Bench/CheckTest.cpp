// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel that is right passes; each way of being wrong is seen. The oracle
// takes the kernel's place on the fake driver.
#include "Check.h"
#include "BenchFixture.h"
#include "DriverFixture.h"
#include "Timing.h"

#include "llvm/ADT/STLExtras.h"

using namespace tessera;
using namespace tessera::bench;
using driver::fakeCuda;

namespace {

template <typename T>
void expectOk(llvm::Expected<T> &value) {
  if (!value)
    ADD_FAILURE() << toString(value.takeError());
}

class CheckTest : public driver::DriverTest {
protected:
  CheckTest() {
    fakeCuda().deviceAttributes = {{16, 4}, {75, 9}, {76, 0}, {97, 232448}};
    wanted = attendByOracle(problem, inputs);
  }

  /// Writes what the oracle says, then what `harm` makes of it.
  void runOracle() {
    const AttendTensors &a = device->arguments();
    auto *output = static_cast<uint16_t *>(a.output.data);
    auto *lse = static_cast<float *>(a.lse.data);
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t h = 0; h < 6; ++h)
        for (int64_t t = 0; t < 300; ++t) {
          for (int64_t f = 0; f < 32; ++f)
            output[offsetOf(a.output, b, h, t, f)] =
                oracle::toBF16(wanted.output(b, h, t, f));
          lse[offsetOf(a.lse, b, h, t)] = float(wanted.lse(b, h, t));
        }
    harm(output, lse);
  }

  /// Opens the GPU and gets everything ready; calls use(kernel).
  template <typename Use>
  void withKernel(Use use) {
    auto gpu = Gpu::open(0);
    expectOk(gpu);
    auto created = DeviceProblem::create(**gpu, inputs, /*withLse=*/true);
    expectOk(created);
    device = &*created;
    PreparedKernel kernel(**gpu, [&] {
      ++launches;
      run();
      return llvm::Error::success();
    });
    use(kernel);
  }

  Verdict verdict() {
    Verdict result;
    auto rows = sampleRows(problem, inputs.lists, 512, 1);
    auto reference =
        computeReference(problem, inputs, 1 / std::sqrt(32.0), rows);
    withKernel([&](PreparedKernel &kernel) {
      auto found = check(kernel, *device, inputs, reference);
      expectOk(found);
      result = *found;
    });
    return result;
  }

  using Harm = std::function<void(uint16_t *output, float *lse)>;
  Harm harm = [](auto...) {};
  /// In the kernel's place.
  std::function<void()> run = [this] { runOracle(); };
  Problem problem = makeRaggedProblem();
  Inputs inputs = makeInputs(problem, raggedOptions());
  oracle::AttendResult wanted;
  const DeviceProblem *device = nullptr;
  int launches = 0;
};

} // namespace

TEST_F(CheckTest, PassesWhatIsRight) {
  Verdict found = verdict();
  EXPECT_TRUE(found.passes()) << found.describe();
  EXPECT_EQ(launches, 3);
  EXPECT_TRUE(found.hasLse);
  // What rounding to bf16 alone leaves.
  EXPECT_GT(found.relativeError, 5e-4);
  EXPECT_LT(found.relativeError, 3e-3);
  EXPECT_LT(found.rowError, 1e-2);
  EXPECT_LT(found.lseError, 1e-5);
  EXPECT_EQ(found.describe().substr(0, 6), "right:");
}

TEST_F(CheckTest, SeesAWrongRowInAnyLaunch) {
  harm = [&](uint16_t *output, auto...) {
    if (launches == 2)
      for (int64_t f = 0; f < 32; ++f)
        output[f] = oracle::toBF16(3);
  };
  Verdict found = verdict();
  EXPECT_FALSE(found.passes());
  EXPECT_GT(found.relativeError, 3e-3);
  EXPECT_EQ(found.describe().substr(0, 6), "WRONG:");
}

/// The norm over all rows is small beside the error that one of them has.
TEST_F(CheckTest, SeesOneWrongRowInMany) {
  harm = [&](uint16_t *output, auto...) {
    uint16_t *largest =
        std::max_element(output, output + 32, [](uint16_t a, uint16_t b) {
          return (a & 0x7fff) < (b & 0x7fff);
        });
    *largest ^= 0x08; // 3 to 6 % of the value
  };
  Verdict found = verdict();
  EXPECT_FALSE(found.passes()) << found.describe();
  EXPECT_LT(found.relativeError, Verdict::kMostRelativeError);
  EXPECT_GT(found.rowError, Verdict::kMostRowError);
  EXPECT_NE(found.describe().find("of a row"), std::string::npos);
}

TEST_F(CheckTest, SeesANumberThatWasNotWritten) {
  harm = [&](uint16_t *output, auto...) {
    output[123457 % (300 * 32)] = 0xffff;
  };
  Verdict found = verdict();
  EXPECT_FALSE(found.passes());
  EXPECT_EQ(found.nans, 1);
}

TEST_F(CheckTest, SeesPaddingThatIsNotZero) {
  harm = [&](uint16_t *output, auto...) {
    for (int64_t f = 0; f < 32; ++f)
      output[(64 + 10) * 32 + f] = oracle::toBF16(1);
  };
  EXPECT_FALSE(verdict().passes());
}

TEST_F(CheckTest, SeesAWrongLse) {
  harm = [&](auto *, float *lse) { lse[0] += 0.01f; };
  Verdict found = verdict();
  EXPECT_FALSE(found.passes());
  EXPECT_NEAR(found.lseError, 0.01, 1e-4);
  EXPECT_LT(found.relativeError, 3e-3);
  harm = [&](auto *, float *lse) { lse[64 + 10] = 0; }; // not -inf
  EXPECT_TRUE(std::isinf(verdict().lseError));
  harm = [&](auto *, float *lse) { lse[0] = NAN; };
  found = verdict();
  EXPECT_TRUE(std::isnan(found.lseError)) << "later launches do not hide it";
  EXPECT_EQ(found.nans, 1);
}

TEST_F(CheckTest, ComparesBits) {
  auto others = [&] {
    int64_t result = -1;
    withKernel([&](PreparedKernel &kernel) {
      auto found = countOtherBits(kernel, *device, 5);
      expectOk(found);
      result = *found;
    });
    return result;
  };
  EXPECT_EQ(others(), 0);
  launches = 0;
  harm = [&](uint16_t *output, auto...) { output[7] ^= launches == 3; };
  EXPECT_EQ(others(), 1);
  harm = [&](auto *, float *lse) { lse[0] = float(launches); };
  EXPECT_EQ(others(), 4);
}

TEST_F(CheckTest, TimesSingleLaunchesInTheSteadyState) {
  run = [] {};
  withKernel([&](PreparedKernel &kernel) {
    // Events of the fake driver are 1 ms apart.
    auto timing = measure(kernel, std::nullopt, TimingOptions{11, false});
    expectOk(timing);
    EXPECT_EQ(timing->milliseconds, 1);
    EXPECT_FALSE(timing->megahertz || timing->watts || timing->joules());
    EXPECT_GT(launches, 3 + 50 + 11) << "it was kept busy before";
  });
}
