// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who fills and who reads each lane.

#include "RingProgram.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

namespace {

/// An operation that takes a stage, and the agent that carries it out.
struct Use {
  Operation *op;
  unsigned agent;
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

  Ref valueFor(unsigned agent, Value value);
  void visit(unsigned agent, Region &region);
  void addUse(unsigned agent, Operation *op, MakeRingOp ring, Value lane,
              bool isFilling);
  bool checkHandles(Operation *op);
  void checkLane(MakeRingOp ring, int64_t lane, const LaneUses &uses);
  SmallVector<unsigned> agentsOf(ArrayRef<Use> uses);
  llvm::EquivalenceClasses<unsigned> groupAgents();
  SmallVector<std::optional<Place>> placeAgents(SmallVector<Network> &networks);
  void report(Verdict verdict, MakeRingOp ring, const Twine &text,
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

//===----------------------------------------------------------------------===//
// Collecting
//===----------------------------------------------------------------------===//

/// A value that is the same whenever the agent comes by; null for others.
Ref NetworkFinder::valueFor(unsigned agent, Value value) {
  Ref global = program.getGlobals().lookup(value);
  if (global)
    return global;
  if (value == agents[agent].role.getAgent())
    return program.terms.constant(agents[agent].number);
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() != 0 || !isMemoryEffectFree(op))
    return nullptr;
  SmallVector<Ref> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(valueFor(agent, operand));
    if (!operands.back())
      return nullptr;
  }
  return evaluate(program.terms, op, operands);
}

void NetworkFinder::addUse(unsigned agent, Operation *op, MakeRingOp ring,
                           Value laneValue, bool isFilling) {
  Use use{op, agent};
  Ref term = valueFor(agent, laneValue);
  int64_t count = ring.getRing().getType().getLanes();
  bool isKnown = term && term->kind == Term::Constant;
  if (!isKnown || term->number < 0 || term->number >= count)
    lost.insert(agent);
  if (!isKnown)
    return report(Verdict::Unknown, ring,
                  "which lane is taken does not follow from the agent's number "
                  "alone; make it the number, a constant, or a quotient of "
                  "both",
                  use, "takes a lane that changes, here");
  int64_t lane = term->number;
  if (lane < 0 || lane >= count)
    return report(
        Verdict::Broken, ring,
        llvm::formatv("{0} takes lane {1}, but the lanes are 0 .. {2}",
                      agents[agent].name(), lane, count - 1),
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

void NetworkFinder::visit(unsigned agent, Region &region) {
  for (Operation &op : region.getOps()) {
    if (!checkHandles(&op)) {
      report(Verdict::Unknown, nullptr,
             "an operation that this check does not know takes part in it",
             Use{&op, agent}, "comes to it here");
      continue;
    }
    if (auto acquire = dyn_cast<AcquireOp>(op))
      addUse(agent, acquire, acquire.getRing().getDefiningOp<MakeRingOp>(),
             acquire.getLane(), /*isFilling=*/true);
    if (auto wait = dyn_cast<WaitOp>(op))
      addUse(agent, wait, wait.getRing().getDefiningOp<MakeRingOp>(),
             wait.getLane(), /*isFilling=*/false);
    // A branch for other agents is none for this one.
    Ref condition = nullptr;
    if (auto branch = dyn_cast<scf::IfOp>(op))
      condition = valueFor(agent, branch.getCondition());
    bool isKnown = condition && condition->kind == Term::Constant;
    for (auto [index, inner] : llvm::enumerate(op.getRegions()))
      if (!isKnown || (condition->number != 0) == (index == 0))
        visit(agent, inner);
  }
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
  auto fail = [&](ArrayRef<Use> at, StringRef what, const Twine &text) {
    report(Verdict::Broken, ring, "lane " + Twine(lane) + " " + text, at, what);
  };
  SmallVector<unsigned> fillers = agentsOf(uses.fillings),
                        readers = agentsOf(uses.readings);
  auto wanted = static_cast<size_t>(ring.getRing().getType().getReaders());
  if (fillers.empty())
    return fail(uses.readings, "waits for it here",
                "is waited for and filled by nobody; add a tile.acquire, or "
                "take another lane");
  if (readers.empty())
    return fail(uses.fillings, "fills it here",
                "is filled and read by nobody; add a tile.wait, or take "
                "another lane");
  if (fillers.size() > 1)
    return fail(uses.fillings, "fills it here",
                "is filled by " + Twine(fillers.size()) +
                    " agents; expected one, so give each a lane of its own");
  for (unsigned reader : readers)
    if (agents[reader].role != agents[readers[0]].role)
      return fail(uses.readings, "reads it here",
                  "is read by two roles; make a ring for each");
  if (readers.size() != wanted)
    return fail(uses.readings, "reads it here",
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
  for (auto role : kernel.getBody().getOps<RoleOp>())
    for (int64_t number = 0; number < int64_t(role.getAgents()); ++number) {
      agents.push_back({role, number});
      visit(agents.size() - 1, role.getBody());
    }
  constexpr size_t kMostAgents = 64; // bits of a fact
  if (agents.size() > kMostAgents)
    report(Verdict::Unknown, nullptr, "the kernel has more than 64 agents", {},
           "");
  if (spoilt.contains(nullptr))
    return {};
  for (auto ring : kernel.getBody().getOps<MakeRingOp>()) {
    if (lanes[ring].empty())
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
