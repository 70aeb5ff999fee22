// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One pass over the expressions: operands come before what is made of them.
#include "tessera/Program/Evaluate.h"

#include <algorithm>
#include <limits>

using namespace tessera;
using namespace tessera::program;

static Value known(int64_t number) { return {number, Value::Known}; }
static Value failed(Value::State state) { return {0, state}; }

static Value divide(int64_t a, int64_t b, bool roundsUp) {
  if (b == 0)
    return failed(Value::Divides);
  int64_t quotient = 0;
  // The one quotient that there is no number for.
  if (a == std::numeric_limits<int64_t>::min() && b == -1)
    return failed(Value::Overflows);
  quotient = a / b;
  bool isExact = quotient * b == a, isNegative = (a < 0) != (b < 0);
  if (!isExact && roundsUp != isNegative)
    quotient += roundsUp ? 1 : -1;
  return known(quotient);
}

static Value within(int64_t number, NumberRange range) {
  bool fits = true;
  if (range != NumberRange::Signed32)
    fits = number >= 0;
  else
    fits = number >= std::numeric_limits<int32_t>::min();
  if (range != NumberRange::Natural64)
    fits = fits && number <= std::numeric_limits<int32_t>::max();
  return fits ? known(number) : failed(Value::Overflows);
}

static Value combine(ExpressionKind kind, int64_t a, int64_t b) {
  int64_t result = 0;
  switch (kind) {
  case ExpressionKind::Add:
    return __builtin_add_overflow(a, b, &result) ? failed(Value::Overflows)
                                                 : known(result);
  case ExpressionKind::Multiply:
    return __builtin_mul_overflow(a, b, &result) ? failed(Value::Overflows)
                                                 : known(result);
  case ExpressionKind::CeilDiv:
    return divide(a, b, /*roundsUp=*/true);
  case ExpressionKind::FloorDiv:
    return divide(a, b, /*roundsUp=*/false);
  case ExpressionKind::Minimum:
    return known(std::min(a, b));
  case ExpressionKind::Maximum:
    return known(std::max(a, b));
  default: // Less
    return known(a < b);
  }
}

static Value deviceNumber(const Expression &e, const DeviceValues *device) {
  if (!device)
    return {};
  if (DeviceNumber(e.a) != DeviceNumber::ResidentCtas)
    return device->numbers[e.a];
  if (size_t(e.b) >= device->residentCtas.size() ||
      device->residentCtas[size_t(e.b)] < 0)
    return {};
  return known(device->residentCtas[size_t(e.b)]);
}

/// A dimension of one element is not stepped along, whatever its stride says:
/// the check has made that 0.
static Value strideOf(const Expression &e, const tessera_tensor *tensors) {
  return tensors ? known(tensors[e.a].strides[e.b]) : Value();
}

static Value valueOf(const Expression &e, const Bindings &bindings,
                     std::span<const Value> values) {
  switch (e.kind) {
  case ExpressionKind::Constant:
    return known(e.value);
  case ExpressionKind::Symbol:
    return bindings.symbols[size_t(e.a)].value;
  case ExpressionKind::Stride:
    return strideOf(e, bindings.tensors);
  case ExpressionKind::Device:
    return deviceNumber(e, bindings.device);
  default:
    break;
  }
  Value a = values[size_t(e.a)];
  if (!a)
    return a;
  if (e.kind == ExpressionKind::Within)
    return within(a.number, NumberRange(e.b));
  // What is not chosen need not exist.
  if (e.kind == ExpressionKind::Select)
    return values[size_t(a.number != 0 ? e.b : e.c)];
  Value b = values[size_t(e.b)];
  return b ? combine(e.kind, a.number, b.number) : b;
}

void program::evaluate(const Program &program, const Bindings &bindings,
                       std::span<Value> values) {
  std::span<const Expression> expressions = program.expressions();
  for (size_t i = 0; i < expressions.size(); ++i)
    if (values[i].state == Value::Unknown)
      values[i] = valueOf(expressions[i], bindings, values);
}
