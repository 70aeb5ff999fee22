// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expressions, parameters and constraints, in the terms of a caller.
#include "tessera/Program/Print.h"

#include "tessera/Runtime/Dtype.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

using namespace tessera;
using namespace tessera::program;

void Output::print(const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  int length = std::vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  if (length > 0)
    write(text,
          size_t(length) < sizeof(text) ? size_t(length) : sizeof(text) - 1);
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

namespace {

const char *deviceName(DeviceNumber number) {
  switch (number) {
  case DeviceNumber::Multiprocessors:
    return "multiprocessors";
  case DeviceNumber::L2Bytes:
    return "l2_bytes";
  case DeviceNumber::CpuLevel:
    return "cpu_level";
  case DeviceNumber::Threads:
    return "threads";
  case DeviceNumber::ResidentCtas:
    return "resident_ctas";
  case DeviceNumber::WorkspaceBytes:
    return "workspace_bytes";
  }
  return "?";
}

/// Prints what an expression is made of, inside out; equal parts are printed
/// each time they occur, so there is a limit.
class ExpressionPrinter {
public:
  ExpressionPrinter(const Program &program, Output &out)
      : program(program), out(out) {}

  /// In parentheses where it is a sum inside a product.
  void print(Index index, bool isFactor = false);

private:
  void printCall(const char *name, const Expression &e, Index operands);
  void printBinary(const Expression &e, const char *sign, bool factors);

  static constexpr int kMostParts = 200, kDeepest = 64;
  const Program &program;
  Output &out;
  int parts = 0, depth = 0;
};

} // namespace

void ExpressionPrinter::printCall(const char *name, const Expression &e,
                                  Index operands) {
  out.print("%s(", name);
  print(e.a);
  for (Index operand : {e.b, e.c}) {
    if (--operands < 1)
      break;
    out.print(", ");
    print(operand);
  }
  out.print(")");
}

void ExpressionPrinter::printBinary(const Expression &e, const char *sign,
                                    bool factors) {
  print(e.a, factors);
  out.print(" %s ", sign);
  print(e.b, factors);
}

void ExpressionPrinter::print(Index index, bool isFactor) {
  if (++parts > kMostParts || depth >= kDeepest)
    return out.print("..");
  ++depth;
  const Expression &e = program.expressions()[size_t(index)];
  switch (e.kind) {
  case ExpressionKind::Constant:
    out.print("%lld", (long long)e.value);
    break;
  case ExpressionKind::Symbol:
    out.print("%s", program.text(program.symbols()[size_t(e.a)].name));
    break;
  case ExpressionKind::Stride:
    out.print("stride(%s, %d)",
              program.text(program.params()[size_t(e.a)].name), e.b);
    break;
  case ExpressionKind::Device:
    out.print("%s", deviceName(DeviceNumber(e.a)));
    if (DeviceNumber(e.a) == DeviceNumber::ResidentCtas)
      out.print("(%s)", program.text(program.kernels()[size_t(e.b)].name));
    break;
  case ExpressionKind::Add:
    out.print(isFactor ? "(" : "");
    printBinary(e, "+", false);
    out.print(isFactor ? ")" : "");
    break;
  case ExpressionKind::Multiply:
    printBinary(e, "*", true);
    break;
  case ExpressionKind::CeilDiv:
  case ExpressionKind::FloorDiv:
    out.print(e.kind == ExpressionKind::CeilDiv ? "ceil(" : "floor(");
    printBinary(e, "/", true);
    out.print(")");
    break;
  case ExpressionKind::Minimum:
    printCall("min", e, 2);
    break;
  case ExpressionKind::Maximum:
    printCall("max", e, 2);
    break;
  case ExpressionKind::Less:
    out.print("(");
    printBinary(e, "<", false);
    out.print(")");
    break;
  case ExpressionKind::Select:
    printCall("select", e, 3);
    break;
  case ExpressionKind::Within:
    print(e.a, isFactor); // the limits of a type say nothing to a reader
    break;
  }
  --depth;
}

void program::printExpression(const Program &program, Index expression,
                              Output &out) {
  ExpressionPrinter(program, out).print(expression);
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

static void printTensor(const Program &program, const Param &param,
                        Output &out) {
  out.print("%s, %s [", param.kind == ParamKind::Output ? "output" : "input",
            rt::dtypeName(param.dtype));
  for (int32_t d = 0; d < param.rank; ++d) {
    out.print(d ? ", " : "");
    printExpression(program, param.dims[d], out);
    out.print(param.broadcast >> d & 1 ? " or 1" : "");
  }
  out.print("]");
  if (!(param.flags & kMayLackFirstDim))
    return;
  out.print(" or [");
  for (int32_t d = 1; d < param.rank; ++d) {
    out.print(d > 1 ? ", " : "");
    printExpression(program, param.dims[d], out);
  }
  out.print("]");
}

static void printInteger(const Program &program, const Param &param,
                         Output &out) {
  out.print("int32");
  if (param.symbol != kNone)
    out.print(", %s",
              program.text(program.symbols()[size_t(param.symbol)].name));
  bool hasLeast = param.minimum > INT32_MIN,
       hasMost = param.maximum < INT32_MAX;
  if (hasLeast && hasMost)
    out.print(", %lld .. %lld", (long long)param.minimum,
              (long long)param.maximum);
  else if (hasLeast)
    out.print(", at least %lld", (long long)param.minimum);
  else if (hasMost)
    out.print(", at most %lld", (long long)param.maximum);
}

void program::printParam(const Program &program, const Param &param,
                         Output &out) {
  if (isComputed(param))
    out.print("computed, ");
  if (isTensor(param))
    return printTensor(program, param, out);
  if (param.kind == ParamKind::ScalarI32 ||
      param.kind == ParamKind::ComputedI32)
    return printInteger(program, param, out);
  out.print("f32%s", param.flags & kPositive ? ", finite and > 0" : "");
}

//===----------------------------------------------------------------------===//
// Constraints
//===----------------------------------------------------------------------===//

static void printSizes(const char *param, const Constraint &c, Output &out) {
  out.print("%s counts the valid rows of each block", param);
  if (c.maximum != INT32_MAX)
    out.print(": 0 .. %lld, and no more than exist", (long long)c.maximum);
}

static void printLists(const Program &program, const char *param,
                       const Constraint &c, Output &out) {
  out.print("%s holds lists of key blocks: ", param);
  if (c.other != kNone) {
    out.print("the first %s",
              program.text(program.params()[size_t(c.other)].name));
  } else if (c.target != kNone) {
    out.print("the first ");
    printExpression(program, c.target, out);
  } else {
    out.print("all");
  }
  out.print(" entries of a list are distinct, ");
  const Expression &blocks = program.expressions()[size_t(c.value)];
  if (blocks.kind == ExpressionKind::Constant &&
      blocks.value == kUnknownBlocks) {
    out.print("0 or more");
  } else {
    out.print("0 .. ");
    printExpression(program, c.value, out);
    out.print(" - 1");
  }
  out.print("%s", c.flags & kAscending ? ", ascending" : "");
}

void program::printConstraint(const Program &program, const Constraint &c,
                              Output &out) {
  const char *param =
      c.param == kNone ? ""
                       : program.text(program.params()[size_t(c.param)].name);
  switch (c.kind) {
  case ConstraintKind::Equal:
  case ConstraintKind::Multiple:
    printExpression(program, c.target, out);
    out.print(c.kind == ConstraintKind::Equal ? " = " : " is a multiple of ");
    return printExpression(program, c.value, out);
  case ConstraintKind::Within:
    printExpression(program, c.target, out);
    return out.print(" is %lld .. %lld", (long long)c.minimum,
                     (long long)c.maximum);
  case ConstraintKind::Broadcast:
    out.print("%s has 1 or ", param);
    printExpression(program, c.value, out);
    return out.print(" in dim %d", c.dim);
  case ConstraintKind::Sizes:
    return printSizes(param, c, out);
  case ConstraintKind::Lists:
    return printLists(program, param, c, out);
  case ConstraintKind::Dense:
    return out.print("%s has no gaps and fewer than 2^31 elements", param);
  case ConstraintKind::Copied:
    return out.print("%s has an address and strides that are multiples of 16 "
                     "bytes",
                     param);
  }
}
