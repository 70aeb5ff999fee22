// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Relations between the dimensions and scalars of a call, and what a GPU asks
// of tensors.
#include "CallChecker.h"

#include "tessera/Runtime/Dtype.h"

#include <bit>

using namespace tessera;
using namespace tessera::program;
using rt::makeError;

static constexpr int64_t kCopiedBytes = 16; // pieces of the copy engine

void CallChecker::defineSymbol(const Constraint &c) {
  if (!(c.flags & kDefines) || call.values[size_t(c.target)] ||
      !call.values[size_t(c.value)])
    return;
  SymbolValue &symbol = call.symbols[size_t(expression(c.target).a)];
  symbol.value = call.values[size_t(c.value)];
  // Errors about it point at what it was computed from.
  if (Index from = firstSymbol(c.value); from != kNone) {
    symbol.param = call.symbols[size_t(from)].param;
    symbol.dim = call.symbols[size_t(from)].dim;
  }
  evaluate();
}

Error CallChecker::checkConstraint(const Constraint &c) {
  defineSymbol(c);
  for (Index operand : {c.value, c.target})
    if (operand != kNone)
      if (Error error = checkKnown(operand))
        return error;
  switch (c.kind) {
  case ConstraintKind::Equal:
    return checkEqual(c);
  case ConstraintKind::Multiple:
    return checkMultiple(c);
  case ConstraintKind::Within:
    return checkWithin(c);
  case ConstraintKind::Broadcast:
    return checkBroadcast(c);
  case ConstraintKind::Sizes:
    return checkSizes(c);
  case ConstraintKind::Lists:
    return checkLists(c);
  case ConstraintKind::Dense:
    return checkDense(c);
  case ConstraintKind::Copied:
    return checkCopied(c);
  }
  return Error(); // verified
}

Error CallChecker::checkEqual(const Constraint &c) const {
  if (number(c.target) == number(c.value))
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT, "%s: %s", function(),
                   fillIn(c).chars);
}

Error CallChecker::checkWithin(const Constraint &c) const {
  int64_t found = number(c.target);
  if (found >= c.minimum && found <= c.maximum)
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT, "%s: %s", function(),
                   fillIn(c).chars);
}

Error CallChecker::checkMultiple(const Constraint &c) const {
  int64_t multiple = number(c.target), divisor = number(c.value);
  if (divisor == 0 ? multiple == 0 : multiple % divisor == 0)
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: %s are not a multiple of %s; pass a number of %s that "
                   "divides the %s",
                   function(), describe(c.target).chars,
                   describe(c.value).chars, noun(c.value, "the second"),
                   noun(c.target, "first"));
}

Error CallChecker::checkBroadcast(const Constraint &c) const {
  int64_t found = tensor(c.param).dims[c.dim];
  if (found == 1 || found == number(c.value))
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: '%s' has %lld in dim %d, but it gates %s; %s",
                   function(), name(c.param), (long long)found, c.dim,
                   describe(c.value).chars,
                   advice(c.param, "make them equal, or pass 1 here"));
}

//===----------------------------------------------------------------------===//
// What GPUs want
//===----------------------------------------------------------------------===//

/// Kernels index such a tensor by themselves, with 32 bits.
Error CallChecker::checkDense(const Constraint &c) const {
  const tessera_tensor &found = tensor(c.param);
  int64_t elements = 1;
  // A product that has become 0 belongs to a tensor that has no elements.
  for (int32_t d = found.rank - 1; d >= 0 && elements != 0; --d) {
    if (found.dims[d] > 1 && found.strides[d] != elements)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: '%s' has stride %lld in dim %d, %lld is accepted; "
                       "pass a contiguous copy",
                       function(), name(c.param), (long long)found.strides[d],
                       d, (long long)elements);
    if (__builtin_mul_overflow(elements, found.dims[d], &elements) ||
        elements > INT32_MAX)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: '%s' has 2^31 elements or more; pass fewer batch "
                       "entries or heads at a time",
                       function(), name(c.param));
  }
  return Error();
}

Error CallChecker::checkCopied(const Constraint &c) const {
  const tessera_tensor &found = tensor(c.param);
  if (std::bit_cast<uintptr_t>(found.data) % kCopiedBytes != 0)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' lies at address %p, no multiple of 16; pass an "
                     "aligned copy",
                     function(), name(c.param), found.data);
  int64_t elements = kCopiedBytes / rt::dtypeBytes(dtypeOf(found));
  for (int32_t d = 0; d + 1 < found.rank; ++d)
    if (found.dims[d] > 1 && found.strides[d] % elements != 0)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: '%s' has stride %lld in dim %d, a multiple of "
                       "%lld elements (16 bytes) is accepted; pass a copy with "
                       "longer rows",
                       function(), name(c.param), (long long)found.strides[d],
                       d, (long long)elements);
  return Error();
}
