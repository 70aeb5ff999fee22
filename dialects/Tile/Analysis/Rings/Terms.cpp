// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Terms are made, added up and replaced.

#include "Terms.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/MathExtras.h"

using namespace tessera::tile::rings;
using llvm::ArrayRef;
using llvm::SmallVector;
using llvm::StringRef;

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
static Interval rangeOf(const Term &term) {
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

//===----------------------------------------------------------------------===//
// Making
//===----------------------------------------------------------------------===//

Ref Terms::make(Kind kind, int64_t number, StringRef name,
                ArrayRef<Ref> operands, ArrayRef<int64_t> factors) {
  llvm::FoldingSetNodeID key;
  key.AddInteger(unsigned(kind));
  key.AddInteger(number);
  if (kind == Kind::Other)
    key.AddString(name);
  for (Ref operand : operands)
    key.AddInteger(operand->id);
  for (int64_t factor : factors)
    key.AddInteger(factor);
  void *at;
  if (Term *found = terms.FindNodeOrInsertPos(key, at))
    return found;
  auto *term = new (allocator) Term();
  term->kind = kind;
  term->id = count++;
  term->number = number;
  term->name = name.copy(allocator);
  term->operands = operands.copy(allocator);
  term->factors = factors.copy(allocator);
  term->key = key.Intern(allocator);
  term->range = rangeOf(*term);
  terms.InsertNode(term, at);
  return term;
}

Ref Terms::constant(int64_t value) {
  return make(Kind::Constant, value, "", {}, {});
}

Ref Terms::unknown(int64_t number) {
  return make(Kind::Unknown, number, "", {}, {});
}

Ref Terms::start(Ref first, int64_t place) {
  return make(Kind::Start, place, "", {first}, {});
}

Ref Terms::startOfLoop(Ref first, Ref step, int64_t place) {
  // first = base + steps * step, so that the base lacks the step's first part.
  auto partOf = [&](Ref term, Ref atom) {
    return atom ? factorOf(term, atom) : split(term).second;
  };
  Ref atom = step->kind == Kind::Constant ? nullptr : atomsOf(step).front();
  int64_t part = partOf(step, atom);
  if (part == 0)
    return start(first, place);
  int64_t steps = llvm::divideFloorSigned(partOf(first, atom), part);
  Ref base = add(first, step, -steps);
  return add(start(base, place), step, steps);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

ArrayRef<Ref> tessera::tile::rings::atomsOf(const Ref &term) {
  if (term->kind == Kind::Constant)
    return {};
  return term->kind == Kind::Sum ? term->operands : ArrayRef<Ref>(term);
}

Ref Terms::makeSum(int64_t number, ArrayRef<std::pair<Ref, int64_t>> parts) {
  if (parts.empty())
    return constant(number);
  if (parts.size() == 1 && number == 0 && parts[0].second == 1)
    return parts[0].first;
  SmallVector<Ref> operands;
  SmallVector<int64_t> factors;
  for (auto [operand, factor] : parts) {
    operands.push_back(operand);
    factors.push_back(factor);
  }
  return make(Kind::Sum, number, "", operands, factors);
}

/// What a sum adds without an atom.
static int64_t numberOf(Ref term) {
  return term->is(Kind::Constant) || term->is(Kind::Sum) ? term->number : 0;
}

static int64_t factorAt(Ref term, size_t index) {
  return term->is(Kind::Sum) ? term->factors[index] : 1;
}

/// x + y * factor; none if that overflows.
static std::optional<int64_t> step(int64_t x, int64_t y, int64_t factor) {
  int64_t product, sum;
  if (llvm::MulOverflow(y, factor, product) ||
      llvm::AddOverflow(x, product, sum))
    return std::nullopt;
  return sum;
}

/// Atoms of sums are in the order of their ids.
Ref Terms::addUp(Ref a, Ref b, int64_t factorOfB) {
  std::optional<int64_t> number = step(numberOf(a), numberOf(b), factorOfB);
  ArrayRef<Ref> left = atomsOf(a), right = atomsOf(b);
  SmallVector<std::pair<Ref, int64_t>> parts;
  for (size_t i = 0, j = 0; number && (i < left.size() || j < right.size());) {
    bool takesLeft =
        j == right.size() || (i < left.size() && left[i]->id <= right[j]->id);
    bool takesRight =
        i == left.size() || (j < right.size() && right[j]->id <= left[i]->id);
    Ref atom = takesLeft ? left[i] : right[j];
    std::optional<int64_t> factor = takesLeft ? factorAt(a, i++) : 0;
    if (takesRight)
      factor = step(*factor, factorAt(b, j++), factorOfB);
    if (!factor)
      number = std::nullopt;
    else if (*factor != 0)
      parts.push_back({atom, *factor});
  }
  return number ? makeSum(*number, parts)
                : other("a sum too large to follow", {a, b}, factorOfB);
}

Ref Terms::add(Ref a, Ref b, int64_t factorOfB) {
  auto [known, isNew] = sums.try_emplace({a, b, factorOfB});
  if (isNew)
    known->second = addUp(a, b, factorOfB);
  return known->second;
}

std::pair<Ref, int64_t> Terms::split(Ref sum) {
  if (sum->kind == Kind::Constant)
    return {constant(0), sum->number};
  if (sum->kind != Kind::Sum || sum->number == 0)
    return {sum, 0};
  SmallVector<std::pair<Ref, int64_t>> parts;
  for (auto [operand, factor] : llvm::zip_equal(sum->operands, sum->factors))
    parts.push_back({operand, factor});
  return {makeSum(0, parts), sum->number};
}

int64_t Terms::factorOf(Ref sum, Ref atom) {
  for (auto [index, part] : llvm::enumerate(atomsOf(sum)))
    if (part == atom)
      return sum->kind == Kind::Sum ? sum->factors[index] : 1;
  return 0;
}

Ref Terms::divide(Ref a, int64_t divisor) {
  if (divisor == 1)
    return a;
  SmallVector<std::pair<Ref, int64_t>> parts;
  for (Ref atom : atomsOf(a))
    parts.push_back({atom, factorOf(a, atom) / divisor});
  return makeSum(split(a).second / divisor, parts);
}

Ref Terms::multiply(Ref a, Ref b) {
  if (a->kind == Kind::Constant)
    std::swap(a, b);
  if (b->kind == Kind::Constant)
    return scale(a, b->number);
  if (a->id > b->id)
    std::swap(a, b);
  return make(Kind::Product, 0, "", {a, b}, {});
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

static bool beginsNegative(Ref term) {
  return term->kind == Kind::Sum && term->factors.front() < 0;
}

Ref Terms::isPositive(Ref a) {
  if (a->kind == Kind::Constant)
    return constant(a->number >= 1);
  if (a->isCondition())
    return a;
  if (!beginsNegative(a))
    return make(Kind::Positive, 0, "", {a}, {});
  // a >= 1 is not 1 - a >= 1
  Ref opposite = subtract(constant(1), a);
  return negate(make(Kind::Positive, 0, "", {opposite}, {}));
}

Ref Terms::isZero(Ref a) {
  if (a->kind == Kind::Constant)
    return constant(a->number == 0);
  if (a->isCondition())
    return negate(a);
  return make(Kind::Zero, 0, "", {beginsNegative(a) ? scale(a, -1) : a}, {});
}

Ref Terms::negate(Ref condition) {
  if (condition->kind == Kind::Constant)
    return constant(condition->number == 0);
  if (condition->is(Kind::Not))
    return condition->operands[0];
  return make(Kind::Not, 0, "", {condition}, {});
}

//===----------------------------------------------------------------------===//
// Replacing
//===----------------------------------------------------------------------===//

template <typename Leaf>
Ref Terms::rebuild(Ref term, Substitution &done, Leaf leaf) {
  if (Ref found = done.lookup(term))
    return found;
  Ref made = leaf(term);
  if (!made) {
    SmallVector<Ref> operands;
    for (Ref operand : term->operands)
      operands.push_back(rebuild(operand, done, leaf));
    made = term;
    if (term->kind == Kind::Sum) {
      made = constant(term->number);
      for (auto [operand, factor] : llvm::zip_equal(operands, term->factors))
        made = add(made, operand, factor);
    } else if (term->kind == Kind::Start) {
      made = start(operands[0], term->number);
    } else if (term->is(Kind::Other)) {
      made = other(term->name, operands, term->number);
    } else if (!operands.empty()) {
      made = apply(term->kind, operands, term->number);
    }
  }
  done[term] = made;
  return made;
}

Ref Terms::substitute(Ref term, const Substitution &map) {
  Substitution done;
  return rebuild(term, done, [&](Ref at) { return map.lookup(at); });
}

Ref Terms::resolve(Ref term) {
  Substitution done;
  return rebuild(term, done, [&](Ref at) -> Ref {
    return at->kind == Kind::Start ? resolve(at->operands[0]) : nullptr;
  });
}

void tessera::tile::rings::forEachWithin(Ref term, llvm::DenseSet<Ref> &seen,
                                         llvm::function_ref<void(Ref)> visit) {
  if (!seen.insert(term).second)
    return;
  visit(term);
  for (Ref operand : term->operands)
    forEachWithin(operand, seen, visit);
}

bool tessera::tile::rings::anyWithin(Ref term,
                                     llvm::function_ref<bool(Ref)> holds) {
  bool found = false;
  llvm::DenseSet<Ref> seen;
  forEachWithin(term, seen, [&](Ref part) { found |= holds(part); });
  return found;
}
