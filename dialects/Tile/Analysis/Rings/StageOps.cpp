// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stages and products, and what can be wrong with them.

#include "Run.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

static int64_t stagesOf(const Lane &lane) {
  return MakeRingOp(lane.ring).getRing().getType().getStages();
}

/// An operation is carried out only where the search for networks saw it.
static unsigned laneIndex(const Network &network, Operation *op,
                          unsigned agent) {
  return network.laneOf.at({op, agent});
}

StageRef Runner::stageOf(Value value) const {
  return std::get<StageRef>(*find(value));
}

/// What this agent does with the stage; null once all have given it back.
Reading *Runner::readingOf(StageRef stage) {
  Filling *filling = state.lanes[stage.lane].find(stage.filling);
  if (!filling)
    return nullptr;
  const auto &readers = network.lanes[stage.lane].readers;
  const auto *reader = llvm::find(readers, current);
  return reader == readers.end() ? nullptr
                                 : &filling->readers[reader - readers.begin()];
}

//===----------------------------------------------------------------------===//
// Filling
//===----------------------------------------------------------------------===//

Runner::Outcome Runner::acquire(AcquireOp op) {
  unsigned index = laneIndex(network, op, current);
  const Lane &lane = network.lanes[index];
  LaneState &now = state.lanes[index];
  if (int64_t(now.fillings.size()) == stagesOf(lane))
    return Outcome::Waits;
  advance();
  StageRef stage{index, now.first + int64_t(now.fillings.size())};
  Filling filling;
  filling.acquiredBy = op;
  for (Value note : op.getNotes())
    filling.notes.push_back(termOf(note));
  filling.readers.assign(lane.readers.size(), Reading::Ahead);
  now.fillings.push_back(std::move(filling));
  // The first acquisitions of all take stages that nobody has read.
  if (stage.filling >= stagesOf(lane)) {
    learn(now.freed.front());
    now.freed.erase(now.freed.begin());
  }
  set(op.getStage(), stage);
  return Outcome::Done;
}

