// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program's side of NVTX 3: a profiler names a library in the environment,
// which asks for tables of function pointers and fills in those it has. What is
// wanted here are two, to push and to pop a range.
#include "Range.h"

#include "Memory.h"

#include <cstddef>
#include <dlfcn.h>

using namespace tessera;
using namespace tessera::rt;

namespace {

using AnyFunction = void (*)();
using GetTable = const void *(*)(uint32_t);
using Initialize = int (*)(GetTable);

/// Numbers of the protocol.
enum { kCallbacks = 1, kVersionInfo = 3 };                    // tables
enum { kCore = 1, kModules = 7 };                             // modules
enum { kRangePush = 9, kRangePop = 11, kCoreFunctions = 16 }; // of the first

AnyFunction core[kCoreFunctions];
AnyFunction others; ///< of the modules that are not used here
AnyFunction *coreTable[kCoreFunctions];
AnyFunction *otherTable[kCoreFunctions];

int getModule(int module, AnyFunction ***table, unsigned *size) {
  // How many functions each module has.
  static constexpr unsigned kSizes[kModules] = {0, kCoreFunctions, 9, 15, 7, 16,
                                                7};
  if (module <= 0 || module >= kModules)
    return 0;
  if (table)
    *table = module == kCore ? coreTable : otherTable;
  if (size)
    *size = kSizes[module];
  return 1;
}

void ignoreVersion(uint32_t /*version*/) {}

const void *getTable(uint32_t id) {
  static constexpr struct {
    size_t bytes;
    int (*getModule)(int, AnyFunction ***, unsigned *);
  } kCallbackTable = {sizeof(kCallbackTable), getModule};
  static constexpr struct {
    size_t bytes;
    uint32_t version, reserved;
    void (*setVersion)(uint32_t);
  } kVersionTable = {sizeof(kVersionTable), 3, 0, ignoreVersion};
  switch (id) {
  case kCallbacks:
    return &kCallbackTable;
  case kVersionInfo:
    return &kVersionTable;
  default:
    return nullptr;
  }
}

bool loadProfiler() {
  const char *path = std::getenv("NVTX_INJECTION64_PATH");
  if (!path || !*path)
    return false;
  for (size_t i = 1; i < kCoreFunctions; ++i) {
    coreTable[i] = &core[i];
    otherTable[i] = &others;
  }
  void *library = dlopen(path, RTLD_LAZY);
  auto initialize = reinterpret_cast<Initialize>(
      library ? dlsym(library, "InitializeInjectionNvtx2") : nullptr);
  bool isThere = initialize && initialize(getTable) != 0 && core[kRangePush] &&
                 core[kRangePop];
  logLine("%s is %s", path, isThere ? "told of runs (NVTX)" : "no profiler");
  return isThere; // what it started may still use it
}

} // namespace

std::atomic<Range::State> Range::state = State::Unknown;

void Range::findProfiler() {
  state.store(loadProfiler() ? State::Present : State::Absent,
              std::memory_order_release);
}

bool Range::open(const char *name) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, findProfiler);
  if (state.load(std::memory_order_acquire) != State::Present)
    return false;
  reinterpret_cast<int (*)(const char *)>(core[kRangePush])(name);
  return true;
}

void Range::close() { reinterpret_cast<int (*)()>(core[kRangePop])(); }
