// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the operations of terms compute, and where they simplify.

#include "Terms.h"
#include "llvm/Support/MathExtras.h"

using namespace tessera::tile;
using namespace tessera::tile::rings;
using llvm::ArrayRef;

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

namespace {
/// A number as unsigned, by a width; none if the width does not matter and the
/// number is negative.
std::optional<uint64_t> asUnsigned(int64_t x, int64_t bits) {
  if (bits == 0)
    return x < 0 ? std::nullopt : std::optional<uint64_t>(x);
  return uint64_t(x) & llvm::maskTrailingOnes<uint64_t>(unsigned(bits));
}

/// The other way.
int64_t asSigned(uint64_t x, int64_t bits) {
  return llvm::SignExtend64(x, bits == 0 ? 64 : unsigned(bits));
}

using Function = std::optional<int64_t> (*)(int64_t x, int64_t y, int64_t bits);

/// A function of unsigned numbers, the second of which is not 0.
template <uint64_t (*function)(uint64_t, uint64_t)>
std::optional<int64_t> unsignedFunction(int64_t x, int64_t y, int64_t bits) {
  auto a = asUnsigned(x, bits), b = asUnsigned(y, bits);
  if (!a || !b || *b == 0)
    return std::nullopt;
  return asSigned(function(*a, *b), bits);
}

uint64_t quotient(uint64_t x, uint64_t y) { return x / y; }
uint64_t remainder(uint64_t x, uint64_t y) { return x % y; }
uint64_t ceilQuotient(uint64_t x, uint64_t y) { return x / y + (x % y != 0); }

/// None where the quotient is not defined, or overflows.
bool divides(int64_t x, int64_t y) {
  return y != 0 && !(y == -1 && x == std::numeric_limits<int64_t>::min());
}

/// Shifts by the width or more are not defined.
bool isShift(int64_t y, int64_t bits) {
  return y >= 0 && y < (bits == 0 ? 64 : bits);
}

std::optional<int64_t> product(int64_t x, int64_t y, int64_t) {
  int64_t result;
  return llvm::MulOverflow(x, y, result) ? std::nullopt : std::optional(result);
}

std::optional<int64_t> shiftLeft(int64_t x, int64_t y, int64_t) {
  return y < 0 || y > 40 ? std::nullopt : product(x, int64_t(1) << y, 0);
}

std::optional<int64_t> shiftRight(int64_t x, int64_t y, int64_t bits) {
  auto a = asUnsigned(x, bits);
  return !a || !isShift(y, bits) ? std::nullopt
                                 : std::optional(asSigned(*a >> y, bits));
}
} // namespace

/// Of two operands; null for other kinds.
static Function functionOf(Kind kind) {
  switch (kind) {
  case Kind::And:
    return [](int64_t x, int64_t y, int64_t) {
      return std::optional<int64_t>(x != 0 && y != 0);
    };
  case Kind::Or:
    return [](int64_t x, int64_t y, int64_t) {
      return std::optional<int64_t>(x != 0 || y != 0);
    };
  case Kind::Product:
    return product;
  case Kind::DivSigned:
    return [](int64_t x, int64_t y, int64_t) {
      return divides(x, y) ? std::optional(x / y) : std::nullopt;
    };
  case Kind::RemSigned:
    return [](int64_t x, int64_t y, int64_t) {
      return divides(x, y) ? std::optional(x % y) : std::nullopt;
    };
  case Kind::DivUnsigned:
    return unsignedFunction<quotient>;
  case Kind::RemUnsigned:
    return unsignedFunction<remainder>;
  case Kind::CeilDivUnsigned:
    return unsignedFunction<ceilQuotient>;
  case Kind::MaxSigned:
    return [](int64_t x, int64_t y, int64_t) {
      return std::optional(std::max(x, y));
    };
  case Kind::MinSigned:
    return [](int64_t x, int64_t y, int64_t) {
      return std::optional(std::min(x, y));
    };
  // Sign extension keeps the order of unsigned numbers.
  case Kind::MaxUnsigned:
    return [](int64_t x, int64_t y, int64_t) {
      return std::optional(uint64_t(x) > uint64_t(y) ? x : y);
    };
  case Kind::MinUnsigned:
    return [](int64_t x, int64_t y, int64_t) {
      return std::optional(uint64_t(x) < uint64_t(y) ? x : y);
    };
  case Kind::LessUnsigned:
    return [](int64_t x, int64_t y, int64_t) {
      return std::optional<int64_t>(uint64_t(x) < uint64_t(y));
    };
  case Kind::BitAnd:
    return [](int64_t x, int64_t y, int64_t) { return std::optional(x & y); };
  case Kind::BitOr:
    return [](int64_t x, int64_t y, int64_t) { return std::optional(x | y); };
  case Kind::BitXor:
    return [](int64_t x, int64_t y, int64_t) { return std::optional(x ^ y); };
  case Kind::Shl:
    return shiftLeft;
  case Kind::ShrSigned:
    return [](int64_t x, int64_t y, int64_t bits) {
      return isShift(y, bits) ? std::optional(x >> y) : std::nullopt;
    };
  case Kind::ShrUnsigned:
    return shiftRight;
  default:
    return nullptr;
  }
}

static std::optional<int64_t> computeAny(Kind kind, int64_t number,
                                         ArrayRef<int64_t> x) {
  switch (kind) {
  case Kind::Positive:
    return x[0] >= 1;
  case Kind::Zero:
  case Kind::Not:
    return x[0] == 0;
  case Kind::Select:
    return x[0] != 0 ? x[1] : x[2];
  case Kind::Trunc:
    return number == 1 ? x[0] & 1 : asSigned(uint64_t(x[0]), number);
  case Kind::ZeroExtend:
    return int64_t(*asUnsigned(x[0], number));
  default:
    Function function = functionOf(kind);
    return function ? function(x[0], x[1], number) : std::nullopt;
  }
}

