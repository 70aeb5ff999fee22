// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "RingFacts.h"

#include <numeric>

using namespace tessera::tile::rings;

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

/// What a term is by itself.
static Interval ownRange(Ref atom) {
  if (atom->kind == Term::Constant)
    return {atom->number, atom->number};
  if (atom->kind == Term::Start)
    return ownRange(atom->operands[0]);
  if (atom->kind == Term::Sum) {
    Interval range{atom->number, atom->number};
    for (auto [operand, factor] :
         llvm::zip_equal(atom->operands, atom->factors))
      range = range + ownRange(operand) * factor;
    return range;
  }
  if (atom->kind != Term::Apply)
    return {};
  llvm::StringRef name = atom->name;
  auto operand = [&](unsigned index) {
    return ownRange(atom->operands[index]);
  };
  if (llvm::is_contained({"positive", "zero", "not", "and", "or"}, name))
    return {0, 1};
  if (name.starts_with("tile.ctas"))
    return {1, Interval::kMost};
  if (name.starts_with("tile.cta") || name.starts_with("memref.dim"))
    return {0, Interval::kMost};
  // What the caller promises of a scalar, or of what memory holds.
  if (name == "natural argument" ||
      (name == "memref.load" && atom->operands[0]->isApply("natural argument")))
    return {0, Interval::kMost};
  if (name == "arith.maxsi")
    return {std::max(operand(0).low, operand(1).low),
            std::max(operand(0).high, operand(1).high)};
  if (name == "arith.minsi")
    return {std::min(operand(0).low, operand(1).low),
            std::min(operand(0).high, operand(1).high)};
  bool isNatural = llvm::all_of(
      atom->operands, [](Ref term) { return ownRange(term).low >= 0; });
  if (isNatural &&
      llvm::is_contained({"arith.muli", "arith.divui", "arith.divsi",
                          "arith.remui", "arith.remsi", "arith.minui",
                          "arith.maxui", "arith.ceildivui", "arith.ceildivsi"},
                         name))
    return {0, Interval::kMost};
  return {};
}

Interval Facts::simpleRange(Ref term) const {
  if (term->kind == Term::Sum) {
    Interval range{term->number, term->number};
    for (auto [operand, factor] :
         llvm::zip_equal(term->operands, term->factors))
      range = range + simpleRange(operand) * factor;
    return range;
  }
  Interval range = ownRange(term);
  for (const Fact &fact : facts)
    if (fact.term == term)
      range = range.meet(fact.range);
  return range;
}

/// A sum as facts speak of it: without constant or common factor, its first
/// factor positive.
static std::pair<Ref, Interval> normalise(Terms &terms, Ref sum,
                                          Interval range) {
  auto [term, number] = terms.split(sum);
  range = range + Interval{-number, -number};
  if (term->kind != Term::Sum)
    return {term, range};
  int64_t common = 0;
  for (int64_t factor : term->factors)
    common = std::gcd(common, factor);
  if (term->factors.front() < 0)
    common = -common;
  return {terms.divide(term, common), range / common};
}

Interval Facts::directRange(Terms &terms, Ref term) const {
  Interval range = simpleRange(term);
  if (term->kind != Term::Sum)
    return range;
  auto [subject, scaled] = normalise(terms, term, {});
  for (const Fact &fact : facts)
    if (fact.term == subject) {
      int64_t factor = term->factors.front() /
                       terms.factorOf(subject, term->operands.front());
      range = range.meet(fact.range * factor +
                         Interval{term->number, term->number});
    }
  return range;
}

/// As the sum of one fact, some times, and the rest.
Interval Facts::joinedRange(Terms &terms, Ref term) const {
  Interval range = directRange(terms, term);
  size_t parts = atomsOf(term).size();
  for (const Fact &fact : facts) {
    if (fact.term->kind != Term::Sum)
      continue;
    // term = times * fact + rest
    for (auto [atom, factor] :
         llvm::zip_equal(fact.term->operands, fact.term->factors)) {
      int64_t times = terms.factorOf(term, atom) / factor;
      Ref rest = terms.add(term, fact.term, -times);
      if (times != 0 && atomsOf(rest).size() <= parts)
        range = range.meet(directRange(terms, rest) + fact.range * times);
    }
  }
  return range;
}

Interval Facts::rangeOf(Terms &terms, Ref term) const {
  Interval range = joinedRange(terms, term);
  if (term->kind != Term::Sum)
    return range;
  // What is known of another's loop may be known of a multiple only.
  for (int64_t times = 2; times <= kMostTimes; ++times)
    range = range.meet(joinedRange(terms, terms.scale(term, times)) / times);
  return range;
}

bool Facts::arePossible(Terms &terms) const {
  return llvm::all_of(facts, [&](const Fact &fact) {
    Interval range = rangeOf(terms, fact.term);
    return range.low <= range.high;
  });
}

//===----------------------------------------------------------------------===//
// Asking
//===----------------------------------------------------------------------===//

std::optional<bool> Facts::decide(Terms &terms, Ref condition) const {
  if (condition->kind == Term::Constant)
    return condition->number != 0;
  if (condition->isApply("positive")) {
    Interval range = rangeOf(terms, condition->operands[0]);
    if (range.low >= 1)
      return true;
    if (range.high <= 0)
      return false;
    return std::nullopt;
  }
  if (condition->isApply("zero")) {
    Interval range = rangeOf(terms, condition->operands[0]);
    if (!range.contains(0))
      return false;
    if (range.low == 0 && range.high == 0)
      return true;
  }
  Interval range = simpleRange(condition);
  if (range.low == range.high)
    return range.low != 0;
  return std::nullopt;
}

