// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// States are made alike: what will not be asked for is dropped, and what loops
// carry becomes unknown.

#include "State.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

//===----------------------------------------------------------------------===//
// Values that are done with
//===----------------------------------------------------------------------===//

/// Whether `user` is still to come, or to come again, in the frame of its
/// block.
static bool isAhead(Value value, Operation *user, const Frame &frame,
                    bool isInnermost) {
  Operation *top = frame.block->findAncestorOpInBlock(*user);
  if (!top)
    return false;
  if (isInnermost)
    return frame.next != frame.block->end() &&
           (top == &*frame.next || frame.next->isBeforeInBlock(top));
  Operation *inside = &*std::prev(frame.next);
  auto loop = dyn_cast<scf::ForOp>(user);
  if (top == inside && user == inside)
    return loop && (loop.getUpperBound() == value || loop.getStep() == value);
  return top == inside || inside->isBeforeInBlock(top);
}

static void dropDead(AgentState &agent, const Program &program) {
  auto isLive = [&](Value value) {
    for (auto [depth, frame] : llvm::enumerate(agent.frames)) {
      if (llvm::is_contained(carriedBy(frame), value))
        return true;
      if (value.getParentBlock() == frame.block)
        return llvm::any_of(value.getUsers(), [&](Operation *user) {
          return isAhead(value, user, frame, depth + 1 == agent.frames.size());
        });
    }
    return false;
  };
  for (auto cell = agent.cells.begin(); cell != agent.cells.end();)
    cell = isLive(program.valueOf(cell->first)) ? std::next(cell)
                                                : agent.cells.erase(cell);
}

//===----------------------------------------------------------------------===//
// Stores that are over
//===----------------------------------------------------------------------===//

/// Whether something that is held, or known, was read from where the store
/// went.
static bool isReadStill(State &state, Terms &terms, const Store &store) {
  auto isRead = [&](Ref part) {
    return part->is(Kind::SharedLoad) &&
           mayMeet(state, terms, store, part->operands[0],
                   part->operands[0] == part->operands[2]
                       ? part->operands.drop_front(3)
                       : ArrayRef<Ref>());
  };
  bool found = false;
  forEachTerm(state, [&](Ref &term) { found |= anyWithin(term, isRead); });
  for (const Fact &fact : state.facts.list())
    found |= anyWithin(fact.term, isRead);
  return found;
}

/// Of what a loop has stored in rounds before, it is only kept that it lies
/// below where the loop is now; of what is older than `maxAge` nothing, if it
/// is not such.
static void widenStore(State &state, const Program &program, Store &store,
                       unsigned maxAge) {
  if (store.indices.size() != 1)
    return;
  Terms &terms = program.terms;
  const AgentState &agent = state.agents[store.agent];
  for (const Frame &frame : agent.frames) {
    auto loop = dyn_cast_or_null<scf::ForOp>(frame.owner);
    if (!loop)
      continue;
    Ref now =
        std::get<Ref>(agent.cells.at(program.numberOf(loop.getInductionVar())));
    Interval ahead =
        state.facts.rangeOf(terms, terms.subtract(now, store.indices[0]));
    if (ahead.low < 1)
      continue;
    store.indices[0] = terms.add(now, terms.constant(-1));
    store.isOrBelow = true;
    return;
  }
  if (++store.age > maxAge)
    store.indices.clear();
}

/// Stores that all agents know of and that nobody compares with any more are
/// forgotten; of those that mean the same place, the last stands for all.
static void pruneStores(State &state, const Program &program, unsigned maxAge) {
  llvm::erase_if(state.stores, [&](const Store &store) {
    bool isKnown = true;
    for (auto [index, agent] : llvm::enumerate(state.agents))
      isKnown &= index == store.agent || agent.frames.empty() ||
                 llvm::is_contained(agent.knows, store.version);
    return isKnown && !isReadStill(state, program.terms, store);
  });
  constexpr size_t kMost = 6;
  for (Store &store : state.stores) {
    store.value = nullptr;
    widenStore(state, program, store, maxAge);
    if (state.stores.size() > kMost)
      store.indices.clear();
  }
  // Knowing the later of one agent's stores is knowing the earlier.
  for (size_t index = 0; index + 1 < state.stores.size();) {
    const Store &store = state.stores[index], &next = state.stores[index + 1];
    bool isSame = store.memory == next.memory && store.agent == next.agent &&
                  store.indices == next.indices &&
                  (next.isOrBelow || !store.isOrBelow);
    isSame ? (void)state.stores.erase(state.stores.begin() + index)
           : (void)++index;
  }
}

