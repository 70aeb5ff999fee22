// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How agents go on: control flow and scalars.

#include "Run.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

std::optional<Cell> Runner::find(Value value) const {
  if (!program.isNeeded(value))
    return std::nullopt;
  const auto &cells = state.agents[current].cells;
  auto cell = cells.find(program.numberOf(value));
  if (cell != cells.end())
    return cell->second;
  if (Ref global = program.getGlobals().lookup(value))
    return global;
  return std::nullopt;
}

SmallVector<std::optional<Cell>> Runner::findAll(ValueRange values) const {
  return llvm::map_to_vector(values, [&](Value value) { return find(value); });
}

/// Null for what is not known, such as a tensor.
Ref Runner::termOf(Value value) {
  std::optional<Cell> cell = find(value);
  Ref *term = cell ? std::get_if<Ref>(&*cell) : nullptr;
  return term ? *term : nullptr;
}

void Runner::set(Value value, Cell cell) {
  if (program.isNeeded(value))
    me().cells[program.numberOf(value)] = cell;
}

void Runner::give(ValueRange targets, ArrayRef<std::optional<Cell>> from) {
  for (auto [target, cell] : llvm::zip_equal(targets, from))
    if (cell)
      set(target, *cell);
}

/// Values within the regions of an operation have no meaning outside.
void Runner::forget(Operation *owner) {
  for (Region &region : owner->getRegions()) {
    auto [begin, end] = program.numbersWithin(region);
    me().cells.erase(me().cells.lower_bound(begin),
                     me().cells.lower_bound(end));
  }
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

void Runner::runAll() {
  size_t agents = state.agents.size();
  stops.assign(agents, Stop::Waits);
  asked.assign(agents, {});
  // Roles decide by themselves and rings are queues, so this is a Kahn network:
  // whatever the order in which agents go on, each sees the same stages, and
  // if one order gets stuck every order does. One is enough.
  for (bool isMoving = true; isMoving && !finding;) {
    isMoving = false;
    for (current = 0; current < agents && !finding; ++current) {
      uint64_t before = me().steps;
      stops[current] = runAgent();
      asked[current] = asks;
      isMoving |= me().steps != before;
    }
  }
}

Stop Runner::runAgent() {
  // Rounds of loops whose trip counts are constants, most of all.
  constexpr uint64_t kMostSteps = 20000;
  asks = {};
  for (uint64_t limit = me().steps + kMostSteps; !me().frames.empty();) {
    Block::iterator next = frame().next;
    if (next == frame().block->end()) {
      if (endRole() == Outcome::Failed)
        return Stop::Failed;
      continue;
    }
    Operation *op = &*next;
    finishReads(op);
    if (!program.matters(op) && !op->hasTrait<OpTrait::IsTerminator>()) {
      advance();
      continue;
    }
    me().standsAt = op;
    Outcome outcome = me().steps == limit
                          ? fail(Verdict::Unknown, {}, op,
                                 "a role does too much to be followed",
                                 "has come to this operation")
                          : step(op);
    if (outcome == Outcome::Failed)
      return Stop::Failed;
    if (outcome == Outcome::Waits)
      return Stop::Waits;
    if (outcome == Outcome::Asks)
      return Stop::Asks;
    ++me().steps;
  }
  return Stop::Ended;
}

Runner::Outcome Runner::step(Operation *op) {
  if (op->hasTrait<OpTrait::IsTerminator>())
    return leave(op);
  return llvm::TypeSwitch<Operation *, Outcome>(op)
      .Case([&](AcquireOp acquire) { return this->acquire(acquire); })
      .Case<LoadOp, CommitOp>(
          [&](auto fill) { return this->fill(fill, fill.getStage()); })
      .Case([&](WaitOp wait) { return this->wait(wait); })
      .Case([&](NoteOp note) { return readNote(note); })
      .Case([&](LoadFragmentOp load) {
        return read(load, stageOf(load.getStage()));
      })
      .Case([&](ReleaseOp release) { return this->release(release); })
      .Case([&](MmaOp product) { return multiply(product); })
      .Case([&](MmaWaitOp wait) { return waitProduct(wait); })
      .Default([&](Operation *) {
        return op->getNumRegions() == 0 ? compute(op) : enter(op);
      });
}

//===----------------------------------------------------------------------===//
// Scalars and memory
//===----------------------------------------------------------------------===//

/// Which of two numbers an operation gives, and when it is the first; null for
/// other operations.
std::array<Ref, 3> Runner::choiceOf(Operation *op) {
  bool isFlag =
      op->getNumResults() == 1 && op->getResult(0).getType().isInteger(1);
  if (isa<arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp>(op) &&
      !isFlag) {
    Ref first = termOf(op->getOperand(0)), second = termOf(op->getOperand(1));
    bool isSigned = isa<arith::MaxSIOp, arith::MinSIOp>(op);
    if (!first || !second ||
        !(isSigned || (first->isNatural() && second->isNatural())))
      return {};
    Ref ahead = terms.subtract(first, second);
    return {terms.isPositive(isa<arith::MaxSIOp, arith::MaxUIOp>(op)
                                 ? ahead
                                 : terms.scale(ahead, -1)),
            first, second};
  }
  if (auto select = dyn_cast<arith::SelectOp>(op))
    if (Ref condition = termOf(select.getCondition()))
      return {condition, termOf(select.getTrueValue()),
              termOf(select.getFalseValue())};
  return {};
}

Runner::Outcome Runner::compute(Operation *op) {
  // Decided here, so that sums stay sums.
  if (auto [condition, first, second] = choiceOf(op); first && second) {
    std::optional<bool> isFirst = decide(condition);
    if (!isFirst)
      return Outcome::Asks;
    advance();
    set(op->getResult(0), *isFirst ? first : second);
    return Outcome::Done;
  }
  advance();
  for (Operation *store : program.storesWithin(op))
    addStore(store, /*isCertain=*/store == op);
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    this->load(load);
    return Outcome::Done;
  }
  if (op->getNumResults() == 0)
    return Outcome::Done;
  SmallVector<Ref> operands;
  for (Value operand : op->getOperands())
    operands.push_back(termOf(operand));
  Ref term = llvm::is_contained(operands, nullptr)
                 ? nullptr
                 : evaluate(terms, op, operands);
  if (term)
    set(op->getResult(0), term);
  else
    makeUnknown(op);
  return Outcome::Done;
}