Runner::Outcome Runner::fill(Operation *op, Value value) {
  StageRef stage = stageOf(value);
  Filling *filling = state.lanes[stage.lane].find(stage.filling);
  if (!filling || filling->isFull)
    return failAt(stage, op, "fills a stage a second time; acquire another",
                  "fills it again here");
  advance();
  filling->isFull = true;
  filling->told = knowledge();
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

Runner::Outcome Runner::wait(WaitOp op) {
  unsigned index = laneIndex(network, op, current);
  LaneState &now = state.lanes[index];
  const auto &readers = network.lanes[index].readers;
  int64_t &next = now.waits[llvm::find(readers, current) - readers.begin()];
  StageRef stage{index, next};
  if (next == now.first + int64_t(now.fillings.size()) ||
      !now.find(next)->isFull)
    return Outcome::Waits;
  advance();
  ++next;
  *readingOf(stage) = Reading::Held;
  learn(now.find(stage.filling)->told);
  set(op.getStage(), stage);
  return Outcome::Done;
}

Runner::Outcome Runner::checkHeld(Operation *op, StageRef stage) {
  Reading *reading = readingOf(stage);
  if (reading && *reading == Reading::Held)
    return Outcome::Done;
  return failAt(stage, op,
                "reads a stage after its release; release it later, or wait "
                "for the next",
                "reads it here");
}

Runner::Outcome Runner::read(Operation *op, StageRef stage) {
  Outcome outcome = checkHeld(op, stage);
  if (outcome == Outcome::Done) {
    advance();
    me().reads.push_back({op, stage});
  }
  return outcome;
}

/// What the operation needs has arrived. Of what is within it that is not
/// known, where it is passed over.
void Runner::finishReads(Operation *op) {
  auto forEachLast = [&](Operation *user, function_ref<void(Read *)> visit) {
    for (Operation *needed : program.readUses.neededBy(user)) {
      auto last =
          llvm::find_if(llvm::reverse(me().reads),
                        [&](const Read &read) { return read.op == needed; });
      if (last != me().reads.rend())
        visit(&*last);
    }
  };
  forEachLast(op, [&](Read *read) { me().reads.erase(read); });
  if (op->getNumRegions() == 0 || program.touchesRings(op))
    return;
  op->walk([&](Operation *inner) {
    forEachLast(inner, [](Read *read) { read->isDoubtful = true; });
  });
}

Runner::Outcome Runner::checkReads(ReleaseOp op, StageRef stage) {
  if (op.getFenced())
    me().reads.clear();
  auto *read = llvm::find_if(
      me().reads, [&](const Read &read) { return read.stage == stage; });
  if (read == me().reads.end())
    return Outcome::Done;
  fail(read->isDoubtful ? Verdict::Unknown : Verdict::Broken,
       network.lanes[stage.lane].ring, op,
       "releases a stage that a load into registers may still read; let a "
       "product or a branch use what was read before, or name it in 'after'",
       "releases it here");
  finding->notes.push_back({read->op->getLoc(), "the load was started here"});
  return Outcome::Failed;
}

Runner::Outcome Runner::readNote(NoteOp op) {
  StageRef stage = stageOf(op.getStage());
  if (checkHeld(op, stage) == Outcome::Failed)
    return Outcome::Failed;
  Filling &filling = *state.lanes[stage.lane].find(stage.filling);
  size_t index = op.getNumber(), given = filling.notes.size();
  if (index >= given) {
    failAt(stage, op,
           "reads note " + Twine(index) +
               " of a stage that was acquired with " + Twine(given) + " notes",
           "reads it here");
    finding->notes.push_back(
        {filling.acquiredBy->getLoc(), "the stage was acquired here"});
    return Outcome::Failed;
  }
  advance();
  me().reads.push_back({op, stage});
  if (program.isNeeded(op.getValue()))
    set(op.getValue(),
        filling.notes[index] ? filling.notes[index] : freshUnknown());
  return Outcome::Done;
}

/// Stages leave in the order they came.
void Runner::giveBack(StageRef stage) {
  LaneState &now = state.lanes[stage.lane];
  Filling &filling = *now.find(stage.filling);
  for (Ref version : knowledge())
    filling.returned.push_back(version);
  auto isOver = [](const Filling &oldest) {
    return llvm::all_of(oldest.readers, [](Reading reading) {
      return reading == Reading::Released;
    });
  };
  while (!now.fillings.empty() && isOver(now.fillings.front())) {
    now.freed.push_back(now.fillings.front().returned);
    now.fillings.erase(now.fillings.begin());
    ++now.first;
  }
}

Runner::Outcome Runner::release(ReleaseOp op) {
  StageRef stage = stageOf(op.getStage());
  for (const Product &product : me().products)
    if (llvm::is_contained(product.stages, stage)) {
      failAt(stage, op,
             "releases a stage that a product may still read; put the "
             "tile.mma_wait before",
             "releases it here");
      finding->notes.push_back(
          {product.op->getLoc(), "the product was started here"});
      return Outcome::Failed;
    }
  if (checkReads(op, stage) == Outcome::Failed)
    return Outcome::Failed;
  Reading *reading = readingOf(stage);
  if (!reading || *reading != Reading::Held)
    return failAt(stage, op,
                  "releases a stage a second time; release each once",
                  "releases it again here");
  advance();
  *reading = Reading::Released;
  giveBack(stage);
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Runner::Outcome Runner::multiply(MmaOp op) {
  Product product{op, {stageOf(op.getRight())}};
  if (isHandle(op.getLeft().getType()))
    product.stages.push_back(stageOf(op.getLeft()));
  for (StageRef stage : product.stages)
    if (checkHeld(op, stage) == Outcome::Failed)
      return Outcome::Failed;
  advance();
  int64_t number = me().productsBefore + int64_t(me().products.size());
  me().products.push_back(std::move(product));
  set(op.getProduct(), ProductRef{number});
  return Outcome::Done;
}

/// Products retire in the order they were started.
Runner::Outcome Runner::waitProduct(MmaWaitOp op) {
  int64_t number = std::get<ProductRef>(*find(op.getProduct())).number;
  advance();
  while (me().productsBefore <= number) {
    me().products.erase(me().products.begin());
    ++me().productsBefore;
  }
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// Ends
//===----------------------------------------------------------------------===//

Runner::Outcome Runner::endRole() {
  if (!me().products.empty()) {
    const Product &product = me().products.front();
    return failAt(product.stages[0], product.op,
                  "ends without waiting for a product; add a tile.mma_wait",
                  "starts it here");
  }
  for (auto [index, lane] : llvm::enumerate(state.lanes))
    for (int64_t at = 0; at < int64_t(lane.fillings.size()); ++at) {
      StageRef stage{unsigned(index), lane.first + at};
      Reading *reading = readingOf(stage);
      Operation *acquired = lane.fillings[at].acquiredBy;
      if (reading && *reading == Reading::Held)
        return failAt(stage, network.agents[current].role,
                      "ends without releasing a stage that it has waited for; "
                      "add a tile.release on every path",
                      "ends");
      if (network.lanes[index].filler == current && !lane.fillings[at].isFull)
        return failAt(stage, acquired,
                      "ends without filling a stage; add a tile.load or "
                      "tile.commit",
                      "acquires it here");
    }
  me().frames.clear();
  me().standsAt = network.agents[current].role;
  return Outcome::Done;
}

void Runner::checkEnd() {
  for (auto [index, lane] : llvm::enumerate(state.lanes))
    for (const Filling &filling : lane.fillings) {
      const Lane &meant = network.lanes[index];
      current = meant.filler;
      std::string reader;
      for (auto [which, reading] : llvm::enumerate(filling.readers))
        if (reading == Reading::Ahead)
          reader = network.agents[meant.readers[which]].name();
      failAt({unsigned(index), 0}, filling.acquiredBy,
             "fills a stage of " + meant.name() + " that " + reader +
                 " never waits for; let both go round equally often",
             "acquires it here");
      return;
    }
}

/// Why an agent does not go on.
std::string Runner::waitingReason(unsigned agent) const {
  Operation *op = state.agents[agent].standsAt;
  if (state.agents[agent].frames.empty())
    return "has ended";
  unsigned index = laneIndex(network, op, agent);
  const Lane &lane = network.lanes[index];
  const LaneState &now = state.lanes[index];
  if (isa<WaitOp>(op))
    return llvm::formatv("waits here for a stage of {0}, which {1} has yet to "
                         "fill",
                         lane.name(), network.agents[lane.filler].name());
  std::string who = llvm::formatv("waits here to fill a stage of {0}, which "
                                  "has {1}",
                                  lane.name(), stagesOf(lane));
  for (auto [reader, reading] : llvm::enumerate(now.fillings.front().readers))
    if (reading != Reading::Released)
      who += llvm::formatv(
          "; {0} {1} the oldest", network.agents[lane.readers[reader]].name(),
          reading == Reading::Held ? "has not released" : "has not waited for");
  return who;
}

void Runner::reportDeadlock() {
  for (current = 0; stops[current] == Stop::Ended;)
    ++current;
  for (unsigned agent = 0; agent < stops.size(); ++agent)
    // Who waits to read says more than who waits to fill.
    if (stops[agent] == Stop::Waits &&
        isa<WaitOp>(state.agents[agent].standsAt) &&
        isa<AcquireOp>(me().standsAt))
      current = agent;
  Operation *op = me().standsAt;
  finding = Finding{Verdict::Broken,
                    network.lanes[laneIndex(network, op, current)].ring,
                    network.agents[current].name() + " waits for ever",
                    {}};
  for (unsigned agent = 0; agent < stops.size(); ++agent)
    finding->notes.push_back(
        {state.agents[agent].standsAt->getLoc(),
         network.agents[agent].name() + " " + waitingReason(agent)});
}
