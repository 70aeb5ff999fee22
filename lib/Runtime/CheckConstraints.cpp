// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Relations between the dimensions and scalars of a call.
#include "CallChecker.h"

using namespace tessera::rt;

Error CallChecker::checkConstraint(
    const tessera_rt_constraint &constraint) const {
  defineSymbol(constraint);
  if (Error error = checkBound(constraint))
    return error;
  switch (constraint.kind) {
  case TESSERA_RT_CEIL_DIV:
    return checkCeilDiv(constraint);
  case TESSERA_RT_PRODUCT:
    return checkProduct(constraint);
  case TESSERA_RT_MULTIPLE:
    return checkMultiple(constraint);
  case TESSERA_RT_SIZES:
    return checkSizes(constraint);
  case TESSERA_RT_LISTS:
    return checkLists(constraint);
  case TESSERA_RT_VOLUME:
    return checkVolume(constraint);
  case TESSERA_RT_CUBES:
    return checkCubes(constraint);
  case TESSERA_RT_BROADCAST:
    return checkBroadcast(constraint);
  default:
    return makeError(TESSERA_INTERNAL,
                     "%s: constraint kind %d is unknown to tessera_rt %s; link "
                     "the runtime that belongs to the compiler",
                     signature.function, constraint.kind, tessera_version());
  }
}

/// The operands of each kind that are references, as bits.
static uint32_t referenceMask(int32_t kind) {
  switch (kind) {
  case TESSERA_RT_CEIL_DIV:
  case TESSERA_RT_PRODUCT:
  case TESSERA_RT_MULTIPLE:
    return 0b00011;
  case TESSERA_RT_SIZES:
    return 0b00010;
  case TESSERA_RT_LISTS:
  case TESSERA_RT_BROADCAST:
    return 0b00100;
  case TESSERA_RT_VOLUME:
  case TESSERA_RT_CUBES:
    return 0b11111;
  default:
    return 0;
  }
}

static bool relates(int32_t kind);

bool CallChecker::isBound(tessera_rt_ref ref) const {
  return ref >= 0 || symbols[-(ref + 1)].param >= 0;
}

void CallChecker::defineSymbol(const tessera_rt_constraint &c) const {
  if (isBound(c.operands[0]) || !relates(c.kind))
    return;
  for (int32_t i = 1; i < TESSERA_RT_MAX_OPERANDS; ++i)
    if ((referenceMask(c.kind) >> i & 1) && !isBound(c.operands[i]))
      return;
  Symbol &symbol = symbols[-(c.operands[0] + 1)];
  symbol.value = relatedValue(c);
  // Errors about it point at what it was computed from.
  for (int32_t i = 1; i < TESSERA_RT_MAX_OPERANDS && symbol.param < 0; ++i)
    if ((referenceMask(c.kind) >> i & 1) && c.operands[i] < 0) {
      const Symbol &from = symbols[-(c.operands[i] + 1)];
      symbol.param = from.param;
      symbol.dim = from.dim;
    }
}

Error CallChecker::checkBound(const tessera_rt_constraint &constraint) const {
  uint32_t mask = referenceMask(constraint.kind);
  for (int32_t i = 0; i < TESSERA_RT_MAX_OPERANDS; ++i) {
    tessera_rt_ref ref = constraint.operands[i];
    if (!(mask >> i & 1) || ref >= 0 || symbols[-(ref + 1)].param >= 0)
      continue;
    return makeError(TESSERA_INTERNAL,
                     "%s: no argument determines '%s'; this is a defect of the "
                     "compiler, please report it",
                     signature.function, signature.symbols[-(ref + 1)]);
  }
  return Error();
}

//===----------------------------------------------------------------------===//
// Arithmetic that stops at the largest number instead of overflowing
//===----------------------------------------------------------------------===//

