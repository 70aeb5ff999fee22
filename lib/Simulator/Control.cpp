// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program's frame and its control flow. A region is entered by pushing a
// frame; its terminator decides what comes after it.
#include "Rules.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

static Outcome role(Agent &prologue, tile::RoleOp op) {
  Cta &cta = prologue.cta;
  for (int64_t number = 0; number < static_cast<int64_t>(op.getAgents());
       ++number) {
    AgentName name{cta.number, op.getSymName().str(), number};
    cta.agents.push_back(std::make_unique<Agent>(prologue.machine, cta, name,
                                                 &op.getBody().front()));
    cta.agents.back()->set(op.getAgent(), integerNumber(number));
  }
  return Outcome::Done;
}

static Outcome cta(Agent &agent, tile::CtaOp op) {
  agent.set(op.getResult(), integerNumber(agent.cta.number));
  return Outcome::Done;
}

static Outcome ctas(Agent &agent, tile::CtasOp op) {
  agent.set(op.getResult(), integerNumber(agent.machine.grid));
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// scf
//===----------------------------------------------------------------------===//

/// Whether a loop goes on at that value of its variable.
static bool isBelow(scf::ForOp loop, int64_t induction, int64_t upperBound) {
  return loop.getUnsignedCmp() ? static_cast<uint64_t>(induction) <
                                     static_cast<uint64_t>(upperBound)
                               : induction < upperBound;
}

static Outcome enterFor(Agent &agent, scf::ForOp op) {
  int64_t lower = agent.integer(op.getLowerBound());
  int64_t upper = agent.integer(op.getUpperBound());
  int64_t step = agent.integer(op.getStep());
  if (step <= 0)
    return agent.fail(ReportKind::Undefined, op,
                      "steps by " + Twine(step) + "; expected at least 1");
  if (!isBelow(op, lower, upper)) {
    agent.set(op.getResults(), op.getInitArgs());
    return Outcome::Done;
  }
  agent.enter(op.getBody(), op);
  agent.frame().induction = lower;
  agent.frame().upperBound = upper;
  agent.frame().step = step;
  agent.set(op.getInductionVar(), integerNumber(lower));
  agent.set(op.getRegionIterArgs(), op.getInitArgs());
  return Outcome::Done;
}

static void yieldFor(Agent &agent, scf::ForOp loop, ValueRange values) {
  Frame &frame = agent.frame();
  frame.induction += frame.step;
  if (!isBelow(loop, frame.induction, frame.upperBound)) {
    agent.set(loop.getResults(), values);
    return agent.leave();
  }
  agent.set(loop.getInductionVar(), integerNumber(frame.induction));
  agent.set(loop.getRegionIterArgs(), values);
  frame.next = frame.block->begin();
}

static Outcome enterIf(Agent &agent, scf::IfOp op) {
  Region &region = agent.integer(op.getCondition()) ? op.getThenRegion()
                                                    : op.getElseRegion();
  if (!region.empty())
    agent.enter(&region.front(), op);
  return Outcome::Done;
}

static Outcome enterWhile(Agent &agent, scf::WhileOp op) {
  agent.set(op.getBeforeArguments(), op.getInits());
  agent.enter(op.getBeforeBody(), op);
  return Outcome::Done;
}

static Outcome condition(Agent &agent, scf::ConditionOp op) {
  auto loop = cast<scf::WhileOp>(op->getParentOp());
  bool goesOn = agent.integer(op.getCondition());
  agent.leave();
  if (goesOn) {
    agent.set(loop.getAfterArguments(), op.getArgs());
    agent.enter(loop.getAfterBody(), loop);
  } else {
    agent.set(loop.getResults(), op.getArgs());
  }
  return Outcome::Done;
}

static Outcome yield(Agent &agent, scf::YieldOp op) {
  Operation *owner = agent.frame().owner;
  if (auto loop = dyn_cast<scf::ForOp>(owner)) {
    yieldFor(agent, loop, op.getResults());
    return Outcome::Done;
  }
  agent.leave();
  if (auto loop = dyn_cast<scf::WhileOp>(owner)) {
    agent.set(loop.getBeforeArguments(), op.getResults());
    agent.enter(loop.getBeforeBody(), loop);
  } else {
    agent.set(owner->getResults(), op.getResults());
  }
  return Outcome::Done;
}

void sim::addControlRules(Rules &rules) {
  rules.add<role>();
  rules.add<cta>();
  rules.add<ctas>();
  rules.add<enterFor>();
  rules.add<enterIf>();
  rules.add<enterWhile>();
  rules.add<condition>();
  rules.add<yield>();
}