Answer Facts::ask(Terms &terms, Ref condition, unsigned agent) {
  if (condition->isApply("not")) {
    Answer answer = ask(terms, condition->operands[0], agent);
    if (answer.value)
      answer.value = !*answer.value;
    return answer;
  }
  bool isAnd = condition->isApply("and");
  if (isAnd || condition->isApply("or")) {
    Answer first = ask(terms, condition->operands[0], agent);
    if (!first.value || *first.value != isAnd)
      return first;
    return ask(terms, condition->operands[1], agent);
  }
  for (Ref form : {condition, terms.resolve(condition)}) {
    bool isOpposite = form->isApply("not");
    if (isOpposite)
      form = form->operands[0];
    if (std::optional<bool> value = decide(terms, form)) {
      markAsked(condition, agent);
      markAsked(terms.resolve(condition), agent);
      return {*value != isOpposite, nullptr};
    }
  }
  return {std::nullopt, condition};
}

/// What a condition speaks of.
static Ref subjectOf(Ref condition) {
  bool isOfSum = condition->isApply("positive") || condition->isApply("zero");
  return isOfSum ? condition->operands[0] : condition;
}

void Facts::markAsked(Ref condition, unsigned agent) {
  if (condition->isApply("not"))
    condition = condition->operands[0];
  // The fact that answered may speak of the same things in another way.
  Ref about = subjectOf(condition);
  for (Fact &fact : facts)
    if (fact.term == condition || atomsOf(fact.term) == atomsOf(about)) {
      fact.askedBy |= uint64_t(1) << agent;
      fact.age = 0;
    }
}

//===----------------------------------------------------------------------===//
// Assuming
//===----------------------------------------------------------------------===//

void Facts::narrow(Ref term, Interval range, unsigned agent) {
  uint64_t asker = uint64_t(1) << agent;
  for (Fact &fact : facts)
    if (fact.term == term) {
      fact.range = fact.range.meet(range);
      fact.askedBy = asker;
      fact.age = 0;
      return;
    }
  facts.push_back({term, range, asker, 0});
}

void Facts::assumeOne(Terms &terms, Ref condition, bool value, unsigned agent) {
  if (condition->kind == Term::Constant)
    return;
  if (condition->isApply("not"))
    return assumeOne(terms, condition->operands[0], !value, agent);
  if (condition->isApply("positive")) {
    auto [subject, range] = normalise(terms, condition->operands[0],
                                      value ? Interval{1, Interval::kMost}
                                            : Interval{Interval::kLeast, 0});
    return narrow(subject, range, agent);
  }
  if (condition->isApply("zero") && value) {
    auto [subject, range] = normalise(terms, condition->operands[0], {0, 0});
    narrow(subject, range, agent);
  }
  narrow(condition, {value, value}, agent);
}

void Facts::assume(Terms &terms, Ref condition, bool value, unsigned agent) {
  assumeOne(terms, condition, value, agent);
  Ref resolved = terms.resolve(condition);
  if (resolved != condition)
    assumeOne(terms, resolved, value, agent);
}

//===----------------------------------------------------------------------===//
// Forgetting
//===----------------------------------------------------------------------===//

void Facts::assume(Terms &terms, Ref number, Interval range) {
  auto [term, normal] = normalise(terms, number, range);
  if (term->kind != Term::Constant)
    narrow(term, normal, 0);
}

void Facts::replaceTerms(Terms &terms, llvm::function_ref<Ref(Ref)> replace) {
  llvm::SmallVector<Fact, 8> old = std::move(facts);
  facts.clear();
  for (const Fact &fact : old) {
    Ref replaced = replace(fact.term);
    if (!replaced || replaced->kind == Term::Constant)
      continue;
    auto [term, range] = normalise(terms, replaced, fact.range);
    if (term->isApply("not")) {
      term = term->operands[0];
      range = Interval{1, 1} + range * -1;
    }
    narrow(term, range, 0);
    if (facts.back().term == term) {
      facts.back().askedBy = fact.askedBy;
      facts.back().age = fact.age;
    }
  }
}

bool Facts::contains(Terms &terms, const Fact &fact) const {
  Interval range = rangeOf(terms, fact.term);
  return range.low >= fact.range.low && range.high <= fact.range.high;
}

bool Facts::implies(Terms &terms, const Facts &other) const {
  return llvm::all_of(other.facts,
                      [&](const Fact &fact) { return contains(terms, fact); });
}

void Facts::prune(Terms &terms, const llvm::DenseSet<Ref> &held,
                  uint64_t agents, unsigned maxAge) {
  llvm::erase_if(facts, [&](Fact &fact) {
    Ref subject = subjectOf(fact.term);
    bool isHeld = llvm::all_of(atomsOf(subject),
                               [&](Ref atom) { return held.contains(atom); });
    bool isAsked = (fact.askedBy & agents) == agents;
    constexpr unsigned kLonger = 4; // what is held is likely to be asked for
    return (isAsked && !isHeld) ||
           ++fact.age > (isHeld && !isAsked ? kLonger * maxAge : maxAge);
  });
  // Each question looks at all facts, some times over.
  constexpr size_t kMostFacts = 20;
  if (facts.size() > kMostFacts)
    facts.erase(facts.begin(), facts.end() - kMostFacts);
  for (size_t index = 0; index < facts.size();) {
    Fact fact = facts[index];
    facts.erase(facts.begin() + index);
    if (!contains(terms, fact))
      facts.insert(facts.begin() + index++, fact);
  }
}
