// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Timing.h"

#include "../RuntimeErrors.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <chrono>
#include <thread>

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace tessera::bench {

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

namespace {

/// Marks before and after each of several launches.
class Marks {
public:
  static Expected<Marks> create(const Gpu &gpu, int64_t launches) {
    Marks marks;
    for (int64_t i = 0; i < 2 * launches; ++i) {
      auto event = asLLVM(driver::Event::create(gpu.context()));
      if (!event)
        return event.takeError();
      marks.events.push_back(std::move(*event));
    }
    return marks;
  }

  Error launch(const PreparedKernel &kernel) {
    driver::StreamHandle stream = kernel.gpu().stream();
    for (size_t i = 0; i < events.size(); i += 2) {
      if (Error error = asLLVM(events[i].record(stream)))
        return error;
      if (Error error = kernel.enqueue())
        return error;
      if (Error error = asLLVM(events[i + 1].record(stream)))
        return error;
    }
    return Error::success();
  }

  /// The median; waits until all are done.
  Expected<double> medianMilliseconds() const {
    if (Error error = asLLVM(events.back().synchronize()))
      return error;
    std::vector<float> times;
    for (size_t i = 0; i < events.size(); i += 2) {
      auto time = asLLVM(events[i + 1].millisecondsSince(events[i]));
      if (!time)
        return time.takeError();
      times.push_back(*time);
    }
    llvm::sort(times);
    return times[times.size() / 2];
  }

private:
  std::vector<driver::Event> events;
};

} // namespace

static Error enqueueMany(const PreparedKernel &kernel, int64_t launches) {
  for (int64_t i = 0; i < launches; ++i)
    if (Error error = kernel.enqueue())
      return error;
  return Error::success();
}

/// What a launch takes, roughly; also brings code and data to the GPU.
static Expected<double> estimateMilliseconds(const PreparedKernel &kernel) {
  auto marks = Marks::create(kernel.gpu(), 3);
  if (!marks)
    return marks.takeError();
  if (Error error = marks->launch(kernel))
    return error;
  auto time = marks->medianMilliseconds();
  if (!time)
    return time.takeError();
  return std::max(*time, 1e-3);
}

/// Keeps the board at this kernel until it is as hot and as slow as it gets.
static Error soak(const PreparedKernel &kernel, double estimate) {
  constexpr auto duration = std::chrono::milliseconds(400);
  auto batch = std::clamp<int64_t>(50 / estimate, 1, 256);
  for (Clock::time_point start = Clock::now();
       Clock::now() - start < duration;) {
    if (Error error = enqueueMany(kernel, batch))
      return error;
    if (Error error = kernel.gpu().synchronize())
      return error;
  }
  // What is timed follows without a gap.
  return enqueueMany(kernel, batch);
}

Expected<Timing> measure(const PreparedKernel &kernel,
                         const std::optional<Nvml> &nvml,
                         const TimingOptions &options) {
  auto estimate = estimateMilliseconds(kernel);
  if (!estimate)
    return estimate.takeError();
  auto marks = Marks::create(kernel.gpu(), options.launches);
  if (!marks)
    return marks.takeError();
  if (options.isRested)
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  else if (Error error = soak(kernel, *estimate))
    return error;

  Meter meter(nvml);
  if (Error error = marks->launch(kernel))
    return error;
  // Power needs some steps of the board's counter.
  constexpr double leastMilliseconds = 400;
  double marked = options.launches * *estimate;
  if (nvml && !options.isRested && marked < leastMilliseconds)
    if (Error error =
            enqueueMany(kernel, (leastMilliseconds - marked) / *estimate))
      return error;
  auto median = marks->medianMilliseconds();
  if (!median)
    return median.takeError();
  if (Error error = kernel.gpu().synchronize())
    return error;
  Meter::Readings readings = meter.stop();
  return Timing{*median, readings.megahertz, readings.watts};
}

//===----------------------------------------------------------------------===//
// Work and limits
//===----------------------------------------------------------------------===//

Work workOf(const Problem &problem, const BlockLists &lists, bool withLse) {
  double pairs = 0, loadedBlocks = 0;
  for (int64_t tile : seq(problem.tiles())) {
    double tokens = 0;
    for (int64_t slot : seq<int64_t>(0, lists.count[tile]))
      tokens += problem.validKeys(lists.index[tile * problem.topk + slot]);
    pairs += tokens * problem.validQueries(problem.blockOf(tile));
    loadedBlocks += lists.count[tile];
  }
  constexpr double elementBytes = 2;
  double d = problem.headDim;
  double queries = double(problem.batch) * problem.heads * problem.queryLength;
  double keys = double(problem.batch) * problem.keyHeads * problem.keyLength;
  Work work;
  work.flops = 4 * d * pairs;
  work.loadBytes = 2 * loadedBlocks * problem.keyBlock * d * elementBytes;
  work.dramBytes = (2 * queries + 2 * keys) * d * elementBytes +
                   (withLse ? queries * 4 : 0) + loadedBlocks * 4 +
                   lists.count.size() * 4.0;
  return work;
}

namespace {
/// What the driver does not tell.
struct Board {
  StringLiteral name; // part of the driver's name
  double l2Slices;    // each gives 64 bytes a clock
  double dramBytesPerSecond;
};
} // namespace

static constexpr Board kBoards[] = {
    {"H100", 80, 3.35e12},
    {"H200", 94, 4.8e12},
};
static constexpr double kL2Hertz = 1.71e9;
static constexpr double kFlopsPerClock = 4096; // of an SM, bf16 and f16

Limits limitsOf(const Work &work, const Timing &timing,
                const driver::DeviceProperties &gpu,
                std::optional<double> powerLimitWatts) {
  Limits limits;
  double seconds = timing.milliseconds * 1e-3;
  if (timing.megahertz)
    limits.tensor =
        work.flops / seconds /
        (gpu.multiprocessors * kFlopsPerClock * *timing.megahertz * 1e6);
  if (timing.watts && powerLimitWatts)
    limits.power = *timing.watts / *powerLimitWatts;
  const auto *board = find_if(kBoards, [&](const Board &b) {
    return StringRef(gpu.name).contains(b.name);
  });
  if (board == std::end(kBoards))
    return limits;
  limits.l2 = work.loadBytes / seconds / (64 * board->l2Slices * kL2Hertz);
  limits.dram = work.dramBytes / seconds / board->dramBytesPerSecond;
  return limits;
}

} // namespace tessera::bench
