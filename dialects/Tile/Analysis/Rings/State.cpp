// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "State.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

State::State(const Program &program, const Network &network) {
  for (const Agent &agent : network.agents) {
    AgentState &state = agents.emplace_back();
    RoleOp role = agent.role;
    Block *body = &role.getBody().front();
    state.frames.push_back({body, body->begin(), nullptr, 0, {}});
    if (program.isNeeded(role.getAgent()))
      state.cells[program.numberOf(role.getAgent())] =
          program.terms.constant(agent.number);
  }
  for (const Lane &lane : network.lanes)
    lanes.emplace_back().waits.assign(lane.readers.size(), 0);
}

//===----------------------------------------------------------------------===//
// All the terms of a state
//===----------------------------------------------------------------------===//

void rings::forEachTerm(State &state, llvm::function_ref<void(Ref &)> visit) {
  auto visitAll = [&](auto &terms) {
    for (Ref &term : terms)
      visit(term);
  };
  for (AgentState &agent : state.agents) {
    for (auto &[number, cell] : agent.cells)
      if (Ref *term = std::get_if<Ref>(&cell); term && *term)
        visit(*term);
    visitAll(agent.knows);
  }
  for (LaneState &lane : state.lanes) {
    for (Filling &filling : lane.fillings) {
      for (Ref &note : filling.notes)
        if (note)
          visit(note);
      visitAll(filling.told);
      visitAll(filling.returned);
    }
    for (Knowledge &freed : lane.freed)
      visitAll(freed);
  }
  for (Store &store : state.stores) {
    visitAll(store.indices);
    visit(store.version);
  }
  for (Ref *condition : {&state.open, &state.asked})
    if (*condition)
      visit(*condition);
}

llvm::DenseSet<Ref> rings::termsWithin(State &state) {
  llvm::DenseSet<Ref> within;
  forEachTerm(state,
              [&](Ref &term) { forEachWithin(term, within, [](Ref) {}); });
  return within;
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

bool rings::mayMeet(const State &state, Terms &terms, const Store &store,
                    Ref memory, ArrayRef<Ref> indices) {
  if (store.memory != memory)
    return false;
  if (store.indices.empty() || indices.empty())
    return true;
  for (auto [dimension, pair] :
       llvm::enumerate(llvm::zip_equal(store.indices, indices))) {
    auto [written, read] = pair;
    Interval ahead = state.facts.rangeOf(terms, terms.subtract(read, written));
    bool isBelow = ahead.high < 0, isAbove = ahead.low > 0;
    if (isAbove || (isBelow && (dimension != 0 || !store.isOrBelow)))
      return false;
  }
  return true;
}

ValueRange rings::carriedBy(const Frame &frame) {
  if (auto loop = dyn_cast_or_null<scf::ForOp>(frame.owner))
    return loop.getBody()->getArguments();
  if (auto loop = dyn_cast_or_null<scf::WhileOp>(frame.owner))
    return loop.getBeforeArguments();
  return {};
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

namespace {
class KeyWriter {
public:
  explicit KeyWriter(const State &state) : state(state) {}

  void add(int64_t number) {
    key.append(reinterpret_cast<const char *>(&number), sizeof number);
  }
  void add(const void *pointer) { add(int64_t(intptr_t(pointer))); }
  void add(Ref term) { add(term ? int64_t(term->id) : -1); }
  void add(StageRef stage) {
    add(stage.lane);
    // All stages given back are alike.
    add(std::max<int64_t>(stage.filling - state.lanes[stage.lane].first, -1));
  }
  template <typename List>
  void addTerms(const List &terms) {
    add(int64_t(terms.size()));
    for (Ref term : terms)
      add(term);
  }
  void add(const AgentState &agent, unsigned delay);
  void add(const LaneState &lane);
  std::string take() { return std::move(key); }

private:
  const State &state;
  std::string key;
};
} // namespace

void KeyWriter::add(const AgentState &agent, unsigned delay) {
  add(int64_t(agent.frames.size()));
  for (const Frame &frame : agent.frames) {
    bool isAtEnd = frame.next == frame.block->end();
    add(frame.block);
    add(isAtEnd ? nullptr : &*frame.next);
    add(int64_t(std::min(frame.rounds, delay)));
  }
  add(int64_t(agent.cells.size()));
  for (const auto &[number, cell] : agent.cells) {
    add(int64_t(number));
    add(int64_t(cell.index()));
    if (const auto *stage = std::get_if<StageRef>(&cell))
      add(*stage);
    else if (const auto *product = std::get_if<ProductRef>(&cell))
      add(std::max<int64_t>(product->number - agent.productsBefore, -1));
    else
      add(std::get<Ref>(cell));
  }
  add(int64_t(agent.products.size()));
  for (const Product &product : agent.products)
    for (StageRef stage : product.stages)
      add(stage);
  add(int64_t(agent.reads.size()));
  for (const Read &read : agent.reads) {
    add(read.op);
    add(read.stage);
    add(int64_t(read.isDoubtful));
  }
  addTerms(agent.knows);
}

void KeyWriter::add(const LaneState &lane) {
  add(int64_t(lane.fillings.size()));
  for (const Filling &filling : lane.fillings) {
    add(int64_t(filling.isFull));
    addTerms(filling.notes);
    for (Reading reading : filling.readers)
      add(int64_t(reading));
    addTerms(filling.told);
    addTerms(filling.returned);
  }
  for (int64_t waits : lane.waits)
    add(waits - lane.first);
  add(int64_t(lane.freed.size()));
  for (const Knowledge &freed : lane.freed)
    addTerms(freed);
}

std::string rings::keyOf(const State &state, unsigned delay) {
  KeyWriter writer(state);
  for (const AgentState &agent : state.agents)
    writer.add(agent, delay);
  for (const LaneState &lane : state.lanes)
    writer.add(lane);
  for (const Store &store : state.stores) {
    writer.add(store.memory);
    writer.addTerms(store.indices);
    writer.add(int64_t(store.isOrBelow));
    writer.add(store.version);
    writer.add(int64_t(store.agent));
  }
  writer.add(state.open);
  return writer.take();
}
