// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of the checks of a call, and scalars.
#include "CallChecker.h"

#include <cmath>
#include <cstring>

using namespace tessera;
using namespace tessera::program;
using rt::makeError;

Error program::checkCall(const Program &program, void *const *args,
                         Reading reading, ComputeFunction compute,
                         const CheckedCall &into) {
  for (SymbolValue &symbol : into.symbols)
    symbol = {};
  for (Value &value : into.values)
    value = {};
  return CallChecker(program, args, into).check(reading, compute);
}

Expected<int64_t> program::require(const Program &program,
                                   const CheckedCall &call, Index index,
                                   NumberRange range, const char *what) {
  return CallChecker(program, nullptr, call).require(index, range, what);
}

Error CallChecker::check(Reading reading, ComputeFunction compute) {
  if (Error error = checkCpu())
    return error;
  auto arguments = Index(program.argumentCount());
  for (Index i = 0; i < arguments; ++i)
    if (Error error = checkArgument(i))
      return error;
  for (Index i = 0; i < arguments; ++i)
    if (param(i).kind == ParamKind::Output)
      if (Error error = checkOutputApart(i))
        return error;
  if (Error error = checkComputed(compute))
    return error;
  evaluate();
  for (const Constraint &constraint : program.constraints()) {
    if (constraint.flags & kReads && reading == Reading::No)
      continue;
    if (Error error = checkConstraint(constraint))
      return error;
  }
  return Error();
}

void CallChecker::evaluate() const {
  program::evaluate(program, {call.symbols, call.tensors.data(), nullptr},
                    call.values);
}

Error CallChecker::checkCpu() const {
  int32_t level = tessera_cpu_level(), least = program.header().leastCpuLevel;
  if (level >= least)
    return Error();
  const char *needs =
      least >= 4 ? "AVX-512 (F, BW, CD, DQ, VL)" : "AVX2, FMA, F16C and BMI";
  Phrase has;
  if (level == 0)
    has.add("is below level 3");
  else
    has.add("has level %d", level);
  return makeError(TESSERA_UNSUPPORTED_CPU,
                   "%s: compiled for x86-64 level %d (%s), this processor %s; "
                   "compile it for a lower level",
                   function(), least, needs, has.chars);
}

Error CallChecker::checkArgument(Index index) {
  if (!args[index])
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' is NULL; pass a pointer to a %s", function(),
                     name(index),
                     isTensor(param(index)) ? "tessera_tensor" : "value");
  switch (param(index).kind) {
  case ParamKind::ScalarI32:
    return checkScalarI32(index, *static_cast<const int32_t *>(args[index]));
  case ParamKind::ScalarF32:
    return checkScalarF32(index, *static_cast<const float *>(args[index]));
  default:
    return checkTensor(index);
  }
}

Error CallChecker::checkScalarI32(Index index, int64_t found) {
  const Param &scalar = param(index);
  if (found >= scalar.minimum && found <= scalar.maximum)
    return scalar.symbol != kNone ? bind(index, kNone, scalar.symbol, found)
                                  : Error();
  const char *verb = isComputed(scalar) ? "is computed as" : "is";
  Phrase range;
  range.add("%lld to %lld", (long long)scalar.minimum,
            (long long)scalar.maximum);
  if (*text(scalar.hint) || isComputed(scalar))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' %s %lld, %s is accepted; %s", function(),
                     name(index), verb, (long long)found, range.chars,
                     advice(index, "pass other arguments"));
  return makeError(TESSERA_INVALID_ARGUMENT, "%s: '%s' %s %lld; pass %s",
                   function(), name(index), verb, (long long)found,
                   range.chars);
}

Error CallChecker::checkScalarF32(Index index, float found) const {
  if (!(param(index).flags & kPositive) || (std::isfinite(found) && found > 0))
    return Error();
  return makeError(
      TESSERA_INVALID_ARGUMENT,
      "%s: '%s' is %s%g, a finite number above 0 is accepted; %s", function(),
      name(index), isComputed(param(index)) ? "computed as " : "",
      double(found), advice(index, "pass 1/sqrt(head dimension) if in doubt"));
}

/// What the function computes from its arguments is checked as they are.
Error CallChecker::checkComputed(ComputeFunction compute) {
  auto first = Index(program.argumentCount()),
       end = Index(program.params().size());
  constexpr Index kMost = 64;
  int32_t results[kMost] = {};
  if (first == end)
    return Error();
  if (!compute || end - first > kMost)
    return makeError(TESSERA_INTERNAL,
                     "%s: nothing computes '%s'; this is a defect of the "
                     "compiler, please report it",
                     function(), name(first));
  compute(args, call.tensors.data(), results);
  for (Index i = first; i < end; ++i) {
    if (param(i).kind == ParamKind::ComputedI32) {
      if (Error error = checkScalarI32(i, results[i - first]))
        return error;
      continue;
    }
    float found = 0;
    std::memcpy(&found, &results[i - first], sizeof(found));
    if (Error error = checkScalarF32(i, found))
      return error;
  }
  return Error();
}

Expected<int64_t> CallChecker::require(Index index, NumberRange range,
                                       const char *what) {
  if (Error error = checkKnown(index))
    return error;
  int64_t found = number(index);
  bool fits = range == NumberRange::Natural64 || found <= INT32_MAX;
  fits = fits && found >= (range == NumberRange::Signed32 ? INT32_MIN : 0);
  if (fits)
    return found;
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: '%s' would be %lld, %s to %s is accepted; pass fewer "
                   "batch entries, heads or rows at a time",
                   function(), what, (long long)found,
                   range == NumberRange::Signed32 ? "-2^31" : "0",
                   range == NumberRange::Natural64 ? "2^63 - 1" : "2^31 - 1");
}
