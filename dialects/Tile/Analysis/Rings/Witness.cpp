// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A search with backtracking: one number after another, each checked against
// the facts that it completes, and sought where facts that lack only it allow.

#include "Witness.h"

#include <map>

using namespace tessera::tile;
using namespace tessera::tile::rings;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

class WitnessSearch {
public:
  WitnessSearch(Terms &terms, ArrayRef<Fact> facts, ArrayRef<Store> stores);
  Witness run();

private:
  /// Where a load reads.
  using Place = std::pair<Ref, std::vector<int64_t>>;

  void collect(Ref term);
  Interval domainOf(Ref term) const;
  void narrow(const Fact &fact);
  void collectStores(Ref load);
  bool choose(size_t index);
  bool tryNumber(size_t index, int64_t number);
  bool agrees(size_t index);
  Interval boundsOf(size_t index);
  Interval boundsBy(const Fact &fact, Ref choice);
  SmallVector<int64_t> candidatesFor(size_t index);
  /// What an earlier choice, or a store, already says.
  std::optional<int64_t> given(Ref load);

  std::optional<int64_t> valueOf(Ref term);
  std::optional<int64_t> sumOf(Ref term);
  std::optional<Place> placeOf(Ref load);
  std::optional<const Store *> storeBefore(Ref load);

  Terms &terms;
  SmallVector<Fact> facts; ///< of what loops start with
  ArrayRef<Store> stores;
  /// What has to be chosen; what an index is made of before what it reads.
  SmallVector<Ref> choices;
  SmallVector<SmallVector<unsigned, 2>> completes; ///< facts, by choice
  llvm::DenseSet<Ref> seen;
  llvm::DenseMap<Ref, int64_t> chosen;
  llvm::DenseMap<Ref, Interval> domains; ///< of choices, by all facts together
  Ref unclear = nullptr;
  unsigned tries = 0;
};

} // namespace

/// Memory and, of a shared load, a version and a view stand before the indices.
static ArrayRef<Ref> indicesOf(Ref load) {
  return load->operands.drop_front(load->is(Kind::SharedLoad) ? 3 : 1);
}

static bool isChoice(Ref term) {
  return term->is(Kind::Unknown) ||
         (term->kind >= Kind::Argument && term->kind <= Kind::SharedLoad);
}

static bool isLoad(Ref term) {
  return term->is(Kind::Load) || term->is(Kind::SharedLoad) ||
         term->is(Kind::Extent);
}

//===----------------------------------------------------------------------===//
// Collecting
//===----------------------------------------------------------------------===//

WitnessSearch::WitnessSearch(Terms &terms, ArrayRef<Fact> facts,
                             ArrayRef<Store> stores)
    : terms(terms), facts(facts), stores(stores) {
  SmallVector<size_t> completeAt;
  for (Fact &fact : this->facts) {
    fact.term = terms.resolve(fact.term);
    collect(fact.term);
    completeAt.push_back(choices.size());
  }
  completes.resize(choices.size());
  for (auto [index, fact] : llvm::enumerate(this->facts)) {
    // With the last of the choices within it.
    size_t last = 0;
    for (auto [at, choice] : llvm::enumerate(choices))
      if (anyWithin(fact.term, [&](Ref part) { return part == choice; }))
        last = at;
    // A store that a load may meet is made of other choices.
    if (anyWithin(fact.term,
                  [](Ref part) { return part->is(Kind::SharedLoad); }))
      last = completeAt[index] - 1;
    if (!choices.empty())
      completes[last].push_back(index);
  }
  for (int round = 0; round < 4; ++round)
    for (const Fact &fact : this->facts)
      narrow(fact);
}

Interval WitnessSearch::domainOf(Ref term) const {
  auto found = domains.find(term);
  return found == domains.end() ? term->range : found->second;
}

/// Each choice of a sum lies where the others leave it room.
void WitnessSearch::narrow(const Fact &fact) {
  for (Ref choice : atomsOf(fact.term)) {
    if (!isChoice(choice))
      continue;
    int64_t number = terms.split(fact.term).second;
    Interval room = fact.range + Interval{-number, -number};
    for (Ref other : atomsOf(fact.term))
      if (other != choice)
        room = room + domainOf(other) * -terms.factorOf(fact.term, other);
    domains[choice] =
        domainOf(choice).meet(room / terms.factorOf(fact.term, choice));
  }
}

void WitnessSearch::collect(Ref term) {
  if (!seen.insert(term).second)
    return;
  if (term->is(Kind::Global) || term->is(Kind::Other))
    unclear = term;
  if (term->is(Kind::SharedLoad))
    collectStores(term);
  for (Ref operand : isLoad(term) ? indicesOf(term) : term->operands)
    collect(operand);
  if (isChoice(term))
    choices.push_back(term);
}

void WitnessSearch::collectStores(Ref load) {
  if (load->operands[0] != load->operands[2])
    unclear = load; // through a view
  if (load->operands[1]->isConstant(0))
    return;
  for (const Store &store : stores) {
    if (store.memory == load->operands[0]) {
      if (!store.value || store.indices.empty())
        unclear = load;
      else
        collect(store.value);
      for (Ref index : store.indices)
        collect(index);
    }
    if (store.version == load->operands[1])
      return;
  }
}

//===----------------------------------------------------------------------===//
// Computing
//===----------------------------------------------------------------------===//

std::optional<int64_t> WitnessSearch::sumOf(Ref term) {
  int64_t sum = term->number;
  for (auto [operand, factor] :
       llvm::zip_equal(term->operands, term->factors)) {
    std::optional<int64_t> value = valueOf(operand);
    int64_t part;
    if (!value || llvm::MulOverflow(*value, factor, part) ||
        llvm::AddOverflow(sum, part, sum))
      return std::nullopt;
  }
  return sum;
}

