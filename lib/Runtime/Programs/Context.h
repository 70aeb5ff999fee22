// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device that programs are found for: the host, or a context of a GPU.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_CONTEXT_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_CONTEXT_H

#include "Memory.h"

#include "tessera-c/Gpu.h"
#include "tessera/Driver/Context.h"
#include "tessera/Program/Evaluate.h"

#include <atomic>
#include <optional>

struct tessera_context {
  /// Its programs hold it as well as its owner.
  void retain() { references.fetch_add(1, std::memory_order_relaxed); }
  void release();

  /// What expressions may ask for, but for kernels and the workspace.
  void fill(tessera::program::DeviceValues &values) const;

  /// Why a program for `chip` does not run here, or null. `why` has room for
  /// it.
  const char *whyNot(const char *chip, char (&why)[96]) const;

  /// The word in which kernels keep the first offence that they find; it is
  /// made by the first program that has one.
  tessera::rt::Expected<tessera::driver::DevicePointer> errorWord();

  std::atomic<int32_t> references{1};
  bool isHost = true;
  char name[256] = "host";
  int32_t major = 0, minor = 0; ///< 9 and 0 of sm_90
  int32_t multiprocessors = 0;  ///< that it may use
  int64_t l2Bytes = 0;
  std::optional<tessera::driver::Context> primary; ///< unless it is a caller's
  tessera::driver::ContextView view{};
  tessera::rt::Mutex mutex;
  tessera::driver::DevicePointer word = 0;
};

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_CONTEXT_H
