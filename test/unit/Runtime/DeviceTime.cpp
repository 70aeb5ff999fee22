// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What calls cost the host on a real driver: the library's part is the
// difference to the same calls of the driver, made by hand.
#include "DeviceRunner.h"

#include "tessera/Driver/Module.h"
#include "tessera/Driver/TensorMap.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

using namespace tessera;

/// The median of rounds, in ns a call; between rounds the GPU catches up.
template <typename Body>
static double time(const Runner &runner, Body body) {
  constexpr int kRounds = 31, kCalls = 100;
  double rounds[kRounds];
  for (double &nanoseconds : rounds) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i)
      body();
    std::chrono::duration<double, std::nano> passed =
        std::chrono::steady_clock::now() - start;
    nanoseconds = passed.count() / kCalls;
    (void)driver::synchronize(runner.context(), runner.stream).code();
  }
  std::nth_element(rounds, rounds + kRounds / 2, rounds + kRounds);
  return rounds[kRounds / 2];
}

namespace {

/// The steps of DeviceRecord for all rows, by the driver's own functions.
class ByHand {
public:
  static rt::Expected<ByHand> make(const Runner &runner) {
    TAKE(module, driver::Module::loadPtx(runner.context(), kDeviceKernels));
    TAKE(scale, module->kernel("scale"));
    TAKE(copyBox, module->kernel("copyBox"));
    const Memory &memory = runner.space();
    driver::TensorMapSpec spec;
    spec.dtype = TESSERA_F32;
    spec.address = memory.x.address();
    spec.rank = 2;
    spec.dims[0] = spec.box[0] = kColumns;
    spec.dims[1] = kRows, spec.box[1] = 4;
    spec.strideBytes[0] = int64_t(sizeof(float[kColumns]));
    ByHand made{runner, std::move(*module), scale->function(),
                copyBox->function()};
    TRY(driver::encodeTensorMap(runner.context().view(), spec, made.map));
    return made;
  }

  bool enqueue() {
    const driver::Functions &f = runner.context().view().driver->functions();
    DevicePointer x = runner.space().x.address(),
                  y = runner.space().y.address(),
                  box = runner.space().workspace.address();
    float factor = 1;
    int32_t count = int32_t(kRows * kColumns);
    void *scaled[] = {&y, &factor, &count}, *copied[] = {&map, &box};
    driver::LaunchAttribute together{driver::kLaunchCooperative, 0, 1, {}, {}};
    driver::LaunchConfig wide{32,        1, 1, 256, 1, 1, 0, runner.stream,
                              &together, 1},
        narrow{1, 1, 1, 1, 1, 1, 0, runner.stream, nullptr, 0};
    auto worked = [](driver::Status status) {
      return status.result == driver::Result::Success;
    };
    return worked(f.setWords(box + 512, 0, kBox, runner.stream)) &&
           worked(f.copyOnDevice(y, x, sizeof(float[kRows * kColumns]),
                                 runner.stream)) &&
           worked(f.launchKernelEx(&wide, scale, scaled, nullptr)) &&
           worked(f.launchKernelEx(&narrow, copyBox, copied, nullptr)) &&
           worked(f.launchKernelEx(&narrow, copyBox, copied, nullptr));
  }

private:
  ByHand(const Runner &runner, driver::Module module,
         driver::FunctionHandle scale, driver::FunctionHandle copyBox)
      : runner(runner), module(std::move(module)), scale(scale),
        copyBox(copyBox) {}

  const Runner &runner;
  driver::Module module;
  driver::FunctionHandle scale, copyBox;
  driver::TensorMap map;
};

} // namespace

Error tessera::measureHostTime(const Runner &runner, Library &library,
                               const Context &context) {
  driver::Current current(runner.context());
  TAKE(byHand, ByHand::make(runner));
  TAKE(program, library.find(context, {"f", {}}));
  TAKE(launches, runner.prepare(kRows, 1));
  const Memory &memory = runner.space();
  tessera_tensor x = memory.tensor(memory.x, kRows),
                 y = memory.tensor(memory.y, kRows);
  float factor = 1;
  void *args[] = {&x, &y, &factor};
  Error failure;
  auto keep = [&](Error error) {
    if (error)
      failure = std::move(error);
  };
  bool isFine = true;
  auto prepare = [&](tessera_program *found, uint32_t flags) {
    keep(Launches::prepare(found, args, flags).takeError());
  };
  double direct = time(runner, [&] { isFine &= byHand->enqueue(); });
  double run = time(runner, [&] { keep(runner.run(*launches)); });
  double findAlone =
      time(runner, [&] { isFine &= bool(library.find(context, {"f", {}})); });
  double known = time(runner, [&] { prepare(*program, 0); });
  double asked =
      time(runner, [&] { prepare(*program, TESSERA_CHECK_POINTERS); });
  int64_t turn = 0;
  double fresh = time(runner, [&] {
    // Other extents, so another map each time.
    x.dims[0] = y.dims[0] = 8 + turn++ % (kRows - 8);
    prepare(*program, 0);
  });
  REQUIRE(isFine);
  std::printf("  host time, ns: fill, copy and three kernels by the driver's "
              "functions %.0f, by run %.0f; find %.0f; prepare, the maps known "
              "%.0f, one map new %.0f, with two pointers looked at %.0f\n",
              direct, run, findAlone, known, fresh, asked);
  return failure;
}