static void pruneKnowledge(State &state) {
  auto prune = [&](Knowledge &knows) {
    llvm::erase_if(knows, [&](Ref version) {
      return llvm::none_of(state.stores, [&](const Store &store) {
        return store.version == version;
      });
    });
  };
  for (AgentState &agent : state.agents)
    prune(agent.knows);
  for (LaneState &lane : state.lanes) {
    for (Filling &filling : lane.fillings) {
      prune(filling.told);
      prune(filling.returned);
    }
    for (Knowledge &freed : lane.freed)
      prune(freed);
  }
}

//===----------------------------------------------------------------------===//
// Generalising
//===----------------------------------------------------------------------===//

namespace {

/// Builds a substitution of old unknowns and starts by new ones, which have
/// negative numbers until all are made.
class Generaliser {
public:
  explicit Generaliser(Terms &terms) : terms(terms) {}

  /// Makes the term an unknown, if it holds something that changes.
  void abstract(Ref term);
  /// The same for one that does not go along with others, after all that do:
  /// how far it is from them is forgotten.
  void abstractAlone(Ref term);
  void renameIn(Ref term);
  /// After all terms of the state: new unknowns get the numbers from 0 on.
  void numberAll();
  /// Null if it holds an unknown that the state does not.
  Ref replace(Ref term);
  int64_t count() const { return made; }

private:
  Ref variableOf(Ref term);
  Ref apply(Ref term);
  void add(Ref what, Ref by) { steps.push_back({{what, by}}); }

  Terms &terms;
  llvm::SmallVector<Substitution> steps; ///< one after another
  Substitution numbers;
  int64_t made = 0;
};

} // namespace

static bool isOld(Ref atom) {
  return atom->is(Kind::Unknown) && atom->number >= 0;
}

/// The part of a sum to solve for.
Ref Generaliser::variableOf(Ref term) {
  auto isUnit = [&](unsigned index) {
    return !term->is(Kind::Sum) || std::abs(term->factors[index]) == 1;
  };
  ArrayRef<Ref> atoms = atomsOf(term);
  for (auto [index, atom] : llvm::enumerate(atoms))
    if (isUnit(index) && (atom->is(Kind::Start) || isOld(atom)))
      return atom;
  for (auto [index, atom] : llvm::enumerate(atoms)) {
    bool changes = anyWithin(
        atom, [](Ref part) { return part->is(Kind::Start) || isOld(part); });
    if (isUnit(index) && atom->isOperation() && changes)
      return atom;
  }
  return nullptr;
}

Ref Generaliser::apply(Ref term) {
  for (const Substitution &step : steps)
    term = terms.substitute(term, step);
  return term;
}

void Generaliser::numberAll() {
  for (int64_t number = 1; number <= made; ++number)
    numbers[terms.unknown(-number)] = terms.unknown(number - 1);
}

Ref Generaliser::replace(Ref term) {
  term = apply(term);
  return anyWithin(term, isOld) ? nullptr : terms.substitute(term, numbers);
}

void Generaliser::abstractAlone(Ref term) {
  term = apply(term);
  if (term->is(Kind::Sum) && !variableOf(term))
    add(term, terms.unknown(-++made));
  else
    abstract(term);
}

void Generaliser::abstract(Ref term) {
  term = apply(term);
  Ref variable = variableOf(term);
  if (!variable)
    return;
  // term = factor * variable + rest, so variable = factor * (new - rest)
  int64_t factor = terms.factorOf(term, variable);
  Ref rest = terms.add(term, variable, -factor);
  Ref fresh = terms.unknown(-++made);
  add(variable, terms.scale(terms.subtract(fresh, rest), factor));
}

void Generaliser::renameIn(Ref term) {
  llvm::DenseSet<Ref> seen;
  forEachWithin(apply(term), seen, [&](Ref part) {
    if (isOld(part))
      add(part, terms.unknown(-++made));
  });
}

namespace {
/// A loop that an agent is in: its variable and bound.
struct LoopPlace {
  Ref now, end;
  bool isForgotten; ///< the variable, when this is generalised
};
} // namespace

