// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A value, or the error that explains why there is none.
#ifndef TESSERA_RUNTIME_EXPECTED_H
#define TESSERA_RUNTIME_EXPECTED_H

#include "tessera/Runtime/Error.h"

#include <cassert>
#include <optional>
#include <utility>

namespace tessera::rt {

/// Like llvm::Expected, for code without LLVM. True if there is a value:
///
///   Expected<Array> array = npy::read(path);
///   if (!array)
///     return array.takeError();
///   use(*array);
template <typename T>
class [[nodiscard]] Expected {
public:
  Expected(T value) : held(std::move(value)) {}
  Expected(Error error) : failure(std::move(error)) {
    assert(failure && "success needs a value");
  }

  explicit operator bool() const { return held.has_value(); }

  T &operator*() & { return value(); }
  const T &operator*() const & {
    assert(held && "look at the error first");
    return *held;
  }
  T operator*() && { return std::move(value()); }
  T *operator->() { return &value(); }
  const T *operator->() const { return &**this; }

  const Error &error() const { return failure; }
  Error takeError() { return std::move(failure); }

private:
  T &value() {
    assert(held && "look at the error first");
    return *held;
  }

  std::optional<T> held;
  Error failure;
};

} // namespace tessera::rt

#endif // TESSERA_RUNTIME_EXPECTED_H
