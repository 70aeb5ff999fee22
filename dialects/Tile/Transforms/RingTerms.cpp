// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Terms are made, added up and replaced.

#include "RingTerms.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/MathExtras.h"

#include <map>

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
// Making
//===----------------------------------------------------------------------===//

void Term::profile(llvm::FoldingSetNodeID &key, Kind kind, int64_t number,
                   StringRef name, ArrayRef<Ref> operands,
                   ArrayRef<int64_t> factors) {
  key.AddInteger(kind);
  key.AddInteger(number);
  key.AddString(name);
  for (Ref operand : operands)
    key.AddInteger(operand->id);
  for (int64_t factor : factors)
    key.AddInteger(factor);
}

Ref Terms::make(Term::Kind kind, int64_t number, StringRef name,
                ArrayRef<Ref> operands, ArrayRef<int64_t> factors) {
  llvm::FoldingSetNodeID key;
  Term::profile(key, kind, number, name, operands, factors);
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
  terms.InsertNode(term, at);
  return term;
}

Ref Terms::constant(int64_t value) {
  return make(Term::Constant, value, "", {}, {});
}

Ref Terms::unknown(int64_t number) {
  return make(Term::Unknown, number, "", {}, {});
}

Ref Terms::start(Ref first, int64_t place) {
  return make(Term::Start, place, "", {first}, {});
}

Ref Terms::startOfLoop(Ref first, Ref step, int64_t place) {
  // first = base + steps * step, so that the base lacks the step's first part.
  auto partOf = [&](Ref term, Ref atom) {
    return atom ? factorOf(term, atom) : split(term).second;
  };
  Ref atom = step->kind == Term::Constant ? nullptr : atomsOf(step).front();
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
  if (term->kind == Term::Constant)
    return {};
  return term->kind == Term::Sum ? term->operands : ArrayRef<Ref>(term);
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
  return make(Term::Sum, number, "", operands, factors);
}

Ref Terms::add(Ref a, Ref b, int64_t factorOfB) {
  int64_t number = 0;
  std::map<unsigned, std::pair<Ref, int64_t>> parts;
  auto take = [&](Ref term, int64_t factor) {
    number += split(term).second * factor;
    for (auto [index, atom] : llvm::enumerate(atomsOf(term))) {
      auto &part = parts[atom->id];
      part.first = atom;
      part.second +=
          factor * (term->kind == Term::Sum ? term->factors[index] : 1);
    }
  };
  take(a, 1);
  take(b, factorOfB);
  SmallVector<std::pair<Ref, int64_t>> kept;
  for (auto &[id, part] : parts)
    if (part.second != 0)
      kept.push_back(part);
  return makeSum(number, kept);
}

std::pair<Ref, int64_t> Terms::split(Ref sum) {
  if (sum->kind == Term::Constant)
    return {constant(0), sum->number};
  if (sum->kind != Term::Sum || sum->number == 0)
    return {sum, 0};
  SmallVector<std::pair<Ref, int64_t>> parts;
  for (auto [operand, factor] : llvm::zip_equal(sum->operands, sum->factors))
    parts.push_back({operand, factor});
  return {makeSum(0, parts), sum->number};
}

int64_t Terms::factorOf(Ref sum, Ref atom) {
  for (auto [index, part] : llvm::enumerate(atomsOf(sum)))
    if (part == atom)
      return sum->kind == Term::Sum ? sum->factors[index] : 1;
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
  if (a->kind == Term::Constant)
    std::swap(a, b);
  if (b->kind == Term::Constant)
    return scale(a, b->number);
  if (a->id > b->id)
    std::swap(a, b);
  return make(Term::Apply, 0, "arith.muli", {a, b}, {});
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

static bool beginsNegative(Ref term) {
  return term->kind == Term::Sum && term->factors.front() < 0;
}

Ref Terms::isPositive(Ref a) {
  if (a->kind == Term::Constant)
    return constant(a->number >= 1);
  if (!beginsNegative(a))
    return make(Term::Apply, 0, "positive", {a}, {});
  // a >= 1 is not 1 - a >= 1
  Ref opposite = subtract(constant(1), a);
  return negate(make(Term::Apply, 0, "positive", {opposite}, {}));
}

Ref Terms::isZero(Ref a) {
  if (a->kind == Term::Constant)
    return constant(a->number == 0);
  // A condition widened to an integer.
  if (a->isApply("positive") || a->isApply("zero") || a->isApply("not"))
    return negate(a);
  return make(Term::Apply, 0, "zero", {beginsNegative(a) ? scale(a, -1) : a},
              {});
}

Ref Terms::negate(Ref condition) {
  if (condition->kind == Term::Constant)
    return constant(condition->number == 0);
  if (condition->isApply("not"))
    return condition->operands[0];
  return make(Term::Apply, 0, "not", {condition}, {});
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
    if (term->kind == Term::Sum) {
      made = constant(term->number);
      for (auto [operand, factor] : llvm::zip_equal(operands, term->factors))
        made = add(made, operand, factor);
    } else if (term->kind == Term::Start) {
      made = start(operands[0], term->number);
    } else if (term->kind == Term::Apply) {
      made = apply(term->name, operands, term->number);
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
    return at->kind == Term::Start ? resolve(at->operands[0]) : nullptr;
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
