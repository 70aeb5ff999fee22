// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the operations on scalars mean as terms.

#include "RingTerms.h"
#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

namespace {
/// x op y of constants; none where that is not defined.
using Fold = std::optional<int64_t> (*)(int64_t x, int64_t y);

struct FoldOfName {
  StringLiteral name;
  Fold fold;
};
} // namespace

// Only operands that are not negative, where signed and unsigned agree.
static std::optional<int64_t> divided(int64_t x, int64_t y) {
  return x < 0 || y <= 0 ? std::nullopt : std::optional(x / y);
}
static std::optional<int64_t> remainderOf(int64_t x, int64_t y) {
  return x < 0 || y <= 0 ? std::nullopt : std::optional(x % y);
}
static std::optional<int64_t> ceilDivide(int64_t x, int64_t y) {
  return x < 0 || y <= 0 ? std::nullopt
                         : std::optional(llvm::divideCeilSigned(x, y));
}
static std::optional<int64_t> unsignedLess(int64_t x, int64_t y) {
  return x < 0 || y < 0 ? std::nullopt : std::optional<int64_t>(x < y);
}

static constexpr FoldOfName kFolds[] = {
    {"arith.divui", divided},
    {"arith.divsi", divided},
    {"arith.floordivsi", divided},
    {"arith.remui", remainderOf},
    {"arith.remsi", remainderOf},
    {"arith.ceildivui", ceilDivide},
    {"arith.ceildivsi", ceilDivide},
    {"less unsigned", unsignedLess},
    {"arith.maxsi",
     [](int64_t x, int64_t y) { return std::optional(std::max(x, y)); }},
    {"arith.minsi",
     [](int64_t x, int64_t y) { return std::optional(std::min(x, y)); }},
    {"arith.maxui",
     [](int64_t x, int64_t y) {
       return std::optional(int64_t(std::max(uint64_t(x), uint64_t(y))));
     }},
    {"arith.minui",
     [](int64_t x, int64_t y) {
       return std::optional(int64_t(std::min(uint64_t(x), uint64_t(y))));
     }},
    {"arith.shli",
     [](int64_t x, int64_t y) {
       return y < 0 || y > 31 ? std::nullopt : std::optional(x << y);
     }},
    {"arith.andi", [](int64_t x, int64_t y) { return std::optional(x & y); }},
    {"arith.ori", [](int64_t x, int64_t y) { return std::optional(x | y); }},
    {"arith.xori", [](int64_t x, int64_t y) { return std::optional(x ^ y); }},
};

bool rings::isOpaque(Ref term) {
  return term->kind == Term::Apply &&
         llvm::any_of(kFolds, [&](const FoldOfName &fold) {
           return fold.name == term->name;
         });
}

/// Null where there is nothing to simplify.
static Ref foldPair(Terms &terms, StringRef name, Ref x, Ref y) {
  const FoldOfName *found = llvm::find_if(
      kFolds, [&](const FoldOfName &fold) { return fold.name == name; });
  if (found == std::end(kFolds))
    return nullptr;
  if (x->kind == Term::Constant && y->kind == Term::Constant)
    if (std::optional<int64_t> value = found->fold(x->number, y->number))
      return terms.constant(*value);
  bool divides = found->fold == divided || found->fold == ceilDivide;
  if (divides && y->isConstant(1))
    return x;
  if (found->fold == remainderOf && y->isConstant(1))
    return terms.constant(0);
  if ((divides || found->fold == remainderOf) && x->isConstant(0))
    return x;
  if (name == "arith.ori" || name == "arith.xori") {
    if (x->isConstant(0))
      return y;
    if (y->isConstant(0))
      return x;
  }
  return nullptr;
}

/// `and` and `or` of conditions.
static Ref foldConditions(StringRef name, ArrayRef<Ref> operands) {
  bool isAnd = name == "and";
  for (unsigned index : {0, 1})
    if (operands[index]->kind == Term::Constant)
      return (operands[index]->number != 0) == isAnd ? operands[1 - index]
                                                     : operands[index];
  return operands[0] == operands[1] ? operands[0] : nullptr;
}

