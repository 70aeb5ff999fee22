// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Nvml.h"

#include <chrono>
#include <cstdio>
#include <dlfcn.h>

using namespace tessera;
using namespace tessera::bench;
using Clock = std::chrono::steady_clock;

template <typename Function>
static bool resolve(void *library, const char *symbol, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, symbol));
  return function != nullptr;
}

/// "0000:3b:00.0", by which both libraries know a board; "" without one.
static std::string busIdOf(const driver::ContextView &context) {
  constexpr int attributes[] = {50, 33, 34}; // CU_DEVICE_ATTRIBUTE_PCI_*
  int32_t values[3];
  for (int i = 0; i < 3; ++i) {
    auto value = driver::deviceAttribute(
        context, static_cast<driver::DeviceAttribute>(attributes[i]));
    if (!value)
      return "";
    values[i] = *value;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%04x:%02x:%02x.0", unsigned(values[0]),
                unsigned(values[1]), unsigned(values[2]));
  return text;
}

std::optional<Nvml> Nvml::open(const driver::ContextView &context) {
  void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return std::nullopt;
  int (*init)() = nullptr;
  int (*getBoard)(const char *, void **) = nullptr;
  if (!resolve(library, "nvmlInit_v2", init) ||
      !resolve(library, "nvmlDeviceGetHandleByPciBusId_v2", getBoard) ||
      init() != 0)
    return std::nullopt;
  Nvml nvml;
  if (getBoard(busIdOf(context).c_str(), &nvml.board) != 0)
    return std::nullopt;
  resolve(library, "nvmlDeviceGetClockInfo", nvml.getClock);
  resolve(library, "nvmlDeviceGetTotalEnergyConsumption", nvml.getEnergy);
  resolve(library, "nvmlDeviceGetEnforcedPowerLimit", nvml.getLimit);
  return nvml;
}

std::optional<double> Nvml::clockMegahertz() const {
  constexpr int sm = 1; // NVML_CLOCK_SM
  unsigned megahertz = 0;
  if (!getClock || getClock(board, sm, &megahertz) != 0)
    return std::nullopt;
  return megahertz;
}

std::optional<double> Nvml::joules() const {
  unsigned long long millijoules = 0;
  if (!getEnergy || getEnergy(board, &millijoules) != 0)
    return std::nullopt;
  return double(millijoules) * 1e-3;
}

std::optional<double> Nvml::powerLimitWatts() const {
  unsigned milliwatts = 0;
  if (!getLimit || getLimit(board, &milliwatts) != 0)
    return std::nullopt;
  return milliwatts * 1e-3;
}

//===----------------------------------------------------------------------===//
// Meter
//===----------------------------------------------------------------------===//

Meter::Meter(const std::optional<Nvml> &nvml) : nvml(nvml) {
  if (nvml)
    thread = std::thread([this] { sample(); });
}

Meter::Readings Meter::stop() {
  isDone = true;
  if (thread.joinable())
    thread.join();
  return readings;
}

void Meter::sample() {
  constexpr auto pause = std::chrono::milliseconds(2);
  // The counter of energy moves in steps some 0.1 s apart; power is taken from
  // its first step to its last. A quotient over less than this is noise.
  constexpr double leastSeconds = 0.05;
  double clocks = 0;
  int64_t clockSamples = 0;
  std::optional<double> before = nvml->joules();
  double firstJoules = 0, lastJoules = 0;
  Clock::time_point first, last;
  bool hasStepped = false;
  for (int64_t i = 0; !isDone; ++i, std::this_thread::sleep_for(pause)) {
    if (std::optional<double> now = nvml->joules(); now && now != before) {
      before = now;
      lastJoules = *now;
      last = Clock::now();
      if (!std::exchange(hasStepped, true)) {
        firstJoules = lastJoules;
        first = last;
      }
    }
    // Less often: the question takes longer.
    if (i % 4 != 0)
      continue;
    if (std::optional<double> clock = nvml->clockMegahertz()) {
      clocks += *clock;
      ++clockSamples;
    }
  }
  if (clockSamples > 0)
    readings.megahertz = clocks / clockSamples;
  double seconds = std::chrono::duration<double>(last - first).count();
  if (hasStepped && seconds > leastSeconds)
    readings.watts = (lastJoules - firstJoules) / seconds;
}
