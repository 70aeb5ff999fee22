// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the operations on scalars mean as terms. Whoever adds one here says what
// it gives for every number, as compute() does; the others stay unknown, which
// is always right.

#include "Terms.h"
#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

/// Of an integer or index; 0 for others.
static int64_t widthOf(Type type) {
  if (type.isIndex())
    return 64;
  auto integer = dyn_cast<IntegerType>(type);
  return integer ? integer.getWidth() : 0;
}

/// An index, or integers that are wide enough not to overflow.
static bool isWide(Type type) { return widthOf(type) >= 32; }

/// The name of an operation with all that it depends on beside its operands.
static std::string fullName(Operation *op) {
  std::string name = op->getName().getStringRef().str();
  llvm::raw_string_ostream stream(name);
  op->getAttrDictionary().print(stream);
  for (Type type : op->getOperandTypes())
    stream << ' ' << type;
  stream << " -> " << op->getResult(0).getType();
  return name;
}

static Ref unknownOperation(Terms &terms, Operation *op,
                            ArrayRef<Ref> operands) {
  if (op->getNumResults() != 1 || op->getNumRegions() != 0 ||
      !isMemoryEffectFree(op))
    return nullptr;
  return terms.other(fullName(op), operands);
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

// An i1 is 0 or 1 here; as signed number, 1 is -1.

static Ref isLess(Terms &terms, Ref x, Ref y) {
  return terms.both(terms.negate(x), y);
}

static Ref differ(Terms &terms, Ref x, Ref y) {
  return terms.either(terms.both(x, terms.negate(y)), isLess(terms, x, y));
}

static Ref compareFlags(Terms &terms, arith::CmpIPredicate predicate, Ref x,
                        Ref y) {
  using enum arith::CmpIPredicate;
  switch (predicate) {
  case eq:
    return terms.negate(differ(terms, x, y));
  case ne:
    return differ(terms, x, y);
  case ult:
  case sgt:
    return isLess(terms, x, y);
  case ugt:
  case slt:
    return isLess(terms, y, x);
  case ule:
  case sge:
    return terms.negate(isLess(terms, y, x));
  case uge:
  case sle:
    return terms.negate(isLess(terms, x, y));
  }
  llvm_unreachable("no such predicate");
}

static Ref compare(Terms &terms, arith::CmpIPredicate predicate, Ref x, Ref y) {
  using enum arith::CmpIPredicate;
  switch (predicate) {
  case eq:
    return terms.isZero(terms.subtract(x, y));
  case ne:
    return terms.negate(terms.isZero(terms.subtract(x, y)));
  case slt:
    return terms.isPositive(terms.subtract(y, x));
  case sgt:
    return terms.isPositive(terms.subtract(x, y));
  case sle:
    return terms.negate(compare(terms, sgt, x, y));
  case sge:
    return terms.negate(compare(terms, slt, x, y));
  case ult:
    return terms.apply(Kind::LessUnsigned, {x, y});
  case ugt:
    return terms.apply(Kind::LessUnsigned, {y, x});
  case ule:
    return terms.negate(terms.apply(Kind::LessUnsigned, {y, x}));
  case uge:
    return terms.negate(terms.apply(Kind::LessUnsigned, {x, y}));
  }
  llvm_unreachable("no such predicate");
}

/// Null for operations that are not known on an i1.
static Ref evaluateFlags(Terms &terms, Operation *op, ArrayRef<Ref> x) {
  return llvm::TypeSwitch<Operation *, Ref>(op)
      .Case([&](arith::CmpIOp cmp) {
        return compareFlags(terms, cmp.getPredicate(), x[0], x[1]);
      })
      .Case<arith::AndIOp, arith::MulIOp, arith::MaxSIOp, arith::MinUIOp>(
          [&](auto) { return terms.both(x[0], x[1]); })
      .Case<arith::OrIOp, arith::MinSIOp, arith::MaxUIOp>(
          [&](auto) { return terms.either(x[0], x[1]); })
      .Case<arith::XOrIOp, arith::AddIOp, arith::SubIOp>(
          [&](auto) { return differ(terms, x[0], x[1]); })
      .Default(Ref());
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

/// Terms hold numbers as signed. Casts between wide integers change nothing, as
/// nothing overflows.
static Ref evaluateCast(Terms &terms, Operation *op, Ref x) {
  int64_t from = widthOf(op->getOperand(0).getType()),
          to = widthOf(op->getResult(0).getType());
  bool isUnsigned = isa<arith::ExtUIOp, arith::IndexCastUIOp>(op);
  if (to > from && isUnsigned)
    return from == 1 ? x : terms.apply(Kind::ZeroExtend, x, from);
  if (to > from)
    return from == 1 ? terms.scale(x, -1) : x;
  if (to == from || to >= 32)
    return x;
  return terms.apply(Kind::Trunc, x, to);
}

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

/// What operations become, those first that do the same at any width.
static std::optional<Kind> kindOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, std::optional<Kind>>(op)
      .Case([](arith::MaxSIOp) { return Kind::MaxSigned; })
      .Case([](arith::MinSIOp) { return Kind::MinSigned; })
      .Case([](arith::MaxUIOp) { return Kind::MaxUnsigned; })
      .Case([](arith::MinUIOp) { return Kind::MinUnsigned; })
      .Case([](arith::AndIOp) { return Kind::BitAnd; })
      .Case([](arith::OrIOp) { return Kind::BitOr; })
      .Case([](arith::XOrIOp) { return Kind::BitXor; })
      .Case([](arith::RemSIOp) { return Kind::RemSigned; })
      .Case([](arith::DivSIOp) { return Kind::DivSigned; })
      .Case([](arith::DivUIOp) { return Kind::DivUnsigned; })
      .Case([](arith::RemUIOp) { return Kind::RemUnsigned; })
      .Case([](arith::CeilDivUIOp) { return Kind::CeilDivUnsigned; })
      .Case([](arith::ShRSIOp) { return Kind::ShrSigned; })
      .Case([](arith::ShRUIOp) { return Kind::ShrUnsigned; })
      .Default(std::nullopt);
}

/// Those that may overflow what is narrow, and then wrap.
static Ref evaluateWide(Terms &terms, Operation *op, ArrayRef<Ref> x) {
  return llvm::TypeSwitch<Operation *, Ref>(op)
      .Case([&](arith::AddIOp) { return terms.add(x[0], x[1]); })
      .Case([&](arith::SubIOp) { return terms.subtract(x[0], x[1]); })
      .Case([&](arith::MulIOp) { return terms.multiply(x[0], x[1]); })
      .Case([&](arith::ShLIOp) { return terms.apply(Kind::Shl, x); })
      .Case<arith::FloorDivSIOp, arith::CeilDivSIOp>([&](auto) -> Ref {
        if (!x[0]->isNatural() || !x[1]->isNatural())
          return nullptr;
        return terms.apply(isa<arith::CeilDivSIOp>(op) ? Kind::CeilDivUnsigned
                                                       : Kind::DivUnsigned,
                           x);
      })
      .Default(Ref());
}

/// Null for operations that are not known.
static Ref evaluateIntegers(Terms &terms, Operation *op, ArrayRef<Ref> x) {
  Type type = op->getOperand(0).getType();
  if (auto cmp = dyn_cast<arith::CmpIOp>(op))
    return compare(terms, cmp.getPredicate(), x[0], x[1]);
  if (std::optional<Kind> kind = kindOf(op)) {
    bool mayOverflow = *kind == Kind::DivSigned && !isWide(type);
    return mayOverflow ? nullptr : terms.apply(*kind, x, widthOf(type));
  }
  return isWide(type) ? evaluateWide(terms, op, x) : nullptr;
}

/// Null for what is no integer, or too large.
static Ref evaluateConstant(Terms &terms, arith::ConstantOp op) {
  auto integer = dyn_cast<IntegerAttr>(op.getValue());
  if (!integer || integer.getValue().getSignificantBits() > 40)
    return nullptr;
  bool isFlag = widthOf(op.getType()) == 1;
  return terms.constant(isFlag ? integer.getValue().getZExtValue()
                               : integer.getValue().getSExtValue());
}

Ref rings::evaluate(Terms &terms, Operation *op, ArrayRef<Ref> operands) {
  Ref known =
      llvm::TypeSwitch<Operation *, Ref>(op)
          .Case([&](CtaOp) { return terms.apply(Kind::Cta, {}); })
          .Case([&](CtasOp) { return terms.apply(Kind::Ctas, {}); })
          .Case([&](memref::DimOp) {
            return terms.apply(Kind::Extent, operands);
          })
          .Case([&](arith::ConstantOp constant) {
            return evaluateConstant(terms, constant);
          })
          .Case([&](arith::SelectOp select) -> Ref {
            return widthOf(select.getType()) != 0
                       ? terms.apply(Kind::Select, operands)
                       : nullptr;
          })
          .Case<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
                arith::ExtUIOp, arith::TruncIOp>(
              [&](auto) { return evaluateCast(terms, op, operands[0]); })
          .Default([&](Operation *) -> Ref {
            int64_t width =
                op->getNumOperands() ? widthOf(op->getOperand(0).getType()) : 0;
            if (width == 0)
              return nullptr;
            return width == 1 ? evaluateFlags(terms, op, operands)
                              : evaluateIntegers(terms, op, operands);
          });
  return known ? known : unknownOperation(terms, op, operands);
}
