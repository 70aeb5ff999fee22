// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who fills and who reads each lane.

#include "Program.h"
#include "Witness.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

/// As many as a CTA has threads.
static constexpr int64_t kMostAgents = 1024;

namespace {

/// What has to be so for an agent to come to an operation, in the first rounds
/// of the loops around it; none if that is not known.
using Path = std::optional<SmallVector<Ref>>;

/// An operation that takes a stage, and the agent that carries it out.
struct Use {
  Operation *op;
  unsigned agent;
  Path path;
};

struct LaneUses {
  SmallVector<Use> fillings, readings;

  SmallVector<Use> all() const {
    SmallVector<Use> uses = fillings;
    llvm::append_range(uses, readings);
    return uses;
  }
};

class NetworkFinder {
public:
  NetworkFinder(const Program &program, SmallVector<Finding> &findings)
      : program(program), findings(findings) {}
  SmallVector<Network> run();

private:
  struct Place {
    unsigned network, agent;
  };

  Ref valueFor(unsigned agent, Value value, bool isFirstRound = false);
  Ref firstOf(unsigned agent, BlockArgument argument);
  Path into(unsigned agent, Region &region, const Path &path);
  void visit(unsigned agent, Region &region, const Path &path);
  void addUse(const Use &use, Value ring, Value lane, bool isFilling);
  bool canHappen(ArrayRef<Use> uses);
  bool canAnyHappen(ArrayRef<Use> uses);
  bool canShare(ArrayRef<Use> uses, size_t agentCount);
  bool checkHandles(Operation *op);
  void checkLane(MakeRingOp ring, int64_t lane, const LaneUses &uses);
  SmallVector<unsigned> agentsOf(ArrayRef<Use> uses);
  llvm::EquivalenceClasses<unsigned> groupAgents();
  SmallVector<std::optional<Place>> placeAgents(SmallVector<Network> &networks);
  void report(Verdict verdict, MakeRingOp ring, const Twine &text,
              ArrayRef<Use> at, StringRef what);
  void reportIf(bool happens, MakeRingOp ring, const Twine &text,
                ArrayRef<Use> at, StringRef what);

  const Program &program;
  SmallVector<Finding> &findings;
  SmallVector<Agent> agents;
  llvm::MapVector<MakeRingOp, std::map<int64_t, LaneUses>> lanes;
  llvm::DenseSet<Operation *> spoilt; ///< rings with a finding
  llvm::DenseSet<unsigned> lost;      ///< agents that take no known lane
};

} // namespace

void NetworkFinder::report(Verdict verdict, MakeRingOp ring, const Twine &text,
                           ArrayRef<Use> at, StringRef what) {
  if (!spoilt.insert(ring).second)
    return;
  Finding finding{verdict, ring, text.str(), {}};
  llvm::DenseSet<Operation *> seen;
  for (const Use &use : at)
    if (seen.insert(use.op).second)
      finding.notes.push_back(
          {use.op->getLoc(), (agents[use.agent].name() + " " + what).str()});
  findings.push_back(std::move(finding));
}

/// What is wrong with the form of a program is so only if it is run.
void NetworkFinder::reportIf(bool happens, MakeRingOp ring, const Twine &text,
                             ArrayRef<Use> at, StringRef what) {
  if (happens)
    return report(Verdict::Broken, ring, text, at, what);
  report(Verdict::Unknown, ring,
         text + "; whether it comes to that is not known", at, what);
}

//===----------------------------------------------------------------------===//
// Collecting
//===----------------------------------------------------------------------===//

