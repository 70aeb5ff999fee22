// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Facts.h"

#include <numeric>

using namespace tessera::tile::rings;

/// Whether a condition speaks of a number.
static bool isOfNumber(Ref condition) {
  return condition->is(Kind::Positive) || condition->is(Kind::Zero);
}

//===----------------------------------------------------------------------===//
// Intervals
//===----------------------------------------------------------------------===//

/// A sum as facts speak of it: without constant or common factor, its first
/// factor positive.
static std::pair<Ref, Interval> normalise(Terms &terms, Ref sum,
                                          Interval range) {
  auto [term, number] = terms.split(sum);
  range = range + Interval{-number, -number};
  if (!term->is(Kind::Sum))
    return {term, range};
  int64_t common = 0;
  for (int64_t factor : term->factors)
    common = std::gcd(common, factor);
  if (term->factors.front() < 0)
    common = -common;
  return {terms.divide(term, common), range / common};
}

/// Of a condition whose subject lies there.
static std::optional<bool> decideBy(Ref condition, Interval subject) {
  if (condition->is(Kind::Positive) && subject.low >= 1)
    return true;
  if (condition->is(Kind::Positive) && subject.high <= 0)
    return false;
  if (condition->is(Kind::Zero) && !subject.contains(0))
    return false;
  if (condition->is(Kind::Zero) && subject.low == 0 && subject.high == 0)
    return true;
  return std::nullopt;
}

Interval Facts::simpleRange(Terms &terms, Ref term) const {
  if (term->is(Kind::Sum)) {
    Interval range{term->number, term->number};
    for (auto [operand, factor] :
         llvm::zip_equal(term->operands, term->factors))
      range = range + simpleRange(terms, operand) * factor;
    return range;
  }
  Interval range = term->range;
  for (const Fact &fact : facts)
    if (fact.term == term)
      range = range.meet(fact.range);
  // What is known of a condition is kept as what is known of its subject.
  if (range.low != range.high && isOfNumber(term))
    if (std::optional<bool> value =
            decideBy(term, statedRange(terms, term->operands[0])))
      return {*value, *value};
  return range;
}

Interval Facts::statedRange(Terms &terms, Ref term) const {
  auto [subject, scaled] = normalise(terms, term, {});
  Interval range = term->range;
  for (const Fact &fact : facts)
    if (fact.term == subject) {
      int64_t factor = term->is(Kind::Sum)
                           ? term->factors.front() /
                                 terms.factorOf(subject, term->operands.front())
                           : 1;
      int64_t number = term->is(Kind::Sum) ? term->number : 0;
      range = range.meet(fact.range * factor + Interval{number, number});
    }
  return range;
}

Interval Facts::directRange(Terms &terms, Ref term) const {
  return simpleRange(terms, term).meet(statedRange(terms, term));
}

/// As the sum of one fact, some times, and the rest.
Interval Facts::joinedRange(Terms &terms, Ref term) const {
  Interval range = directRange(terms, term);
  size_t parts = atomsOf(term).size();
  for (const Fact &fact : facts) {
    if (!fact.term->is(Kind::Sum))
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
  if (!term->is(Kind::Sum))
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
  if (condition->is(Kind::Constant))
    return condition->number != 0;
  Interval range = condition->range;
  for (const Fact &fact : facts)
    if (fact.term == condition)
      range = range.meet(fact.range);
  if (range.low == range.high)
    return range.low != 0;
  if (!isOfNumber(condition))
    return std::nullopt;
  return decideBy(condition, rangeOf(terms, condition->operands[0]));
}

Answer Facts::ask(Terms &terms, Ref condition, unsigned agent) {
  if (condition->is(Kind::Not)) {
    Answer answer = ask(terms, condition->operands[0], agent);
    if (answer.value)
      answer.value = !*answer.value;
    return answer;
  }
  bool isAnd = condition->is(Kind::And);
  if (isAnd || condition->is(Kind::Or)) {
    Answer first = ask(terms, condition->operands[0], agent);
    if (!first.value || *first.value != isAnd)
      return first;
    return ask(terms, condition->operands[1], agent);
  }
  for (Ref form : {condition, terms.resolve(condition)}) {
    bool isOpposite = form->is(Kind::Not);
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
  return isOfNumber(condition) ? condition->operands[0] : condition;
}

void Facts::markAsked(Ref condition, unsigned agent) {
  if (condition->is(Kind::Not))
    condition = condition->operands[0];
  // The fact that answered may speak of the same things in another way.
  Ref about = subjectOf(condition);
  for (Fact &fact : facts)
    if (fact.term == condition || atomsOf(fact.term) == atomsOf(about))
      fact.ask(agent);
}

//===----------------------------------------------------------------------===//
// Assuming
//===----------------------------------------------------------------------===//

void Facts::narrow(Ref term, Interval range, unsigned agent) {
  Fact *fact =
      llvm::find_if(facts, [&](Fact &fact) { return fact.term == term; });
  if (fact == facts.end())
    fact = &facts.emplace_back(Fact{term, range, {}, 0});
  fact->range = fact->range.meet(range);
  fact->askedBy.reset();
  fact->ask(agent);
}

void Facts::assumeOne(Terms &terms, Ref condition, bool value, unsigned agent) {
  if (condition->is(Kind::Constant))
    return;
  if (condition->is(Kind::Not))
    return assumeOne(terms, condition->operands[0], !value, agent);
  if (condition->is(Kind::Positive)) {
    auto [subject, range] = normalise(terms, condition->operands[0],
                                      value ? Interval{1, Interval::kMost}
                                            : Interval{Interval::kLeast, 0});
    return narrow(subject, range, agent);
  }
  if (condition->is(Kind::Zero) && value) {
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
  if (!term->is(Kind::Constant))
    narrow(term, normal, 0);
}

void Facts::replaceTerms(Terms &terms, llvm::function_ref<Ref(Ref)> replace) {
  llvm::SmallVector<Fact, 8> old = std::move(facts);
  facts.clear();
  for (const Fact &fact : old) {
    Ref replaced = replace(fact.term);
    if (!replaced || replaced->is(Kind::Constant))
      continue;
    auto [term, range] = normalise(terms, replaced, fact.range);
    if (term->is(Kind::Not)) {
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

void Facts::prune(Terms &terms, const llvm::DenseSet<Ref> &held, size_t agents,
                  unsigned maxAge) {
  llvm::erase_if(facts, [&](Fact &fact) {
    Ref subject = subjectOf(fact.term);
    bool isHeld = llvm::all_of(atomsOf(subject),
                               [&](Ref atom) { return held.contains(atom); });
    bool isAsked = fact.askedBy.count() == agents;
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
