// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One agent going through its program.
#include "Rules.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

const Rules &Rules::get() {
  static const Rules rules = [] {
    Rules made;
    addControlRules(made);
    addElementwiseRules(made);
    addMemoryRules(made);
    addProductRules(made);
    addRegisterRules(made);
    addRingRules(made);
    return made;
  }();
  return rules;
}

const Cell &Agent::get(Value value) const {
  auto found = cells.find(value);
  return found != cells.end() ? found->second : cta.prologue->get(value);
}

void Agent::set(ValueRange targets, ValueRange sources) {
  SmallVector<Cell> taken;
  for (Value source : sources)
    taken.push_back(get(source));
  for (auto [target, cell] : llvm::zip_equal(targets, taken))
    set(target, std::move(cell));
}

Outcome Agent::fail(ReportKind kind, Operation *op, const Twine &text) {
  machine.result.reports.push_back({kind, op->getLoc(), name, text.str()});
  return Outcome::Failed;
}

Outcome Agent::block(Operation *op, function_ref<std::string()> reason) {
  if (blockedAt != op)
    blockedSince = machine.result.ticks;
  isBlocked = true;
  blockedAt = op;
  if (machine.wantsReasons)
    blockedBy = reason();
  return Outcome::Blocked;
}

void Agent::trace(StringRef what, int64_t begin, StageRef stage,
                  bool isAsynchronous) {
  if (machine.options.trace)
    trace(what, begin, describe(stage), isAsynchronous);
}

void Agent::trace(StringRef what, int64_t begin, StringRef detail,
                  bool isAsynchronous) {
  if (machine.options.trace)
    machine.result.trace.push_back({name, what.str(), detail.str(), begin,
                                    machine.result.ticks, isAsynchronous});
}

void Agent::run() {
  while (true) {
    Frame &top = frame();
    if (top.next == top.block->end())
      return end(); // only the outermost block lacks a terminator
    Operation *op = &*top.next;
    const Rule *rule = Rules::get().find(op);
    if (!rule) {
      fail(ReportKind::Unsupported, op,
           "cannot simulate '" + op->getName().getStringRef() + "'");
      return;
    }
    if (!machine.countOperation()) {
      fail(ReportKind::Endless, op,
           "has not ended after " + Twine(machine.options.maxOperations) +
               " operations of the kernel");
      return;
    }
    finishReads(op);
    ++top.next; // first: the rule may enter another block
    switch (rule->run(*this, op)) {
    case Outcome::Failed:
      return;
    case Outcome::Blocked:
      --top.next;
      return;
    case Outcome::Done:
      if (blockedAt == op && machine.options.trace)
        trace("blocked", blockedSince, blockedBy, /*isAsynchronous=*/false);
      blockedAt = nullptr;
      if (rule->isShared)
        return;
    }
  }
}

/// What the operation needs has arrived: what was read last, if a loop has read
/// with one operation again and again.
void Agent::finishReads(Operation *op) {
  for (Operation *needed : machine.readUses.neededBy(op)) {
    auto last = llvm::find_if(llvm::reverse(reads), [&](const Read &read) {
      return read.op == needed;
    });
    if (last != reads.rend())
      reads.erase(std::prev(last.base()));
  }
}

void Agent::end() {
  hasEnded = true;
  if (lastStore)
    fail(ReportKind::DroppedWork, lastStore,
         "ends without waiting for a store; add a tile.store_wait");
  for (const auto &product : products)
    fail(ReportKind::DroppedWork, product->op,
         "ends without waiting for a product; add a tile.mma_wait");
}
