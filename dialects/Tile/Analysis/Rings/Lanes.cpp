// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which operations of which agents take stages of each lane.

#include "NetworkFinder.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

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
