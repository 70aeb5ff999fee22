// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of the checks of a call, scalars, and the texts its errors share.
#include "CallChecker.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

using namespace tessera::rt;

tessera_error *tessera_rt_check_call(const tessera_rt_signature *signature,
                                     void *const *args) {
  constexpr int32_t kOnStack = 32;
  int32_t count = signature->num_symbols;
  if (count <= kOnStack) {
    Symbol symbols[kOnStack];
    return CallChecker(*signature, args, symbols).check().release();
  }
  auto *symbols =
      static_cast<Symbol *>(std::malloc(sizeof(Symbol) * size_t(count)));
  if (!symbols)
    return tessera_rt_error(TESSERA_OUT_OF_MEMORY,
                            "out of memory while checking a call");
  for (int32_t i = 0; i < count; ++i)
    new (&symbols[i]) Symbol();
  Error error = CallChecker(*signature, args, symbols).check();
  std::free(symbols);
  return error.release();
}

tessera_error *tessera_rt_memory_error(const tessera_rt_signature *signature,
                                       int64_t bytes) {
  if (bytes == 0)
    return nullptr;
  return makeError(TESSERA_OUT_OF_MEMORY,
                   "%s: %lld bytes for intermediate results and scratch could "
                   "not be had, nothing was computed; call it with fewer "
                   "batches or heads at a time, or leave it more memory",
                   signature->function, (long long)bytes)
      .release();
}

Error CallChecker::check() {
  if (Error error = checkCpu())
    return error;
  for (int32_t i = 0; i < signature.num_params; ++i)
    if (Error error = checkArgument(i))
      return error;
  for (int32_t i = 0; i < signature.num_params; ++i)
    if (param(i).kind == TESSERA_RT_OUTPUT)
      if (Error error = checkOutputApart(i))
        return error;
  for (int32_t i = 0; i < signature.num_constraints; ++i)
    if (Error error = checkConstraint(signature.constraints[i]))
      return error;
  return Error();
}

Error CallChecker::checkCpu() const {
  int32_t level = tessera_cpu_level();
  if (level >= signature.min_cpu_level)
    return Error();
  const char *needs = signature.min_cpu_level >= 4
                          ? "AVX-512 (F, BW, CD, DQ, VL)"
                          : "AVX2, FMA, F16C and BMI";
  Text has;
  if (level == 0)
    has.add("is below level 3");
  else
    has.add("has level %d", level);
  return makeError(TESSERA_UNSUPPORTED_CPU,
                   "%s: compiled for x86-64 level %d (%s), this processor %s; "
                   "compile it for a lower level",
                   signature.function, signature.min_cpu_level, needs,
                   has.chars);
}

Error CallChecker::checkArgument(int32_t index) {
  if (!args[index])
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' is NULL; pass a pointer to a %s",
                     signature.function, name(index),
                     isTensor(index) ? "tessera_tensor" : "value");
  switch (param(index).kind) {
  case TESSERA_RT_SCALAR_I32:
    return checkScalarI32(index);
  case TESSERA_RT_SCALAR_F32:
    return checkScalarF32(index);
  default:
    return checkTensor(index);
  }
}

Error CallChecker::checkScalarI32(int32_t index) {
  const tessera_rt_param &scalar = param(index);
  int64_t found = *static_cast<const int32_t *>(args[index]);
  if (found >= scalar.minimum && found <= scalar.maximum)
    return scalar.dims[0] < 0 ? bind(index, -1, scalar.dims[0], found)
                              : Error();
  Text range;
  range.add("%lld to %lld", (long long)scalar.minimum,
            (long long)scalar.maximum);
  if (scalar.hint)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' is %lld, %s is accepted; %s", signature.function,
                     scalar.name, (long long)found, range.chars, scalar.hint);
  return makeError(TESSERA_INVALID_ARGUMENT, "%s: '%s' is %lld; pass %s",
                   signature.function, scalar.name, (long long)found,
                   range.chars);
}

Error CallChecker::checkScalarF32(int32_t index) const {
  float found = *static_cast<const float *>(args[index]);
  if (std::isfinite(found) && found > 0)
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: '%s' is %g, a finite number above 0 is accepted; %s",
                   signature.function, name(index), double(found),
                   advice(index, "pass 1/sqrt(head dimension) if in doubt"));
}

//===----------------------------------------------------------------------===//
// Texts
//===----------------------------------------------------------------------===//

void Text::add(const char *format, ...) {
  size_t used = std::strlen(chars);
  va_list list;
  va_start(list, format);
  std::vsnprintf(chars + used, sizeof(chars) - used, format, list);
  va_end(list);
}

/// Symbols read "Skv rows": the length of the name, and the noun behind it.
static int nameLength(const char *symbol) {
  return int(std::strcspn(symbol, " "));
}

const char *CallChecker::noun(tessera_rt_ref ref, const char *otherwise) const {
  if (ref >= 0)
    return otherwise;
  const char *symbol = signature.symbols[-(ref + 1)];
  const char *behind = symbol + nameLength(symbol);
  return *behind ? behind + 1 : otherwise;
}

Text CallChecker::describe(tessera_rt_ref ref) const {
  Text text;
  if (ref >= 0) {
    text.add("%lld (fixed when compiled)", (long long)ref);
    return text;
  }
  const Symbol &symbol = symbols[-(ref + 1)];
  text.add("%lld", (long long)symbol.value);
  if (const char *what = noun(ref, nullptr))
    text.add(" %s", what);
  if (symbol.dim >= 0)
    text.add(" ('%s' dim %d)", name(symbol.param), symbol.dim);
  else
    text.add(" ('%s')", name(symbol.param));
  return text;
}

Text CallChecker::describeShape(const tessera_rt_param &param) const {
  Text text;
  text.add("[");
  for (int32_t d = 0; d < param.rank; ++d) {
    tessera_rt_ref ref = param.dims[d];
    text.add(d ? ", " : "");
    if (ref >= 0) {
      text.add("%lld", (long long)ref);
    } else {
      const char *symbol = signature.symbols[-(ref + 1)];
      text.add("%.*s", nameLength(symbol), symbol);
    }
  }
  text.add("]");
  return text;
}

int32_t tessera::rt::dtypeOf(const tessera_tensor &tensor) {
  int32_t dtype;
  static_assert(sizeof(dtype) == sizeof(tensor.dtype));
  std::memcpy(&dtype, &tensor.dtype, sizeof(dtype));
  return dtype;
}
