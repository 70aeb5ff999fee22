// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How long a launch takes, and how near that is to what the GPU can do.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_TIMING_H
#define TESSERA_TOOLS_TESSERA_BENCH_TIMING_H

#include "Device.h"
#include "Nvml.h"

namespace tessera::bench {

struct TimingOptions {
  int64_t launches = 100; ///< whose median counts
  /// Idle first, instead of the same kernel back to back: how fast it is on a
  /// board that is cool.
  bool isRested = false;
};

struct Timing {
  double milliseconds = 0; ///< median of single launches
  std::optional<double> megahertz, watts;

  std::optional<double> joules() const { ///< of a launch
    if (!watts)
      return std::nullopt;
    return *watts * milliseconds * 1e-3;
  }
};

llvm::Expected<Timing> measure(const PreparedKernel &kernel,
                               const std::optional<Nvml> &nvml,
                               const TimingOptions &options);

/// What one launch has to do at least.
struct Work {
  double flops = 0;     ///< two products of valid tokens, 2 for a multiply-add
  double loadBytes = 0; ///< of key and value blocks, each tile its own
  double dramBytes = 0; ///< everything once
};
Work workOf(const Problem &problem, const BlockLists &lists, bool withLse);

/// Shares of what the GPU could do in the time, 0 to 1; nothing where that is
/// not known.
struct Limits {
  std::optional<double> tensor; ///< products at the clock that was seen
  std::optional<double> l2;     ///< output of the L2 slices
  std::optional<double> dram;   ///< compulsory bytes
  std::optional<double> power;  ///< of what the board may draw
};
Limits limitsOf(const Work &work, const Timing &timing,
                const driver::DeviceProperties &gpu,
                std::optional<double> powerLimitWatts);

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_TIMING_H
