// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the board says of itself while it works: clock and energy, by NVIDIA's
// management library, which a machine need not have.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_NVML_H
#define TESSERA_TOOLS_TESSERA_BENCH_NVML_H

#include "tessera/Driver/Context.h"

#include <atomic>
#include <optional>
#include <thread>

namespace tessera::bench {

/// One board. Every question may have no answer.
class Nvml {
public:
  /// The board that `context` is on; nothing without the library.
  static std::optional<Nvml> open(const driver::ContextView &context);

  std::optional<double> clockMegahertz() const; ///< of the SMs, now
  std::optional<double> joules() const;         ///< since the driver was loaded
  std::optional<double> powerLimitWatts() const;

private:
  int (*getClock)(void *, int, unsigned *) = nullptr;
  int (*getEnergy)(void *, unsigned long long *) = nullptr;
  int (*getLimit)(void *, unsigned *) = nullptr;
  void *board = nullptr;
};

/// Samples a board on a thread of its own from construction to stop().
class Meter {
public:
  struct Readings {
    std::optional<double> megahertz, watts; ///< means
  };

  explicit Meter(const std::optional<Nvml> &nvml);
  ~Meter() { stop(); }
  Meter(const Meter &) = delete;
  Meter &operator=(const Meter &) = delete;

  Readings stop();

private:
  void sample();

  const std::optional<Nvml> &nvml;
  std::atomic<bool> isDone = false;
  Readings readings;
  std::thread thread;
};

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_NVML_H
