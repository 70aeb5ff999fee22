// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CUDA driver, opened when it is first wanted: a program that links this
// starts on any machine. Errors are those of lib/Runtime, rt::Error and
// rt::Expected: they cross the C interface as they are, and like them nothing
// here needs a symbol of the C++ library (no fmt, no std::string).
#ifndef TESSERA_DRIVER_DRIVER_H
#define TESSERA_DRIVER_DRIVER_H

#include "tessera/Driver/Functions.h"
#include "tessera/Runtime/Expected.h"

namespace tessera::driver {

using rt::Error;
using rt::Expected;

/// The driver's functions, all of them found and the driver initialised.
class Driver {
public:
  /// The driver of this machine, libcuda.so.1, loaded by the first call and
  /// kept until the process ends. Without a driver or a GPU every call gives
  /// the same error, TESSERA_NO_GPU. Thread-safe.
  static Expected<const Driver *> open();

  /// The driver in another file; for tests. The file stays loaded: a driver has
  /// threads of its own, which must not lose their code.
  static Expected<Driver> load(const char *path);

  const Functions &functions() const { return table; }

  /// The newest CUDA that the driver knows: 12040 for 12.4.
  int32_t cudaVersion() const { return version; }

  /// GPUs that the process may use; ordinals count from 0.
  Expected<int32_t> deviceCount() const;

  /// Success, or an error of one line: the call, what it was to do (formatted
  /// like printf's), the driver's own words, and what helps.
  __attribute__((format(printf, 3, 4))) Error check(Status status,
                                                    const char *purpose,
                                                    ...) const;

private:
  Driver() = default;
  Error initialise();

  Functions table;
  int32_t version = 0;
};

} // namespace tessera::driver

#endif // TESSERA_DRIVER_DRIVER_H
