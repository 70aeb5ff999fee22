// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A GPU, and its primary context: the one that every library of a process
// shares. Whatever is made in a context must be destroyed before it.
#ifndef TESSERA_DRIVER_CONTEXT_H
#define TESSERA_DRIVER_CONTEXT_H

#include "tessera/Driver/Driver.h"

#include <cstdarg>
#include <utility>

namespace tessera::driver {

/// What one asks of a GPU before choosing a kernel.
struct DeviceProperties {
  char name[256];              // "NVIDIA H200"
  int32_t major, minor;        // 9 and 0 of sm_90
  int32_t multiprocessors;     // SMs
  int64_t l2Bytes;             //
  int64_t sharedBytesPerBlock; // static and dynamic, with opt-in
  int32_t clockKilohertz;      // of the SMs, at most
  int32_t driverVersion;       // 12040 for CUDA 12.4
};

/// Names a context without owning it; small, passed by value.
struct ContextView {
  const Driver *driver;
  ContextHandle handle;
  DeviceHandle device;
  int32_t ordinal; // for errors

  /// Runs body(functions), a call of the driver that returns its Status, while
  /// the context is current. `purpose` is formatted like printf's, for errors:
  ///
  ///   view.call([&](const Functions &f) { return f.memAlloc(&address, n); },
  ///             "allocating %zu bytes", n);
  template <typename Body>
  __attribute__((format(printf, 3, 4))) Error call(Body body,
                                                   const char *purpose,
                                                   ...) const;

private:
  Error checkHere(Status status, const char *purpose, va_list args) const;
};

/// Makes a context the calling thread's current one; the previous one returns
/// when this goes. Everything in this library does so by itself: use it around
/// calls of other libraries.
class Current {
public:
  explicit Current(const ContextView &context);
  ~Current();
  Current(const Current &) = delete;
  Current &operator=(const Current &) = delete;

  /// Why the context could not be made current; ask before going on.
  Error takeError() { return std::move(failure); }

private:
  const Driver *driver;
  ContextHandle previous = nullptr;
  bool changed = false;
  Error failure;
};

template <typename Body>
Error ContextView::call(Body body, const char *purpose, ...) const {
  Current current(*this);
  if (Error error = current.takeError())
    return error;
  Status status = body(driver->functions());
  va_list args;
  va_start(args, purpose);
  Error error = checkHere(status, purpose, args);
  va_end(args);
  return error;
}

/// Holds the primary context of a GPU.
class Context {
public:
  /// `driver` must live as long as the context.
  static Expected<Context> retain(const Driver &driver, int32_t ordinal);
  Context(Context &&other) noexcept
      : held(std::exchange(other.held, ContextView{})) {}
  Context &operator=(Context &&other) noexcept {
    std::swap(held, other.held);
    return *this;
  }
  ~Context();

  const ContextView &view() const { return held; }
  operator const ContextView &() const { return held; }
  Expected<DeviceProperties> properties() const;

private:
  explicit Context(const ContextView &view) : held(view) {}

  ContextView held;
};

/// One attribute of the context's GPU.
Expected<int32_t> deviceAttribute(const ContextView &context,
                                  DeviceAttribute attribute);

} // namespace tessera::driver

#endif // TESSERA_DRIVER_CONTEXT_H