static SmallVector<LoopPlace>
findLoops(const State &state, const Program &program, unsigned delay) {
  SmallVector<LoopPlace> places;
  for (const AgentState &agent : state.agents)
    for (const Frame &frame : agent.frames) {
      auto loop = dyn_cast_or_null<scf::ForOp>(frame.owner);
      if (!loop)
        continue;
      auto find = [&](Value value) {
        auto cell = agent.cells.find(program.numberOf(value));
        return cell == agent.cells.end() ? program.getGlobals().lookup(value)
                                         : std::get<Ref>(cell->second);
      };
      places.push_back({find(loop.getInductionVar()),
                        find(loop.getUpperBound()), frame.rounds >= delay});
    }
  return places;
}

/// What is known of loop variables only as long as it is known what they began
/// with: how far a loop is from its end, and how it goes along with another
/// that is some times as long.
static SmallVector<std::pair<Ref, Interval>>
findRests(const State &state, const Program &program, unsigned delay) {
  Terms &terms = program.terms;
  SmallVector<Ref> rests;
  SmallVector<LoopPlace> places = findLoops(state, program, delay);
  for (const LoopPlace &place : places) {
    if (place.isForgotten)
      rests.push_back(terms.subtract(place.end, place.now));
    for (const LoopPlace &other : places)
      for (int64_t times = 2; times <= kMostTimes; ++times)
        if ((place.isForgotten || other.isForgotten) &&
            !place.end->is(Kind::Constant) &&
            terms.split(other.end).first ==
                terms.scale(terms.split(place.end).first, times))
          rests.push_back(terms.add(other.now, place.now, -times));
  }
  SmallVector<std::pair<Ref, Interval>> known;
  // That a round is not the first.
  for (const LoopPlace &place : places)
    if (place.isForgotten &&
        state.facts.rangeOf(terms, place.now)
                .meet(state.facts.rangeOf(terms, terms.resolve(place.now)))
                .low >= 1)
      known.push_back({place.now, {1, Interval::kMost}});
  for (Ref rest : rests) {
    Interval range = state.facts.rangeOf(terms, rest)
                         .meet(state.facts.rangeOf(terms, terms.resolve(rest)));
    if (range.low > Interval::kLeast || range.high < Interval::kMost)
      known.push_back({rest, range});
  }
  return known;
}

/// Numbers that loops carry, and whether they stray.
static void forEachCarried(const State &state, const Program &program,
                           unsigned delay,
                           llvm::function_ref<void(Ref, bool)> visit) {
  for (const AgentState &agent : state.agents)
    for (const Frame &frame : agent.frames) {
      if (frame.rounds < delay)
        continue;
      for (Value value : carriedBy(frame)) {
        auto cell = agent.cells.find(program.numberOf(value));
        if (program.isNeeded(value) && cell != agent.cells.end())
          if (const Ref *term = std::get_if<Ref>(&cell->second))
            visit(*term, llvm::is_contained(frame.straying, value));
      }
    }
}

void rings::generalise(State &state, const Program &program, unsigned delay) {
  Terms &terms = program.terms;
  // An agent that lags behind by a round may take some decisions to come here.
  constexpr unsigned kDecisions = 4;
  const unsigned maxAge = kDecisions * delay;
  for (AgentState &agent : state.agents)
    dropDead(agent, program);
  pruneStores(state, program, maxAge);
  pruneKnowledge(state);
  SmallVector<std::pair<Ref, Interval>> rests =
      findRests(state, program, delay);
  Generaliser generaliser(terms);
  for (bool isStraying : {false, true})
    forEachCarried(state, program, delay, [&](Ref term, bool strays) {
      if (strays == isStraying)
        strays ? generaliser.abstractAlone(term) : generaliser.abstract(term);
    });
  forEachTerm(state, [&](Ref &term) { generaliser.renameIn(term); });
  generaliser.numberAll();
  auto replaced = [&](Ref term) { return generaliser.replace(term); };
  forEachTerm(state, [&](Ref &term) { term = replaced(term); });
  state.facts.replaceTerms(terms, replaced);
  for (auto [rest, range] : rests)
    if (Ref term = replaced(rest))
      state.facts.assume(terms, term, range);
  state.unknowns = generaliser.count();

  llvm::DenseSet<Ref> held = termsWithin(state);
  for (auto &[value, global] : program.getGlobals())
    forEachWithin(global, held, [](Ref) {});
  state.facts.prune(terms, held, state.agents.size(), maxAge);
}
