// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a call costs the host: finding, preparing and running a program of two
// kernels on the fake driver, whose own calls cost almost nothing.
#include "FakeCuda.h"
#include "RecordBuilder.h"

#include "tessera/Driver/Driver.h"
#include "tessera/Runtime/Program.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace tessera;
using driver::fakeCuda;

/// The value, or the end.
template <typename T>
static T take(rt::Expected<T> expected) {
  if (!expected) {
    std::fprintf(stderr, "%s\n", expected.error().message());
    std::exit(1);
  }
  return std::move(*expected);
}

/// Prints the median of 21 rounds.
template <typename Body>
static double measure(const char *what, Body body) {
  constexpr int kRounds = 21, kCalls = 10000;
  double rounds[kRounds];
  for (double &nanoseconds : rounds) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i)
      body(i);
    std::chrono::duration<double, std::nano> passed =
        std::chrono::steady_clock::now() - start;
    nanoseconds = passed.count() / kCalls;
  }
  std::nth_element(rounds, rounds + kRounds / 2, rounds + kRounds);
  std::printf("%-44s %7.0f ns\n", what, rounds[kRounds / 2]);
  return rounds[kRounds / 2];
}

static void check(rt::Error error) {
  if (!error)
    return;
  std::fprintf(stderr, "%s\n", error.message());
  std::exit(1);
}

int main() {
  fakeCuda().deviceAttributes = {
      {16, 132}, {38, 100000}, {75, 9}, {76, 0}, {97, 232448}};
  Context context = take(Context::gpu(0));
  program::BundleWriter writer;
  Recipe recipe;
  RecordBuilder(writer, recipe).build();
  std::vector<std::byte> bytes = writer.write();
  Library library = take(Library::openBytes(bytes));
  const tessera_fact facts[] = {{"dtype", "bf16", 0},
                                {"head_dim", nullptr, 64}};
  auto find = [&] { return take(library.find(context, {"f", facts})); };

  alignas(16) static uint16_t xs[512 * 64];
  alignas(16) static float ys[512];
  alignas(256) static unsigned char workspace[4096];
  tessera_tensor x{xs, TESSERA_BF16, 2, {100, 64}, {64, 1}},
      y{ys, TESSERA_F32, 2, {2, 64}, {64, 1}};
  float scale = 1;
  void *args[] = {&x, &y, &scale};
  Launches launches = take(Launches::prepare(find(), args));
  fakeCuda().isForgetful = true;
  const driver::Driver *driver = take(driver::Driver::open());

  measure("find", [&](int) { (void)find(); });
  measure("prepare, maps known",
          [&](int) { (void)take(Launches::prepare(find(), args)); });
  measure("prepare, a new map each time", [&](int i) {
    x.dims[0] = 65 + i % 63, x.strides[0] = 64 + 8 * (i / 63 % 10);
    (void)take(Launches::prepare(find(), args));
  });
  measure("run, a fill and two kernels", [&](int) {
    check(launches.run(nullptr, workspace, sizeof(workspace)));
  });
  measure("run, another workspace each time", [&](int i) {
    check(launches.run(nullptr, workspace + 256 * (i % 2), 2048));
  });
  driver::LaunchConfig config{};
  measure("the fake driver's own launch", [&](int) {
    (void)driver->functions().launchKernelEx(&config, nullptr, nullptr,
                                             nullptr);
  });
}
