// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two searches. One over states that are generalised, of which there are few:
// if it meets nothing wrong, nothing is. What it does meet may come from what
// was forgotten, so another search follows, over short runs with nothing
// forgotten; what that one meets is real.

#include "Search.h"
#include "Run.h"
#include "Witness.h"

#include <deque>

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

namespace {

struct Node {
  State state;
  Trace trace;
};

class Search {
public:
  /// `delay` of 0: nothing is generalised.
  Search(const Program &program, const Network &network, unsigned delay,
         size_t maxStates)
      : program(program), network(network), delay(delay), maxStates(maxStates) {
  }
  std::optional<Finding> run();
  /// The first that may be due to what is not known, where nothing is wrong for
  /// certain.
  std::optional<Finding> suspicion;
  /// More states than are looked at.
  bool isCutShort() const { return states > maxStates || steps > kMostSteps; }

private:
  std::optional<Finding> visit(Node node);
  std::optional<unsigned> chooseAsker(const State &state, const Runner &runner);
  bool isSeen(const State &state);
  void branch(const Node &node, unsigned asker);
  void explain(Finding &finding, const Node &node) const;
  void doubt(Finding &finding, const State &state) const;

  const Program &program;
  const Network &network;
  const unsigned delay;
  const size_t maxStates;
  /// Operations followed: loops of many rounds are few states.
  static constexpr uint64_t kMostSteps = 200000;
  size_t states = 0;
  uint64_t steps = 0;
  std::deque<Node> nodes;
  llvm::StringMap<std::vector<Facts>> seen;
};

} // namespace

std::optional<Finding> Search::run() {
  nodes.push_back({State(program, network), nullptr});
  while (!nodes.empty()) {
    ++states;
    if (isCutShort())
      return std::nullopt;
    // Short runs first where one is looked for.
    Node node = std::move(delay ? nodes.back() : nodes.front());
    delay ? nodes.pop_back() : nodes.pop_front();
    if (std::optional<Finding> finding = visit(std::move(node)))
      return finding;
  }
  return std::nullopt;
}

static uint64_t countSteps(const State &state) {
  uint64_t steps = 0;
  for (const AgentState &agent : state.agents)
    steps += agent.steps;
  return steps;
}

std::optional<Finding> Search::visit(Node node) {
  Runner runner(program, network, node.state, node.trace);
  steps -= countSteps(node.state);
  runner.runAll();
  steps += countSteps(node.state);
  std::optional<unsigned> asker;
  if (!runner.finding) {
    asker = chooseAsker(node.state, runner);
    if (!asker && llvm::all_of(runner.stops,
                               [](Stop stop) { return stop == Stop::Ended; }))
      runner.checkEnd();
    else if (!asker)
      runner.reportDeadlock();
  }
  if (runner.finding) {
    explain(*runner.finding, node);
    if (delay || runner.finding->verdict == Verdict::Broken)
      return runner.finding;
    if (!suspicion)
      suspicion = runner.finding;
    return std::nullopt;
  }
  if (!asker)
    return std::nullopt;
  node.state.open = runner.asked[*asker].open;
  node.state.asked = runner.asked[*asker].condition;
  if (delay) {
    generalise(node.state, program, delay);
    if (isSeen(node.state))
      return std::nullopt;
  }
  branch(node, *asker);
  return std::nullopt;
}

/// Whether an agent has come to where a loop goes on or ends.
static bool isLoop(Operation *op) {
  return op->hasTrait<OpTrait::IsTerminator>() ||
         isa<scf::ForOp, scf::WhileOp>(op);
}

/// The one that lags behind: so no role runs far ahead of another where no ring
/// holds it back. Branches come before loops, of which there is no end.
std::optional<unsigned> Search::chooseAsker(const State &state,
                                            const Runner &runner) {
  std::optional<unsigned> asker;
  auto place = [&](unsigned agent) {
    const AgentState &at = state.agents[agent];
    return std::pair(isLoop(at.standsAt),
                     std::vector<uint64_t>(at.rounds.begin(), at.rounds.end()));
  };
  for (unsigned agent = 0; agent < state.agents.size(); ++agent)
    if (runner.stops[agent] == Stop::Asks &&
        (!asker || place(agent) < place(*asker)))
      asker = agent;
  return asker;
}

/// Whether a state was seen that was as this one, and allowed as much.
bool Search::isSeen(const State &state) {
  std::vector<Facts> &others = seen[keyOf(state, delay)];
  for (const Facts &other : others)
    if (state.facts.implies(program.terms, other))
      return true;
  others.push_back(state.facts);
  return false;
}

static StringRef describe(Operation *op, std::optional<bool> value) {
  if (!value)
    return "decides half of what it wants to know";
  if (isa<scf::IfOp>(op))
    return *value ? "takes the first branch" : "does not take the first branch";
  if (isa<scf::ForOp, scf::WhileOp>(op))
    return *value ? "goes round once" : "ends the loop";
  return *value ? "chooses the first number" : "chooses the second number";
}

