// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parameters, and what relates them.
#include "Verifier.h"

using namespace tessera::program;

void Verifier::checkParam(const Param &param) {
  expectText(param.name);
  expectText(param.hint);
  expectEnum(param.kind, int32_t(ParamKind::ComputedF32) + 1);
  expect(at == 0 || isComputed(param) || !isComputed(program.params()[at - 1]),
         "is an argument behind one that is computed");
  if (param.symbol != kNone)
    expectIndex(param.symbol, program.header().symbols, "names no symbol");
  if (!isTensor(param))
    return;
  expect(param.dtype >= TESSERA_F32 && param.dtype <= TESSERA_I32,
         "is of no known element type");
  expect(param.rank >= 0 && param.rank <= TESSERA_MAX_RANK,
         "has too many dimensions");
  for (int32_t d = 0; d < param.rank && !problem; ++d) {
    expectExpression(param.dims[d]);
    if (problem)
      return;
    const Expression &extent = program.expressions()[size_t(param.dims[d])];
    bool isNumber =
        extent.kind == ExpressionKind::Constant && extent.value >= 0;
    expect(isNumber || extent.kind == ExpressionKind::Symbol,
           "has an extent that is computed");
  }
}

/// "{t}", "{v}", "{7}" and "{7d}" are what braces are for.
void Verifier::checkMessage(Text message) {
  expectText(message);
  if (problem)
    return;
  for (const char *c = program.text(message); *c; ++c) {
    if (*c != '{')
      continue;
    const char *name = ++c;
    int64_t number = 0;
    while (*c >= '0' && *c <= '9' && number <= kMostElements)
      number = 10 * number + (*c++ - '0');
    bool isNumber = c != name;
    if (isNumber && *c == 'd')
      ++c;
    else if (!isNumber && (*c == 't' || *c == 'v'))
      ++c;
    expect(c != name && *c == '}', "has a message with stray braces");
    if (problem)
      return;
    if (isNumber)
      expectExpression(Index(number));
  }
}

void Verifier::checkConstraint(const Constraint &c) {
  expectEnum(c.kind, kConstraintKinds);
  checkMessage(c.message);
  // Also where the kind has no use for them: who prints it asks for no kind.
  for (Index param : {c.param, c.other})
    if (param != kNone)
      expectIndex(param, program.header().params, "names no parameter");
  if (problem)
    return;
  switch (c.kind) {
  case ConstraintKind::Equal:
  case ConstraintKind::Multiple:
    expectExpression(c.target);
    expectExpression(c.value);
    if (!problem && c.flags & kDefines)
      expect(program.expressions()[size_t(c.target)].kind ==
                 ExpressionKind::Symbol,
             "defines what is no symbol");
    return;
  case ConstraintKind::Within:
    return expectExpression(c.target);
  case ConstraintKind::Broadcast:
    expectTensor(c.param);
    expectExpression(c.value);
    return expect(problem || (c.dim >= 0 &&
                              c.dim < program.params()[size_t(c.param)].rank),
                  "names a dimension that is not there");
  case ConstraintKind::Sizes:
    expectTensor(c.param);
    expectExpression(c.value);
    if (problem)
      return;
    expect(program.params()[size_t(c.param)].dtype == TESSERA_I32 &&
               program.params()[size_t(c.param)].rank >= 1 &&
               program.params()[size_t(c.param)].rank <= 2,
           "wants sizes of another shape");
    return expect(c.maximum >= 0, "has blocks of a negative size");
  case ConstraintKind::Lists: {
    expectTensor(c.param);
    expectExpression(c.value);
    expectExpressionOrNone(c.target);
    if (c.other != kNone)
      expectTensor(c.other);
    if (problem)
      return;
    const Param &index = program.params()[size_t(c.param)];
    expect(index.dtype == TESSERA_I32 && index.rank == 4,
           "wants lists of another shape");
    if (c.other == kNone)
      return;
    const Param &count = program.params()[size_t(c.other)];
    return expect(count.dtype == TESSERA_I32 && count.rank == 3,
                  "wants counts of another shape");
  }
  case ConstraintKind::Dense:
  case ConstraintKind::Copied:
    return expectTensor(c.param);
  }
}

bool Verifier::checkSignature() {
  return each("expression", program.expressions(),
              [&](const Expression &e) { checkExpression(e); }) &&
         each("symbol", program.symbols(),
              [&](const Symbol &symbol) {
                expectText(symbol.name);
                expectText(symbol.noun);
              }) &&
         each("parameter", program.params(),
              [&](const Param &param) { checkParam(param); }) &&
         each("constraint", program.constraints(),
              [&](const Constraint &c) { checkConstraint(c); });
}
