// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Agents that share lanes, and whether they can.

#include "NetworkFinder.h"
#include "Witness.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

/// As many as a CTA has threads.
static constexpr int64_t kMostAgents = 1024;

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