/// A value that is the same whenever the agent comes by, or what it is when it
/// first does; null for others.
Ref NetworkFinder::valueFor(unsigned agent, Value value, bool isFirstRound) {
  Ref global = program.getGlobals().lookup(value);
  if (global)
    return global;
  if (value == agents[agent].role.getAgent())
    return program.terms.constant(agents[agent].number);
  if (auto argument = dyn_cast<BlockArgument>(value))
    return isFirstRound ? firstOf(agent, argument) : nullptr;
  Operation *op = value.getDefiningOp();
  auto load = dyn_cast<memref::LoadOp>(op);
  bool isRead = load && !program.isShared(Program::rootOf(load.getMemRef()));
  if (op->getNumRegions() != 0 || (!isRead && !isMemoryEffectFree(op)))
    return nullptr;
  SmallVector<Ref> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(valueFor(agent, operand, isFirstRound));
    if (!operands.back())
      return nullptr;
  }
  return isRead ? program.termOfLoad(load, nullptr, operands)
                : evaluate(program.terms, op, operands);
}

Ref NetworkFinder::firstOf(unsigned agent, BlockArgument argument) {
  unsigned index = argument.getArgNumber();
  Operation *owner = argument.getOwner()->getParentOp();
  if (auto loop = dyn_cast<scf::ForOp>(owner))
    return valueFor(agent,
                    index == 0 ? loop.getLowerBound()
                               : loop.getInitArgs()[index - 1],
                    /*isFirstRound=*/true);
  auto loop = dyn_cast<scf::WhileOp>(owner);
  if (loop && argument.getOwner() == loop.getBeforeBody())
    return valueFor(agent, loop.getInits()[index], /*isFirstRound=*/true);
  return nullptr;
}

/// How to come into a region from where its operation stands.
Path NetworkFinder::into(unsigned agent, Region &region, const Path &path) {
  if (!path)
    return std::nullopt;
  Operation *op = region.getParentOp();
  auto first = [&](Value value) {
    return valueFor(agent, value, /*isFirstRound=*/true);
  };
  Terms &terms = program.terms;
  Ref condition = nullptr;
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    condition = first(branch.getCondition());
    if (condition && region.getRegionNumber() == 1)
      condition = terms.negate(condition);
  } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
    Ref lower = first(loop.getLowerBound()),
        upper = first(loop.getUpperBound());
    if (lower && upper && !loop.getUnsignedCmp())
      condition = terms.isPositive(terms.subtract(upper, lower));
  } else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    condition = &region == &loop.getBefore()
                    ? terms.constant(1)
                    : first(loop.getConditionOp().getCondition());
  }
  if (!condition)
    return std::nullopt;
  Path inner = path;
  inner->push_back(condition);
  return inner;
}

void NetworkFinder::addUse(const Use &use, Value ringValue, Value laneValue,
                           bool isFilling) {
  auto ring = ringValue.getDefiningOp<MakeRingOp>();
  if (!ring) {
    lost.insert(use.agent);
    return report(Verdict::Unknown, nullptr,
                  "which ring is taken does not follow from the text", use,
                  "takes it here");
  }
  Ref term = valueFor(use.agent, laneValue);
  int64_t count = ring.getRing().getType().getLanes();
  bool isKnown = term && term->is(Kind::Constant);
  if (!isKnown || term->number < 0 || term->number >= count)
    lost.insert(use.agent);
  if (!isKnown)
    return report(Verdict::Unknown, ring,
                  "which lane is taken does not follow from the agent's number "
                  "alone; make it the number, a constant, or a quotient of "
                  "both",
                  use, "takes a lane that changes, here");
  int64_t lane = term->number;
  if (lane < 0 || lane >= count)
    return reportIf(
        canHappen(use), ring,
        llvm::formatv("{0} takes lane {1}, but the lanes are 0 .. {2}",
                      agents[use.agent].name(), lane, count - 1),
        use, "takes it here");
  LaneUses &uses = lanes[ring][lane];
  (isFilling ? uses.fillings : uses.readings).push_back(use);
}

/// Whether every stage, ring and product goes where this check can follow.
bool NetworkFinder::checkHandles(Operation *op) {
  if (isRingOp(op) ||
      isa<scf::ForOp, scf::IfOp, scf::WhileOp, scf::YieldOp, scf::ConditionOp>(
          op))
    return true;
  for (Value operand : op->getOperands())
    if (isHandle(operand.getType()) || isa<RingType>(operand.getType()))
      return false;
  return !program.touchesRings(op);
}