/// What other CTAs have a part in may be anything. What is made of scalars or
/// tensors and is not understood may be the same in two roles, or always the
/// same, without being known to be.
void Runner::makeUnknown(Operation *op) {
  for (Value result : op->getResults()) {
    if (!program.isNeeded(result))
      continue;
    Ref unknown = freshUnknown();
    set(result, unknown);
    if (isa<AtomicAddOp>(op))
      state.drawn.push_back(unknown);
    else
      state.notUnderstood.push_back({unknown, op});
  }
}

void Runner::load(memref::LoadOp op) {
  SmallVector<Ref> operands;
  for (Value operand : op->getOperands())
    operands.push_back(termOf(operand));
  if (llvm::is_contained(operands, nullptr))
    return makeUnknown(op);
  if (!program.isShared(program.rootOf(op.getMemRef())))
    return set(op.getResult(), program.termOfLoad(op, nullptr, operands));
  Ref version = terms.constant(0);
  Ref memory = termOf(program.rootOf(op.getMemRef()));
  // Through a view, the indices are others.
  ArrayRef<Ref> indices = ArrayRef(operands).drop_front(
      memory == operands[0] ? 1 : operands.size());
  for (const Store &store : state.stores) {
    if (!mayMeet(state, terms, store, memory, indices))
      continue;
    version = store.version;
    if (store.agent == current || llvm::is_contained(me().knows, version))
      continue;
    // It may read what was there before, or after.
    addTrace(op, "reads memory that " + network.agents[store.agent].name() +
                     " writes, without waiting for a stage that says so");
    return set(op.getResult(), freshUnknown());
  }
  set(op.getResult(), program.termOfLoad(op, version, operands));
}

/// Null if it is not known.
Ref Runner::valueStored(memref::StoreOp store) {
  if (auto constant = store.getValue().getDefiningOp<arith::ConstantOp>())
    return evaluate(terms, constant, {});
  return termOf(store.getValue());
}

void Runner::addStore(Operation *op, bool isCertain) {
  for (Value memory : program.memoryWrittenBy(op)) {
    Store store;
    store.agent = current;
    store.version = freshUnknown();
    store.memory = termOf(memory);
    auto scalar = dyn_cast<memref::StoreOp>(op);
    if (scalar && scalar.getMemRef() == memory) {
      for (Value index : scalar.getIndices())
        store.indices.push_back(termOf(index));
      store.value = isCertain ? valueStored(scalar) : nullptr;
    }
    if (llvm::is_contained(store.indices, nullptr))
      store.indices.clear();
    state.stores.push_back(store);
  }
}

void Runner::learn(const Knowledge &known) {
  for (Ref version : known)
    if (!llvm::is_contained(me().knows, version))
      me().knows.push_back(version);
}

Knowledge Runner::knowledge() {
  Knowledge known = me().knows;
  for (const Store &store : state.stores)
    if (store.agent == current)
      known.push_back(store.version);
  return known;
}

//===----------------------------------------------------------------------===//
// Findings
//===----------------------------------------------------------------------===//

void Runner::addTrace(Operation *op, const Twine &text) {
  trace =
      std::make_shared<TraceEvent>(TraceEvent{trace, op, current, text.str()});
}

Runner::Outcome Runner::fail(Verdict verdict, MakeRingOp ring, Operation *op,
                             const Twine &text, const Twine &here) {
  std::string name = network.agents[current].name();
  finding = Finding{verdict, ring, (name + " " + text).str(), {}};
  finding->notes.push_back({op->getLoc(), (name + " " + here).str()});
  return Outcome::Failed;
}

Runner::Outcome Runner::failAt(StageRef stage, Operation *op, const Twine &text,
                               const Twine &here) {
  return fail(Verdict::Broken, network.lanes[stage.lane].ring, op, text, here);
}