static int64_t add(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t multiply(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

static int64_t ceilDiv(int64_t a, int64_t b) { return a / b + (a % b > 0); }

static bool relates(int32_t kind) {
  return kind == TESSERA_RT_CEIL_DIV || kind == TESSERA_RT_PRODUCT ||
         kind == TESSERA_RT_VOLUME || kind == TESSERA_RT_CUBES;
}

int64_t CallChecker::relatedValue(const tessera_rt_constraint &c) const {
  auto operand = [&](int32_t i) { return value(c.operands[i]); };
  switch (c.kind) {
  case TESSERA_RT_CEIL_DIV:
    return ceilDiv(operand(1), c.value);
  case TESSERA_RT_PRODUCT:
    return multiply(operand(1), c.value);
  case TESSERA_RT_VOLUME:
    return add(operand(1),
               multiply(operand(2), multiply(operand(3), operand(4))));
  default: // TESSERA_RT_CUBES
    return add(ceilDiv(operand(1), c.value),
               multiply(ceilDiv(operand(2), c.operands[5]),
                        multiply(ceilDiv(operand(3), c.operands[6]),
                                 ceilDiv(operand(4), c.operands[7]))));
  }
}

//===----------------------------------------------------------------------===//
// One function a kind
//===----------------------------------------------------------------------===//

Error CallChecker::checkCeilDiv(const tessera_rt_constraint &c) const {
  int64_t found = value(c.operands[0]);
  int64_t wanted = relatedValue(c);
  if (found == wanted)
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: %s do not match %s: in blocks of %lld these make %lld; "
                   "pass %lld",
                   signature.function, describe(c.operands[0]).chars,
                   describe(c.operands[1]).chars, (long long)c.value,
                   (long long)wanted, (long long)wanted);
}

Error CallChecker::checkProduct(const tessera_rt_constraint &c) const {
  int64_t found = value(c.operands[0]);
  int64_t wanted = relatedValue(c);
  if (found == wanted)
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: %s do not match %s of %lld each; pass %lld",
                   signature.function, describe(c.operands[0]).chars,
                   describe(c.operands[1]).chars, (long long)c.value,
                   (long long)wanted);
}

Error CallChecker::checkMultiple(const tessera_rt_constraint &c) const {
  int64_t multiple = value(c.operands[0]), divisor = value(c.operands[1]);
  if (divisor == 0 ? multiple == 0 : multiple % divisor == 0)
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: %s are not a multiple of %s; pass a number of %s that "
                   "divides the %s",
                   signature.function, describe(c.operands[0]).chars,
                   describe(c.operands[1]).chars,
                   noun(c.operands[1], "the second"),
                   noun(c.operands[0], "first"));
}

Error CallChecker::checkVolume(const tessera_rt_constraint &c) const {
  int64_t found = value(c.operands[0]), text = value(c.operands[1]);
  int64_t t = value(c.operands[2]), h = value(c.operands[3]),
          w = value(c.operands[4]);
  int64_t wanted = relatedValue(c);
  if (found == wanted)
    return Error();
  return makeError(
      TESSERA_INVALID_ARGUMENT,
      "%s: %s do not match %lld text tokens and a grid of %lld x %lld x %lld, "
      "together %lld; pass the grid and text of this tensor",
      signature.function, describe(c.operands[0]).chars, (long long)text,
      (long long)t, (long long)h, (long long)w, (long long)wanted);
}

Error CallChecker::checkCubes(const tessera_rt_constraint &c) const {
  int64_t found = value(c.operands[0]);
  int64_t textBlocks = ceilDiv(value(c.operands[1]), c.value);
  int64_t t = ceilDiv(value(c.operands[2]), c.operands[5]),
          h = ceilDiv(value(c.operands[3]), c.operands[6]),
          w = ceilDiv(value(c.operands[4]), c.operands[7]);
  int64_t wanted = relatedValue(c);
  if (found == wanted)
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: %s do not match %lld blocks of text and %lld x %lld x "
                   "%lld cubes, together %lld; pass %lld",
                   signature.function, describe(c.operands[0]).chars,
                   (long long)textBlocks, (long long)t, (long long)h,
                   (long long)w, (long long)wanted, (long long)wanted);
}

Error CallChecker::checkBroadcast(const tessera_rt_constraint &c) const {
  auto index = int32_t(c.operands[0]), dim = int32_t(c.operands[1]);
  int64_t found = tensor(index).dims[dim];
  if (found == 1 || found == value(c.operands[2]))
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: '%s' has %lld in dim %d, but it gates %s; %s",
                   signature.function, name(index), (long long)found, dim,
                   describe(c.operands[2]).chars,
                   advice(index, "make them equal, or pass 1 here"));
}