void NetworkFinder::visit(unsigned agent, Region &region, const Path &path) {
  for (Operation &op : region.getOps()) {
    if (!checkHandles(&op)) {
      report(Verdict::Unknown, nullptr,
             "an operation that this check does not know takes part in it",
             Use{&op, agent, path}, "comes to it here");
      continue;
    }
    if (auto acquire = dyn_cast<AcquireOp>(op))
      addUse({&op, agent, path}, acquire.getRing(), acquire.getLane(),
             /*isFilling=*/true);
    if (auto wait = dyn_cast<WaitOp>(op))
      addUse({&op, agent, path}, wait.getRing(), wait.getLane(),
             /*isFilling=*/false);
    // A branch for other agents is none for this one.
    Ref condition = nullptr;
    if (auto branch = dyn_cast<scf::IfOp>(op))
      condition = valueFor(agent, branch.getCondition());
    bool isKnown = condition && condition->is(Kind::Constant);
    for (auto [index, inner] : llvm::enumerate(op.getRegions()))
      if (!isKnown || (condition->number != 0) == (index == 0))
        visit(agent, inner, into(agent, inner, path));
  }
}

//===----------------------------------------------------------------------===//
// What happens together
//===----------------------------------------------------------------------===//

/// Whether there are arguments for which all of them are come to.
bool NetworkFinder::canHappen(ArrayRef<Use> uses) {
  Facts facts;
  for (const Use &use : uses) {
    if (!use.path)
      return false;
    for (Ref condition : *use.path) {
      if (condition->isConstant(0))
        return false;
      facts.assume(program.terms, condition, true, use.agent);
    }
  }
  return findWitness(program.terms, facts.list(), {}).exists;
}

bool NetworkFinder::canAnyHappen(ArrayRef<Use> uses) {
  return llvm::any_of(uses, [&](const Use &use) { return canHappen(use); });
}

/// Whether so many agents can meet at what each of them does first.
bool NetworkFinder::canShare(ArrayRef<Use> uses, size_t agentCount) {
  SmallVector<Use> first;
  for (const Use &use : uses)
    if (llvm::none_of(
            first, [&](const Use &other) { return other.agent == use.agent; }))
      first.push_back(use);
  return first.size() >= agentCount &&
         (canHappen(first) ||
          canHappen(ArrayRef(first).take_front(agentCount)));
}

//===----------------------------------------------------------------------===//
// Checking
//===----------------------------------------------------------------------===//

SmallVector<unsigned> NetworkFinder::agentsOf(ArrayRef<Use> uses) {
  SmallVector<unsigned> found;
  for (const Use &use : uses)
    if (!llvm::is_contained(found, use.agent))
      found.push_back(use.agent);
  return found;
}

void NetworkFinder::checkLane(MakeRingOp ring, int64_t lane,
                              const LaneUses &uses) {
  auto fail = [&](bool happens, ArrayRef<Use> at, StringRef what,
                  const Twine &text) {
    reportIf(happens, ring, "lane " + Twine(lane) + " " + text, at, what);
  };
  const auto &[fillings, readings] = uses;
  SmallVector<unsigned> fillers = agentsOf(fillings),
                        readers = agentsOf(readings);
  auto wanted = static_cast<size_t>(ring.getRing().getType().getReaders());
  if (fillers.empty())
    return fail(canAnyHappen(readings), readings, "waits for it here",
                "is waited for and filled by nobody; add a tile.acquire, or "
                "take another lane");
  if (readers.empty())
    return fail(canAnyHappen(fillings), fillings, "fills it here",
                "is filled and read by nobody; add a tile.wait, or take "
                "another lane");
  if (fillers.size() > 1)
    return fail(canShare(fillings, 2), fillings, "fills it here",
                "is filled by " + Twine(fillers.size()) +
                    " agents; expected one, so give each a lane of its own");
  for (unsigned reader : readers)
    if (agents[reader].role != agents[readers[0]].role)
      return fail(/*happens=*/true, readings, "reads it here",
                  "is read by two roles; make a ring for each");
  if (readers.size() != wanted)
    return fail(readers.size() > wanted ? canShare(readings, wanted + 1)
                                        : canAnyHappen(fillings),
                readings, "reads it here",
                "is read by " + Twine(readers.size()) +
                    " agents, but the ring's type says readers = " +
                    Twine(wanted) + "; make them agree");
}

