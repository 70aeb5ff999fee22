// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/Expressions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera;
using program::ExpressionKind;
using program::Index;
using program::NumberRange;

std::optional<Index> ExpressionReader::read(Value value, Leaf leaf) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  APInt constant;
  std::optional<Index> result;
  if (matchPattern(value, m_ConstantInt(&constant)))
    result = writer.constant(constant.getBitWidth() == 1
                                 ? int64_t(constant.getZExtValue())
                                 : constant.getSExtValue());
  else if (std::optional<Index> found = leaf(value))
    result = found;
  else if (Operation *op = value.getDefiningOp();
           op && value.getType().isIntOrIndex())
    result = readOperation(op, leaf);
  if (result)
    known[value] = *result;
  else if (!stopped)
    stopped = value;
  return result;
}

Index ExpressionReader::fit(Operation *op, Index value) {
  Type type = op->getResult(0).getType();
  return type.isInteger(32) ? writer.within(value, NumberRange::Signed32)
                            : value;
}

std::optional<Index> ExpressionReader::readOperation(Operation *op, Leaf leaf) {
  Type type = op->getResult(0).getType();
  // Arithmetic of other widths would need ranges of their own.
  bool isFlag = type.isInteger(1) && isa<arith::CmpIOp>(op);
  if (!type.isIndex() && !type.isInteger(32) && !type.isInteger(64) && !isFlag)
    return std::nullopt;
  llvm::SmallVector<Index, 3> operands;
  if (op->getNumOperands() < 1 || op->getNumOperands() > 3)
    return std::nullopt;
  for (Value operand : op->getOperands()) {
    std::optional<Index> read = this->read(operand, leaf);
    if (!read)
      return std::nullopt;
    operands.push_back(*read);
  }
  if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op))
    return fit(op, operands[0]);
  // As unsigned, what is negative would be another number.
  if (isa<arith::IndexCastUIOp, arith::ExtUIOp>(op))
    return fit(op, writer.within(operands[0], NumberRange::Natural64));
  if (isa<arith::SelectOp>(op))
    return writer.make(ExpressionKind::Select, operands[0], operands[1],
                       operands[2]);
  if (operands.size() != 2)
    return std::nullopt;
  if (isFlag)
    return compare(op, operands[0], operands[1]);
  return combine(op, operands[0], operands[1]);
}

/// Rounded towards 0.
Index ExpressionReader::truncatedQuotient(Index a, Index b) {
  Index zero = writer.constant(0);
  Index aFalls = writer.make(ExpressionKind::Less, a, zero);
  Index bFalls = writer.make(ExpressionKind::Less, b, zero);
  Index down = writer.make(ExpressionKind::FloorDiv, a, b);
  Index up = writer.make(ExpressionKind::CeilDiv, a, b);
  Index ifBFalls = writer.make(ExpressionKind::Select, aFalls, down, up);
  Index ifNot = writer.make(ExpressionKind::Select, aFalls, up, down);
  return writer.make(ExpressionKind::Select, bFalls, ifBFalls, ifNot);
}

std::optional<Index> ExpressionReader::combine(Operation *op, Index a,
                                               Index b) {
  auto natural = [&](Index x) {
    return writer.within(x, NumberRange::Natural64);
  };
  auto make = [&](ExpressionKind kind, Index x, Index y) {
    return std::optional<Index>(fit(op, writer.make(kind, x, y)));
  };
  using Result = std::optional<Index>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](arith::AddIOp) { return make(ExpressionKind::Add, a, b); })
      .Case([&](arith::SubIOp) {
        Index minus =
            writer.make(ExpressionKind::Multiply, b, writer.constant(-1));
        return make(ExpressionKind::Add, a, minus);
      })
      .Case([&](arith::MulIOp) { return make(ExpressionKind::Multiply, a, b); })
      .Case([&](arith::CeilDivSIOp) {
        return make(ExpressionKind::CeilDiv, a, b);
      })
      .Case([&](arith::FloorDivSIOp) {
        return make(ExpressionKind::FloorDiv, a, b);
      })
      .Case([&](arith::DivSIOp) {
        return Result(fit(op, truncatedQuotient(a, b)));
      })
      .Case([&](arith::CeilDivUIOp) {
        return make(ExpressionKind::CeilDiv, natural(a), natural(b));
      })
      .Case([&](arith::DivUIOp) {
        return make(ExpressionKind::FloorDiv, natural(a), natural(b));
      })
      .Case([&](arith::MinSIOp) { return make(ExpressionKind::Minimum, a, b); })
      .Case([&](arith::MaxSIOp) { return make(ExpressionKind::Maximum, a, b); })
      .Case([&](arith::MinUIOp) {
        return make(ExpressionKind::Minimum, natural(a), natural(b));
      })
      .Case([&](arith::MaxUIOp) {
        return make(ExpressionKind::Maximum, natural(a), natural(b));
      })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<Index> ExpressionReader::compare(Operation *op, Index a,
                                               Index b) {
  auto less = [&](Index x, Index y) {
    return writer.make(ExpressionKind::Less, x, y);
  };
  auto opposite = [&](Index x) {
    return less(x, writer.constant(1)); // of a flag
  };
  auto natural = [&](Index x) {
    return writer.within(x, NumberRange::Natural64);
  };
  switch (cast<arith::CmpIOp>(op).getPredicate()) {
  case arith::CmpIPredicate::eq:
    return opposite(
        writer.make(ExpressionKind::Maximum, less(a, b), less(b, a)));
  case arith::CmpIPredicate::ne:
    return writer.make(ExpressionKind::Maximum, less(a, b), less(b, a));
  case arith::CmpIPredicate::slt:
    return less(a, b);
  case arith::CmpIPredicate::sgt:
    return less(b, a);
  case arith::CmpIPredicate::sle:
    return opposite(less(b, a));
  case arith::CmpIPredicate::sge:
    return opposite(less(a, b));
  case arith::CmpIPredicate::ult:
    return less(natural(a), natural(b));
  case arith::CmpIPredicate::ugt:
    return less(natural(b), natural(a));
  case arith::CmpIPredicate::ule:
    return opposite(less(natural(b), natural(a)));
  case arith::CmpIPredicate::uge:
    return opposite(less(natural(a), natural(b)));
  }
  return std::nullopt;
}
