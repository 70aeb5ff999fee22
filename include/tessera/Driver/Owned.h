// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ownership of a handle that the driver made in some context.
#ifndef TESSERA_DRIVER_OWNED_H
#define TESSERA_DRIVER_OWNED_H

#include "tessera/Driver/Context.h"

namespace tessera::driver {

/// Holds a handle and calls `destroy`, a member of Functions, when it goes.
/// What the driver answers then is dropped: at the end of a process it may have
/// gone before us, and there is nobody to tell.
template <typename Handle, auto destroy>
class Owned {
public:
  Owned(const ContextView &context, Handle handle)
      : where(context), handle(handle) {}
  Owned(Owned &&other) noexcept
      : where(other.where), handle(std::exchange(other.handle, Handle{})) {}
  Owned &operator=(Owned &&other) noexcept {
    std::swap(where, other.where);
    std::swap(handle, other.handle);
    return *this;
  }
  ~Owned() {
    if (handle == Handle{})
      return;
    Current current(where);
    if (!current.takeError())
      (void)(where.driver->functions().*destroy)(handle);
  }

  Handle get() const { return handle; }
  const ContextView &context() const { return where; }

private:
  ContextView where;
  Handle handle;
};

} // namespace tessera::driver

#endif // TESSERA_DRIVER_OWNED_H