void Search::branch(const Node &node, unsigned asker) {
  Operation *op = node.state.agents[asker].standsAt;
  if (op->hasTrait<OpTrait::IsTerminator>())
    op = op->getParentOp();
  for (bool isTrue : {false, true}) {
    Node next = node;
    next.state.facts.assume(program.terms, node.state.open, isTrue, asker);
    if (!next.state.facts.arePossible(program.terms))
      continue;
    std::optional<bool> value =
        next.state.facts.ask(program.terms, node.state.asked, asker).value;
    next.state.open = next.state.asked = nullptr;
    next.trace = std::make_shared<TraceEvent>(
        TraceEvent{node.trace, op, asker, describe(op, value).str()});
    nodes.push_back(std::move(next));
  }
}

//===----------------------------------------------------------------------===//
// Explaining
//===----------------------------------------------------------------------===//

/// The way there, the same things in a row told once.
void Search::explain(Finding &finding, const Node &node) const {
  SmallVector<const TraceEvent *> events;
  for (const TraceEvent *event = node.trace.get(); event;
       event = event->before.get())
    events.push_back(event);
  std::reverse(events.begin(), events.end());
  constexpr size_t kMostNotes = 8;
  SmallVector<std::pair<const TraceEvent *, unsigned>> runs;
  for (const TraceEvent *event : events) {
    const TraceEvent *last = runs.empty() ? nullptr : runs.back().first;
    bool isSame = last && last->op == event->op &&
                  last->agent == event->agent && last->text == event->text;
    if (!isSame)
      runs.push_back({event, 0});
    ++runs.back().second;
  }
  if (runs.size() > kMostNotes)
    runs.erase(runs.begin(), runs.end() - kMostNotes);
  for (auto [event, times] : runs)
    finding.notes.push_back(
        {event->op->getLoc(),
         "before that, " + network.agents[event->agent].name() + " " +
             event->text +
             (times > 1 ? ", " + std::to_string(times) + " times" : "")});
  if (delay == 0)
    doubt(finding, node.state);
}

/// The operation behind a term that nobody can compute.
static std::string nameOf(Ref unclear) {
  if (unclear->is(Kind::Other))
    return unclear->name.take_until([](char c) { return c == '{'; }).str();
  return unclear->is(Kind::Global) ? "a number from before the roles"
                                   : "what memory holds";
}

/// What an operation gave that is not understood may be the same as something
/// else without being known to be.
static bool dependsOnUnknown(Finding &finding, const State &state) {
  bool depends = false;
  unsigned drawn = 0;
  for (const Fact &fact : state.facts.list()) {
    auto isWithin = [&](Ref unknown) {
      return anyWithin(fact.term, [&](Ref part) { return part == unknown; });
    };
    drawn += llvm::count_if(state.drawn, isWithin);
    for (auto [unknown, op] : state.notUnderstood) {
      if (!isWithin(unknown))
        continue;
      depends = true;
      std::pair<Location, std::string> note{
          op->getLoc(), "it depends on this, which is not understood"};
      if (!llvm::is_contained(finding.notes, note))
        finding.notes.push_back(note);
    }
  }
  // One number that CTAs draw may be any; two depend on each other.
  if (drawn > 1)
    finding.text += "; it depends on several numbers that CTAs share";
  return depends || drawn > 1;
}

/// Only what numbers can be given for is broken.
void Search::doubt(Finding &finding, const State &state) const {
  if (finding.verdict != Verdict::Broken)
    return;
  finding.verdict = Verdict::Unknown;
  if (dependsOnUnknown(finding, state))
    return;
  Witness witness =
      findWitness(program.terms, state.facts.list(), state.stores);
  if (witness.exists)
    finding.verdict = Verdict::Broken;
  else if (witness.unclear)
    finding.text += "; it depends on " + nameOf(witness.unclear) +
                    ", of which too little is known";
  else
    finding.text += "; no arguments were found for which it comes to that";
}

std::optional<Finding> rings::search(const Program &program,
                                     const Network &network) {
  constexpr size_t kMostStates = 10000, kFewShortRuns = 200,
                   kMostShortRuns = 3000;
  std::optional<Finding> suspicion;
  auto searchShortRuns = [&](size_t most) {
    Search runs(program, network, /*delay=*/0, most);
    std::optional<Finding> finding = runs.run();
    suspicion = runs.suspicion;
    return finding;
  };
  // Most of what can be wrong shows at once.
  if (std::optional<Finding> finding = searchShortRuns(kFewShortRuns))
    return finding;
  // A longer delay keeps apart what a role that lags behind has yet to meet.
  for (unsigned delay : {1, 2, 4, 8}) {
    Search all(program, network, delay, kMostStates);
    std::optional<Finding> met = all.run();
    if (!met && !all.isCutShort())
      return std::nullopt;
    if (delay == 1)
      if (std::optional<Finding> finding = searchShortRuns(kMostShortRuns))
        return finding;
    if (!suspicion)
      suspicion = met;
    if (all.isCutShort())
      break; // a longer delay only adds states
  }
  if (!suspicion)
    suspicion = Finding{Verdict::Unknown,
                        {},
                        "its roles can come to too many different states",
                        {}};
  suspicion->verdict = Verdict::Unknown;
  return suspicion;
}
