// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ranges on the timeline of a profiler that speaks NVTX 3, as Nsight does.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_RANGE_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_RANGE_H

#include "tessera/Program/Program.h"

#include <atomic>
#include <cstdint>

namespace tessera::rt {

/// From its beginning to its end this thread is seen in the function of a
/// record. Costs a load where no profiler is.
class Range {
public:
  explicit Range(const program::Program &record)
      : isOpen(state.load(std::memory_order_acquire) != State::Absent &&
               open(record.function())) {}
  ~Range() {
    if (isOpen)
      close();
  }
  Range(const Range &) = delete;
  Range &operator=(const Range &) = delete;

private:
  enum class State : uint8_t { Unknown, Absent, Present };

  static void findProfiler();
  static bool open(const char *name);
  static void close();

  static std::atomic<State> state;
  bool isOpen;
};

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_RANGE_H