//===----------------------------------------------------------------------===//
// Networks
//===----------------------------------------------------------------------===//

/// Agents that share a lane, and those they share one with, and so on.
llvm::EquivalenceClasses<unsigned> NetworkFinder::groupAgents() {
  llvm::EquivalenceClasses<unsigned> groups;
  for (auto &[ring, ofRing] : lanes)
    for (auto &[number, uses] : ofRing)
      for (unsigned agent : agentsOf(uses.all()))
        groups.unionSets(uses.all().front().agent, agent);
  return groups;
}

/// Where an agent is: a network and its index in that.
SmallVector<std::optional<NetworkFinder::Place>>
NetworkFinder::placeAgents(SmallVector<Network> &networks) {
  auto groups = groupAgents();
  llvm::DenseSet<unsigned> spoiltGroups;
  for (auto &[ring, ofRing] : lanes)
    for (auto &[number, uses] : ofRing)
      if (spoilt.contains(ring))
        spoiltGroups.insert(groups.getLeaderValue(uses.all().front().agent));
  for (unsigned agent : lost)
    if (groups.contains(agent))
      spoiltGroups.insert(groups.getLeaderValue(agent));
  SmallVector<std::optional<Place>> places(agents.size());
  llvm::DenseMap<unsigned, unsigned> networkOf;
  for (auto [index, agent] : llvm::enumerate(agents)) {
    if (!groups.contains(index))
      continue;
    unsigned leader = groups.getLeaderValue(index);
    if (spoiltGroups.contains(leader))
      continue;
    auto [at, isNew] = networkOf.insert({leader, networks.size()});
    if (isNew)
      networks.emplace_back();
    Network &network = networks[at->second];
    places[index] = {at->second, unsigned(network.agents.size())};
    network.agents.push_back(agent);
  }
  return places;
}

SmallVector<Network> NetworkFinder::run() {
  KernelOp kernel = program.kernel;
  int64_t count = 0;
  for (auto role : kernel.getBody().getOps<RoleOp>())
    count += std::min<int64_t>(role.getAgents(), kMostAgents + 1);
  if (count > kMostAgents) {
    report(Verdict::Unknown, nullptr,
           "the kernel has more than " + Twine(kMostAgents) + " agents", {},
           "");
    return {};
  }
  for (auto role : kernel.getBody().getOps<RoleOp>())
    for (int64_t number = 0; number < int64_t(role.getAgents()); ++number) {
      agents.push_back({role, number});
      visit(agents.size() - 1, role.getBody(), SmallVector<Ref>());
    }
  if (spoilt.contains(nullptr))
    return {};
  for (auto ring : kernel.getBody().getOps<MakeRingOp>()) {
    if (ring->use_empty())
      report(Verdict::Broken, ring, "no role uses it; remove it", {}, "");
    for (auto &[number, uses] : lanes[ring])
      checkLane(ring, number, uses);
  }
  SmallVector<Network> networks;
  SmallVector<std::optional<Place>> places = placeAgents(networks);
  for (auto &[ring, ofRing] : lanes)
    for (auto &[number, uses] : ofRing) {
      std::optional<Place> place = places[uses.all().front().agent];
      if (!place)
        continue;
      Network &network = networks[place->network];
      Lane lane{ring, number, places[uses.fillings[0].agent]->agent, {}};
      for (unsigned reader : agentsOf(uses.readings))
        lane.readers.push_back(places[reader]->agent);
      for (const Use &use : uses.all())
        network.laneOf[{use.op, places[use.agent]->agent}] =
            network.lanes.size();
      network.lanes.push_back(lane);
    }
  return networks;
}

SmallVector<Network>
Program::findNetworks(SmallVector<Finding> &findings) const {
  return NetworkFinder(*this, findings).run();
}
