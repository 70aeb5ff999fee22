// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C++ face of tessera_error. Everything in lib/Runtime is kept free of
// symbols of the C++ library (no fmt, no std::string), so that a C program
// links the archive with a C compiler alone.
#ifndef TESSERA_RUNTIME_ERROR_H
#define TESSERA_RUNTIME_ERROR_H

#include "tessera-c/Runtime.h"

#include <utility>

namespace tessera::rt {

/// Owns a tessera_error; empty is success.
///
///   if (Error error = pool.resize(4))
///     return error;
class [[nodiscard]] Error {
public:
  Error() = default;
  /// Takes ownership; NULL is success.
  explicit Error(tessera_error *owned) : owned(owned) {}
  Error(Error &&other) noexcept : owned(std::exchange(other.owned, nullptr)) {}
  Error &operator=(Error &&other) noexcept {
    std::swap(owned, other.owned);
    return *this;
  }
  ~Error() {
    if (owned) // without a call where all is well
      tessera_error_destroy(owned);
  }

  /// True if there is an error.
  explicit operator bool() const { return owned != nullptr; }
  int32_t code() const { return tessera_error_code(owned); }
  /// One line; "" for success.
  const char *message() const { return tessera_error_message(owned); }

  /// Hands the error to a caller in C.
  tessera_error *release() { return std::exchange(owned, nullptr); }

private:
  tessera_error *owned = nullptr;
};

/// An error whose message is formatted like printf's; the text is one line.
__attribute__((format(printf, 2, 3))) Error makeError(int32_t code,
                                                      const char *format, ...);

} // namespace tessera::rt

#endif // TESSERA_RUNTIME_ERROR_H
