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