/// None before all that it is made of has been chosen.
std::optional<int64_t> WitnessSearch::valueOf(Ref term) {
  if (term->is(Kind::Constant))
    return term->number;
  if (term->is(Kind::Sum))
    return sumOf(term);
  if (term->is(Kind::Start))
    return valueOf(term->operands[0]);
  if (isChoice(term)) {
    auto found = chosen.find(term);
    return found == chosen.end() ? std::nullopt : std::optional(found->second);
  }
  SmallVector<int64_t> operands;
  for (Ref operand : term->operands) {
    std::optional<int64_t> value = valueOf(operand);
    if (!value)
      return std::nullopt;
    operands.push_back(*value);
  }
  return compute(term->kind, term->number, operands);
}

std::optional<WitnessSearch::Place> WitnessSearch::placeOf(Ref load) {
  Place place{load->operands[0], {}};
  for (Ref index : indicesOf(load)) {
    std::optional<int64_t> value = valueOf(index);
    if (!value || *value < 0)
      return std::nullopt;
    place.second.push_back(*value);
  }
  return place;
}

/// The last store that a load meets; null if there is none, nothing if that
/// cannot be told.
std::optional<const Store *> WitnessSearch::storeBefore(Ref load) {
  const Store *last = nullptr;
  std::optional<Place> place = placeOf(load);
  if (!place)
    return std::nullopt;
  if (!load->is(Kind::SharedLoad) || load->operands[1]->isConstant(0))
    return last;
  for (const Store &store : stores) {
    if (store.memory == place->first) {
      bool isThere = true;
      for (auto [index, at] : llvm::zip_equal(store.indices, place->second)) {
        std::optional<int64_t> value = valueOf(index);
        if (!value)
          return std::nullopt;
        isThere &= *value == at;
      }
      if (isThere)
        last = &store;
    }
    if (store.version == load->operands[1])
      return last;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Choosing
//===----------------------------------------------------------------------===//

std::optional<int64_t> WitnessSearch::given(Ref load) {
  std::optional<const Store *> store = storeBefore(load);
  if (store && *store)
    return valueOf((*store)->value);
  std::optional<Place> place = placeOf(load);
  for (auto [other, value] : chosen)
    if (other->kind == load->kind && other != load && placeOf(other) == place &&
        storeBefore(other) == std::optional<const Store *>(nullptr))
      return value;
  return std::nullopt;
}

/// Where one choice must lie for a fact of which it alone is not chosen yet.
Interval WitnessSearch::boundsBy(const Fact &fact, Ref choice) {
  int64_t factor = terms.factorOf(fact.term, choice);
  if (factor == 0)
    return {};
  std::optional<int64_t> rest = valueOf(terms.add(fact.term, choice, -factor));
  if (!rest)
    return {};
  return (fact.range + Interval{-*rest, -*rest}) / factor;
}

Interval WitnessSearch::boundsOf(size_t index) {
  Interval bounds = domainOf(choices[index]);
  for (const Fact &fact : facts)
    bounds = bounds.meet(boundsBy(fact, choices[index]));
  return bounds;
}

SmallVector<int64_t> WitnessSearch::candidatesFor(size_t index) {
  Ref choice = choices[index];
  if (isLoad(choice)) {
    if (!placeOf(choice))
      return {};
    if (std::optional<int64_t> value = given(choice))
      return {*value};
  }
  Interval bounds = boundsOf(index);
  if (bounds.low > bounds.high)
    return {};
  // Small numbers first, then the ends, which facts may have put far away.
  constexpr int64_t kSpread = 9;
  SmallVector<int64_t> numbers;
  int64_t middle = std::clamp<int64_t>(0, bounds.low, bounds.high);
  auto add = [&](int64_t number) {
    if (bounds.contains(number) && !llvm::is_contained(numbers, number))
      numbers.push_back(number);
  };
  for (int64_t away = 0; away < kSpread; ++away) {
    add(middle + away);
    add(middle - away);
  }
  for (int64_t end : {bounds.low, bounds.high})
    if (end > Interval::kLeast && end < Interval::kMost)
      for (int64_t away : {0, 1, -1})
        add(end + away);
  return numbers;
}

bool WitnessSearch::agrees(size_t index) {
  for (unsigned fact : completes[index]) {
    std::optional<int64_t> value = valueOf(facts[fact].term);
    if (!value || !facts[fact].range.contains(*value))
      return false;
  }
  auto cta = chosen.find(terms.apply(Kind::Cta, {})),
       ctas = chosen.find(terms.apply(Kind::Ctas, {}));
  return cta == chosen.end() || ctas == chosen.end() ||
         cta->second < ctas->second;
}

bool WitnessSearch::tryNumber(size_t index, int64_t number) {
  chosen[choices[index]] = number;
  if (agrees(index) && choose(index + 1))
    return true;
  chosen.erase(choices[index]);
  return false;
}

bool WitnessSearch::choose(size_t index) {
  constexpr unsigned kMostTries = 20000;
  if (index == choices.size())
    return true;
  for (int64_t number : candidatesFor(index))
    if (++tries > kMostTries || tryNumber(index, number))
      return tries <= kMostTries;
  return false;
}

Witness WitnessSearch::run() {
  if (unclear)
    return {false, unclear};
  // Those without choices.
  for (const Fact &fact : facts)
    if (choices.empty())
      if (std::optional<int64_t> value = valueOf(fact.term);
          !value || !fact.range.contains(*value))
        return {};
  return {choose(0), nullptr};
}

Witness rings::findWitness(Terms &terms, ArrayRef<Fact> facts,
                           ArrayRef<Store> stores) {
  return WitnessSearch(terms, facts, stores).run();
}
