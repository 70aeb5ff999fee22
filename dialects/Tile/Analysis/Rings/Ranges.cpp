// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Intervals, and where a term lies by itself.

#include "Terms.h"
#include "llvm/Support/MathExtras.h"

using namespace tessera::tile::rings;

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

static int64_t clamp(int64_t value) {
  return std::clamp(value, Interval::kLeast, Interval::kMost);
}

/// An end that is infinite stays so.
static int64_t addEnds(int64_t a, int64_t b) {
  for (int64_t end : {a, b})
    if (end <= Interval::kLeast || end >= Interval::kMost)
      return end;
  return clamp(a + b);
}

static int64_t scaleEnd(int64_t end, int64_t factor) {
  int64_t product;
  if (factor == 0)
    return 0;
  if (llvm::MulOverflow(end, factor, product))
    return (end < 0) == (factor < 0) ? Interval::kMost : Interval::kLeast;
  return clamp(product);
}

Interval Interval::operator+(Interval other) const {
  return {addEnds(low, other.low), addEnds(high, other.high)};
}

Interval Interval::operator*(int64_t factor) const {
  Interval scaled{scaleEnd(low, factor), scaleEnd(high, factor)};
  if (factor < 0)
    std::swap(scaled.low, scaled.high);
  return scaled;
}

Interval Interval::operator/(int64_t divisor) const {
  if (divisor < 0)
    return (*this * -1) / -divisor;
  return {low <= kLeast ? low : llvm::divideCeilSigned(low, divisor),
          high >= kMost ? high : llvm::divideFloorSigned(high, divisor)};
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

static constexpr Interval kNatural{0, Interval::kMost}, kFlag{0, 1};

/// Of an operation that gives no negative number if it is given none.
static Interval rangeOfNaturals(const Term &term) {
  bool isNatural = llvm::all_of(
      term.operands, [](const Term *operand) { return operand->isNatural(); });
  return isNatural ? kNatural : Interval();
}

static Interval rangeOfSum(const Term &term) {
  Interval range{term.number, term.number};
  for (auto [operand, factor] : llvm::zip_equal(term.operands, term.factors))
    range = range + operand->range * factor;
  return range;
}

static Interval rangeOfRemainder(const Term &term) {
  Interval divisor = term.operands[1]->range;
  if (term.number != 0 || !term.operands[0]->isNatural() || divisor.low < 1)
    return rangeOfNaturals(term);
  return {0, divisor.high - 1};
}

/// Of a term all of whose parts have one.
Interval tessera::tile::rings::rangeOf(const Term &term) {
  auto operand = [&](unsigned index) { return term.operands[index]->range; };
  switch (term.kind) {
  case Kind::Constant:
    return {term.number, term.number};
  case Kind::Sum:
    return rangeOfSum(term);
  case Kind::Start:
    return operand(0);
  case Kind::FlagArgument:
  case Kind::Positive:
  case Kind::Zero:
  case Kind::Not:
  case Kind::And:
  case Kind::Or:
  case Kind::LessUnsigned:
    return kFlag;
  case Kind::NaturalArgument:
  case Kind::Cta:
  case Kind::Extent:
    return kNatural;
  case Kind::Ctas:
    return {1, Interval::kMost};
  case Kind::Load:
    if (term.number != 0)
      return kFlag;
    // What the caller promises of what memory holds.
    return term.operands[0]->is(Kind::NaturalArgument) ? kNatural : Interval();
  case Kind::SharedLoad:
    return term.number != 0 ? kFlag : Interval();
  case Kind::Select:
    return {std::min(operand(1).low, operand(2).low),
            std::max(operand(1).high, operand(2).high)};
  case Kind::MaxSigned:
    return {std::max(operand(0).low, operand(1).low),
            std::max(operand(0).high, operand(1).high)};
  case Kind::MinSigned:
    return {std::min(operand(0).low, operand(1).low),
            std::min(operand(0).high, operand(1).high)};
  case Kind::RemUnsigned:
    return rangeOfRemainder(term);
  case Kind::DivUnsigned:
  case Kind::CeilDivUnsigned:
    return term.number == 0 ? kNatural : rangeOfNaturals(term);
  case Kind::Product:
  case Kind::DivSigned:
  case Kind::RemSigned:
  case Kind::MaxUnsigned:
  case Kind::MinUnsigned:
  case Kind::BitAnd:
  case Kind::BitOr:
  case Kind::BitXor:
  case Kind::ShrSigned:
    return rangeOfNaturals(term);
  case Kind::Trunc:
    return term.number == 1 ? kFlag : Interval();
  case Kind::ZeroExtend:
    return kNatural;
  case Kind::Unknown:
  case Kind::Argument:
  case Kind::Global:
  case Kind::Shl:
  case Kind::ShrUnsigned:
  case Kind::Other:
    return {};
  }
  llvm_unreachable("no such kind");
}
