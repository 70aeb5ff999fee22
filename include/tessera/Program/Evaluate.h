// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The numbers of one call: what its arguments say, what a device has, and all
// that expressions make of them.
#ifndef TESSERA_PROGRAM_EVALUATE_H
#define TESSERA_PROGRAM_EVALUATE_H

#include "tessera/Program/Program.h"

namespace tessera::program {

/// A number of a call, or why there is none.
struct Value {
  enum State : uint8_t {
    Unknown, ///< nothing has determined it yet
    Known,
    Overflows, ///< is outside the integers that it must be of
    Divides    ///< by 0
  };
  int64_t number = 0;
  State state = Unknown;

  explicit operator bool() const { return state == Known; }
};

/// The value of a symbol, and the argument that gave it.
struct SymbolValue {
  Value value;
  Index param = kNone;
  Index dim = kNone; ///< none: the value of a scalar
};

/// What a device has; numbers that are not known make what needs them unknown.
struct DeviceValues {
  Value numbers[kDeviceNumbers]; ///< by DeviceNumber, but for ResidentCtas
  /// Of each kernel; where negative, or past the end, it is not known.
  std::span<const int64_t> residentCtas;
};

/// What expressions are computed from. Tensors are by parameter, as a check has
/// left them: with all their dimensions, and stride 0 along those whose one
/// element is read again and again.
struct Bindings {
  std::span<const SymbolValue> symbols;
  const tessera_tensor *tensors = nullptr;
  const DeviceValues *device = nullptr;
};

/// Computes, of all expressions, those that are unknown in `values`, which has
/// one place for each. The only place that knows what ceil(Sq / 64) is.
void evaluate(const Program &program, const Bindings &bindings,
              std::span<Value> values);

} // namespace tessera::program

#endif // TESSERA_PROGRAM_EVALUATE_H