std::optional<int64_t> rings::compute(Kind kind, int64_t number,
                                      ArrayRef<int64_t> operands) {
  std::optional<int64_t> result = computeAny(kind, number, operands);
  bool isTooLarge =
      result && (*result > kMostConstant || *result < -kMostConstant);
  return isTooLarge ? std::nullopt : result;
}

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

/// Where one operand decides; null elsewhere.
static Ref foldPair(Terms &terms, Kind kind, Ref x, Ref y) {
  switch (kind) {
  case Kind::Product:
    return terms.multiply(x, y);
  case Kind::DivSigned:
  case Kind::DivUnsigned:
  case Kind::CeilDivUnsigned:
    return y->isConstant(1) || x->isConstant(0) ? x : nullptr;
  case Kind::RemSigned:
  case Kind::RemUnsigned:
    return y->isConstant(1) || x->isConstant(0) ? terms.constant(0) : nullptr;
  case Kind::MinSigned:
  case Kind::MaxSigned:
    if (x->range.high <= y->range.low)
      return kind == Kind::MinSigned ? x : y;
    if (y->range.high <= x->range.low)
      return kind == Kind::MinSigned ? y : x;
    return nullptr;
  case Kind::BitOr:
  case Kind::BitXor:
    return x->isConstant(0) ? y : y->isConstant(0) ? x : nullptr;
  case Kind::Shl:
    if (y->is(Kind::Constant) && y->number >= 0 && y->number <= 31)
      return terms.scale(x, int64_t(1) << y->number);
    return nullptr;
  case Kind::And:
  case Kind::Or:
    for (auto [one, two] : {std::pair(x, y), std::pair(y, x)})
      if (one->is(Kind::Constant))
        return (one->number != 0) == (kind == Kind::And) ? two : one;
    return x == y ? x : nullptr;
  default:
    return nullptr;
  }
}

/// Of numbers none of which is negative, signed and unsigned operations of any
/// width are one.
static Ref foldNaturals(Terms &terms, Kind kind, Ref x, Ref y, int64_t width) {
  if (!x->isNatural() || !y->isNatural())
    return nullptr;
  switch (kind) {
  case Kind::DivSigned:
    return terms.apply(Kind::DivUnsigned, {x, y});
  case Kind::RemSigned:
    return terms.apply(Kind::RemUnsigned, {x, y});
  case Kind::DivUnsigned:
  case Kind::RemUnsigned:
  case Kind::CeilDivUnsigned:
    return width != 0 ? terms.apply(kind, {x, y}) : nullptr;
  case Kind::ShrSigned:
  case Kind::ShrUnsigned:
    if (y->is(Kind::Constant) && y->number <= 40 && isShift(y->number, width))
      return terms.apply(Kind::DivUnsigned,
                         {x, terms.constant(int64_t(1) << y->number)});
    return nullptr;
  case Kind::MaxUnsigned:
    return terms.apply(Kind::MaxSigned, {x, y});
  case Kind::MinUnsigned:
    return terms.apply(Kind::MinSigned, {x, y});
  case Kind::LessUnsigned:
    return terms.isPositive(terms.subtract(y, x));
  default:
    return nullptr;
  }
}

static Ref foldSelect(ArrayRef<Ref> operands) {
  if (operands[0]->is(Kind::Constant))
    return operands[operands[0]->number != 0 ? 1 : 2];
  return operands[1] == operands[2] ? operands[1] : nullptr;
}

static Ref foldConstants(Terms &terms, Kind kind, ArrayRef<Ref> operands,
                         int64_t number) {
  llvm::SmallVector<int64_t> numbers;
  for (Ref operand : operands) {
    if (!operand->is(Kind::Constant))
      return nullptr;
    numbers.push_back(operand->number);
  }
  std::optional<int64_t> value = compute(kind, number, numbers);
  return value ? terms.constant(*value) : nullptr;
}

/// Whether the same operands give something else by another width.
static bool hasWidth(Kind kind) {
  switch (kind) {
  case Kind::DivUnsigned:
  case Kind::RemUnsigned:
  case Kind::CeilDivUnsigned:
  case Kind::ShrSigned:
  case Kind::ShrUnsigned:
  case Kind::Trunc:
  case Kind::ZeroExtend:
    return true;
  default:
    return kind < Kind::Positive; // which are given, and numbered
  }
}

Ref Terms::apply(Kind kind, ArrayRef<Ref> operands, int64_t number) {
  if (!hasWidth(kind))
    number = 0;
  if (kind == Kind::Positive)
    return isPositive(operands[0]);
  if (kind == Kind::Zero)
    return isZero(operands[0]);
  if (kind == Kind::Not)
    return negate(operands[0]);
  Ref folded = nullptr;
  if (kind >= Kind::And) // the others are given, not made of numbers
    folded = foldConstants(*this, kind, operands, number);
  if (!folded && kind == Kind::Select)
    folded = foldSelect(operands);
  if (!folded && kind == Kind::ZeroExtend && operands[0]->isNatural())
    folded = operands[0];
  if (!folded && functionOf(kind)) {
    folded = foldPair(*this, kind, operands[0], operands[1]);
    if (!folded)
      folded = foldNaturals(*this, kind, operands[0], operands[1], number);
  }
  return folded ? folded : make(kind, number, "", operands, {});
}
