// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The texts that errors of a call share.
#include "CallChecker.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace tessera;
using namespace tessera::program;
using rt::makeError;

void Phrase::add(const char *format, ...) {
  size_t used = std::strlen(chars);
  va_list list;
  va_start(list, format);
  std::vsnprintf(chars + used, sizeof(chars) - used, format, list);
  va_end(list);
}

const char *CallChecker::noun(Index index, const char *otherwise) const {
  const Expression &e = expression(index);
  if (e.kind != ExpressionKind::Symbol)
    return otherwise;
  const char *noun = text(symbol(e.a).noun);
  return *noun ? noun : otherwise;
}

Phrase CallChecker::describe(Index index) const {
  Phrase phrase;
  const Expression &e = expression(index);
  phrase.add("%lld", (long long)number(index));
  if (e.kind == ExpressionKind::Constant)
    phrase.add(" (fixed when compiled)");
  if (e.kind != ExpressionKind::Symbol)
    return phrase;
  const SymbolValue &found = call.symbols[size_t(e.a)];
  if (const char *what = noun(index, nullptr))
    phrase.add(" %s", what);
  if (found.param != kNone && found.dim != kNone)
    phrase.add(" ('%s' dim %d)", name(found.param), found.dim);
  else if (found.param != kNone)
    phrase.add(" ('%s')", name(found.param));
  return phrase;
}

Phrase CallChecker::describeShape(const Param &param) const {
  Phrase phrase;
  phrase.add("[");
  for (int32_t d = 0; d < param.rank; ++d) {
    const Expression &extent = expression(param.dims[d]);
    phrase.add(d ? ", " : "");
    if (extent.kind == ExpressionKind::Symbol)
      phrase.add("%s", text(symbol(extent.a).name));
    else
      phrase.add("%lld", (long long)extent.value);
  }
  phrase.add("]");
  return phrase;
}

Phrase CallChecker::fillIn(const Constraint &constraint) const {
  Phrase phrase;
  const char *c = text(constraint.message);
  while (*c) {
    size_t plain = std::strcspn(c, "{");
    phrase.add("%.*s", int(plain), c);
    c += plain;
    if (!*c)
      break;
    ++c; // behind the brace
    Index index = *c == 't' ? constraint.target : constraint.value;
    if (*c >= '0' && *c <= '9')
      index = Index(std::strtol(c, nullptr, 10));
    const char *end = std::strchr(c, '}');
    bool describes = end[-1] == 'd' || *c == 't';
    if (describes)
      phrase.add("%s", describe(index).chars);
    else
      phrase.add("%lld", (long long)number(index));
    c = end + 1;
  }
  return phrase;
}

/// Visits the leaves of an expression, left to right, until one is accepted.
/// Operands come before what is made of them, so marks of one pass downward
/// reach all of it.
template <typename Accept>
static Index findSymbol(const Program &program, Index root, Accept accept) {
  Index found = kNone;
  bool isPart[kMostElements] = {};
  isPart[root] = true;
  for (Index i = root; i >= 0; --i) {
    if (!isPart[i])
      continue;
    const Expression &e = program.expressions()[size_t(i)];
    switch (e.kind) {
    case ExpressionKind::Symbol:
      if (accept(e.a))
        found = e.a;
      break;
    case ExpressionKind::Constant:
    case ExpressionKind::Stride:
    case ExpressionKind::Device:
      break;
    case ExpressionKind::Select:
      isPart[e.c] = true;
      [[fallthrough]];
    default:
      isPart[e.a] = true;
      if (e.kind != ExpressionKind::Within)
        isPart[e.b] = true;
    }
  }
  return found;
}

Index CallChecker::firstSymbol(Index index) const {
  return findSymbol(program, index, [&](Index s) {
    return call.symbols[size_t(s)].param != kNone;
  });
}

Index CallChecker::unknownSymbol(Index index) const {
  return findSymbol(program, index,
                    [&](Index s) { return !call.symbols[size_t(s)].value; });
}

Error CallChecker::checkKnown(Index index) const {
  Value value = call.values[size_t(index)];
  if (value)
    return Error();
  Index from = firstSymbol(index), missing = unknownSymbol(index);
  Index argument = from == kNone ? kNone : call.symbols[size_t(from)].param;
  if (value.state != Value::Unknown)
    return makeError(
        TESSERA_INVALID_ARGUMENT, "%s: a number computed from '%s' %s; pass %s",
        function(), argument == kNone ? "constants" : name(argument),
        value.state == Value::Divides ? "is a quotient by 0"
                                      : "is outside the integers of its type",
        value.state == Value::Divides ? "another" : "a smaller");
  return makeError(TESSERA_INTERNAL,
                   "%s: nothing determines '%s'; this is a defect of the "
                   "compiler, please report it",
                   function(),
                   missing == kNone ? "a number of the device"
                                    : text(symbol(missing).name));
}

int32_t program::dtypeOf(const tessera_tensor &tensor) {
  int32_t dtype;
  static_assert(sizeof(dtype) == sizeof(tensor.dtype));
  std::memcpy(&dtype, &tensor.dtype, sizeof(dtype));
  return dtype;
}