Ref Terms::apply(StringRef name, ArrayRef<Ref> operands, int64_t number) {
  Ref folded = nullptr;
  if (name == "positive")
    return isPositive(operands[0]);
  if (name == "zero")
    return isZero(operands[0]);
  if (name == "not")
    return negate(operands[0]);
  if (name == "arith.muli")
    return multiply(operands[0], operands[1]);
  if (name == "and" || name == "or")
    folded = foldConditions(name, operands);
  else if (name == "arith.select" && operands[0]->kind == Term::Constant)
    folded = operands[operands[0]->number != 0 ? 1 : 2];
  else if (name == "arith.select" && operands[1] == operands[2])
    folded = operands[1];
  else if (operands.size() == 2)
    folded = foldPair(*this, name, operands[0], operands[1]);
  return folded ? folded : make(Term::Apply, number, name, operands, {});
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

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
    return terms.apply("less unsigned", {x, y});
  case ugt:
    return terms.apply("less unsigned", {y, x});
  case ule:
    return terms.negate(terms.apply("less unsigned", {y, x}));
  case uge:
    return terms.negate(terms.apply("less unsigned", {x, y}));
  }
  llvm_unreachable("no such predicate");
}

static bool isCondition(Value value) { return value.getType().isInteger(1); }

/// The name of an operation with what its attributes add to it.
static std::string fullName(Operation *op) {
  std::string name = op->getName().getStringRef().str();
  if (isa<arith::ArithDialect>(op->getDialect()) && !isa<arith::CmpFOp>(op))
    return name; // only flags of overflow
  llvm::raw_string_ostream stream(name);
  op->getAttrDictionary().print(stream);
  return name;
}

static Ref constantOf(Terms &terms, arith::ConstantOp op) {
  if (auto integer = dyn_cast<IntegerAttr>(op.getValue()))
    return terms.constant(isCondition(op) ? integer.getValue().getZExtValue()
                                          : integer.getValue().getSExtValue());
  std::string text;
  llvm::raw_string_ostream(text) << op.getValue();
  return terms.apply(text, {});
}

/// Casts between integers of at least 32 bits do, as nothing overflows, and a
/// condition is 0 or 1 in any width.
static bool keepsNumber(Operation *cast) {
  auto width = [](Type type) {
    return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  };
  unsigned from = width(cast->getOperand(0).getType()),
           to = width(cast->getResult(0).getType());
  if (from == 1)
    return isa<arith::ExtUIOp>(cast);
  return to >= 32 &&
         (from <= to ? !isa<arith::ExtUIOp, arith::IndexCastUIOp>(cast)
                     : from >= 32);
}

Ref rings::evaluate(Terms &terms, Operation *op, ArrayRef<Ref> operands) {
  auto onConditions = [&](StringRef name) {
    return isCondition(op->getResult(0)) ? terms.apply(name, operands)
                                         : terms.apply(fullName(op), operands);
  };
  return llvm::TypeSwitch<Operation *, Ref>(op)
      .Case([&](arith::ConstantOp constant) {
        return constantOf(terms, constant);
      })
      .Case([&](arith::AddIOp) { return terms.add(operands[0], operands[1]); })
      .Case([&](arith::SubIOp) {
        return terms.subtract(operands[0], operands[1]);
      })
      .Case([&](arith::CmpIOp cmp) {
        return compare(terms, cmp.getPredicate(), operands[0], operands[1]);
      })
      .Case([&](arith::AndIOp) { return onConditions("and"); })
      .Case([&](arith::OrIOp) { return onConditions("or"); })
      .Case([&](arith::XOrIOp) {
        return isCondition(op->getResult(0)) && operands[1]->isConstant(1)
                   ? terms.negate(operands[0])
                   : terms.apply(fullName(op), operands);
      })
      .Case<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp,
            arith::ExtUIOp, arith::TruncIOp>([&](auto) {
        return keepsNumber(op) || operands[0]->kind == Term::Constant
                   ? operands[0]
                   : terms.apply(fullName(op), operands);
      })
      .Default([&](Operation *) -> Ref {
        if (op->getNumResults() != 1 || op->getNumRegions() != 0 ||
            !isMemoryEffectFree(op))
          return nullptr;
        return terms.apply(fullName(op), operands);
      });
}
