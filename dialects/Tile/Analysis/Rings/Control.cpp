// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops and branches. An operation that has to ask changes nothing and is come
// to again once the answer is among the facts.

#include "Run.h"
#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

std::optional<bool> Runner::decide(Ref condition) {
  Answer answer = state.facts.ask(terms, condition, current);
  if (!answer.value)
    asks = {condition, answer.open};
  return answer.value;
}

void Runner::push(Region &region, Operation *owner) {
  me().frames.push_back(
      {&region.front(), region.front().begin(), owner, 0, {}});
}

/// Ends the innermost region, whose owner gives `values`.
void Runner::pop(ValueRange results, ArrayRef<std::optional<Cell>> values) {
  forget(frame().owner);
  me().frames.pop_back();
  give(results, values);
}

/// Loops around, to tell the variables of nested loops apart.
int64_t Runner::depth() const {
  return llvm::count_if(state.agents[current].frames, [](const Frame &frame) {
    return isa_and_nonnull<LoopLikeOpInterface>(frame.owner);
  });
}

/// For the innermost frame, a loop's.
void Runner::countRound() {
  int64_t level = depth();
  me().rounds.resize(level);
  ++me().rounds.back();
}

/// Tells variables of nested loops apart, and those of one loop.
int64_t Runner::placeOf(int64_t lengthFactor, unsigned index) const {
  constexpr int64_t kMost = 1 << 10;
  return (depth() * kMost + std::min(lengthFactor, kMost) - 1) * kMost + index;
}

/// What all parts of a loop's length are multiples of. Loops that go round
/// different times for the same thing do not go along, so they must not take
/// each other's start for theirs.
static int64_t lengthFactor(Ref upper) {
  int64_t common = 0;
  if (upper->is(Kind::Sum))
    for (int64_t factor : upper->factors)
      common = std::gcd(common, factor);
  return std::max<int64_t>(common, 1);
}

/// What a loop's variable holds in the first round: a start, by which loops of
/// two roles that begin alike know each other.
Cell Runner::begin(Cell cell, unsigned index) {
  if (Ref *term = std::get_if<Ref>(&cell))
    return terms.start(*term, placeOf(1, index));
  return cell;
}

//===----------------------------------------------------------------------===//
// Entering
//===----------------------------------------------------------------------===//

Runner::Outcome Runner::enter(Operation *op) {
  // A loop without rings is not followed; what it leaves may be anything.
  auto branch = dyn_cast<scf::IfOp>(op);
  bool isFollowed =
      program.touchesRings(op) || (branch && termOf(branch.getCondition()));
  if (!isFollowed)
    return compute(op);
  return llvm::TypeSwitch<Operation *, Outcome>(op)
      .Case([&](scf::ForOp loop) { return enterFor(loop); })
      .Case([&](scf::IfOp branch) { return enterIf(branch); })
      .Case([&](scf::WhileOp loop) { return enterWhile(loop); })
      .Default([&](Operation *) {
        return fail(Verdict::Unknown, {}, op,
                    "comes to an operation that this check does not know",
                    "comes to it here");
      });
}

Runner::Outcome Runner::enterFor(scf::ForOp op) {
  Ref lower = termOf(op.getLowerBound()), upper = termOf(op.getUpperBound()),
      step = termOf(op.getStep());
  if (!lower || !upper || !step || op.getUnsignedCmp())
    return fail(Verdict::Unknown, {}, op,
                "goes round a loop whose bounds are not understood",
                "goes round here");
  std::optional<bool> steps = decide(terms.isPositive(step));
  if (!steps)
    return Outcome::Asks;
  if (!*steps)
    return fail(Verdict::Broken, {}, op,
                "goes round a loop whose step may be 0 or less",
                "steps by it here");
  Ref induction =
      terms.startOfLoop(lower, step, placeOf(lengthFactor(upper), 0));
  std::optional<bool> isEntered =
      decide(terms.isPositive(terms.subtract(upper, induction)));
  if (!isEntered)
    return Outcome::Asks;
  advance();
  SmallVector<std::optional<Cell>> inits = findAll(op.getInitArgs());
  if (!*isEntered) {
    give(op.getResults(), inits);
    return Outcome::Done;
  }
  set(op.getInductionVar(), induction);
  for (auto [index, pair] :
       llvm::enumerate(llvm::zip_equal(op.getRegionIterArgs(), inits)))
    if (auto [argument, init] = pair; init)
      set(argument, begin(*init, index + 1));
  push(op.getRegion(), op);
  countRound();
  return Outcome::Done;
}

Runner::Outcome Runner::enterIf(scf::IfOp op) {
  bool isEither =
      sidesAgree(op) && llvm::none_of(op.getResults(), [&](Value result) {
        return program.isNeeded(result);
      });
  std::optional<bool> isThen =
      isEither ? true : decide(termOf(op.getCondition()));
  if (!isThen)
    return Outcome::Asks;
  advance();
  Region &region = *isThen ? op.getThenRegion() : op.getElseRegion();
  if (!region.empty())
    push(region, op);
  return Outcome::Done;
}

Runner::Outcome Runner::enterWhile(scf::WhileOp op) {
  advance();
  SmallVector<std::optional<Cell>> inits = findAll(op.getInits());
  for (auto [index, pair] :
       llvm::enumerate(llvm::zip_equal(op.getBeforeArguments(), inits)))
    if (auto [argument, init] = pair; init)
      set(argument, begin(*init, index));
  push(op.getBefore(), op);
  countRound();
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// Leaving
//===----------------------------------------------------------------------===//

Runner::Outcome Runner::leave(Operation *terminator) {
  return llvm::TypeSwitch<Operation *, Outcome>(frame().owner)
      .Case([&](scf::ForOp loop) { return leaveFor(loop, terminator); })
      .Case([&](scf::WhileOp loop) {
        if (auto condition = dyn_cast<scf::ConditionOp>(terminator))
          return decideWhile(loop, condition);
        return repeatWhile(loop, terminator);
      })
      .Default([&](Operation *owner) {
        pop(owner->getResults(), findAll(terminator->getOperands()));
        return Outcome::Done;
      });
}

void Runner::noteStraying(ValueRange carried,
                          ArrayRef<std::optional<Cell>> values) {
  frame().straying.clear();
  for (auto [value, next] : llvm::zip_equal(carried, values)) {
    Ref now = termOf(value);
    const Ref *then = next ? std::get_if<Ref>(&*next) : nullptr;
    if (!now || !then)
      continue;
    Ref step = terms.subtract(*then, now);
    if (step->isConstant(0) || anyWithin(step, [](Ref part) {
          return part->is(Kind::Unknown) || part->is(Kind::Start);
        }))
      frame().straying.push_back(value);
  }
}

void Runner::beginRound(ValueRange carried,
                        ArrayRef<std::optional<Cell>> values) {
  give(carried, values);
  ++frame().rounds;
  countRound();
}

Runner::Outcome Runner::leaveFor(scf::ForOp op, Operation *terminator) {
  Ref next = terms.add(termOf(op.getInductionVar()), termOf(op.getStep()));
  Ref rest = terms.subtract(termOf(op.getUpperBound()), next);
  std::optional<bool> goesOn = decide(terms.isPositive(rest));
  if (!goesOn)
    return Outcome::Asks;
  SmallVector<std::optional<Cell>> values = findAll(terminator->getOperands());
  if (!*goesOn) {
    pop(op.getResults(), values);
    return Outcome::Done;
  }
  noteStraying(op.getRegionIterArgs(), values);
  forget(op);
  set(op.getInductionVar(), next);
  beginRound(op.getRegionIterArgs(), values);
  frame().next = frame().block->begin();
  return Outcome::Done;
}

Runner::Outcome Runner::decideWhile(scf::WhileOp op,
                                    scf::ConditionOp condition) {
  std::optional<bool> goesOn = decide(termOf(condition.getCondition()));
  if (!goesOn)
    return Outcome::Asks;
  SmallVector<std::optional<Cell>> values = findAll(condition.getArgs());
  if (!*goesOn) {
    pop(op.getResults(), values);
    return Outcome::Done;
  }
  give(op.getAfterArguments(), values);
  frame().block = op.getAfterBody();
  frame().next = frame().block->begin();
  return Outcome::Done;
}

Runner::Outcome Runner::repeatWhile(scf::WhileOp op, Operation *terminator) {
  SmallVector<std::optional<Cell>> values = findAll(terminator->getOperands());
  noteStraying(op.getBeforeArguments(), values);
  forget(op);
  beginRound(op.getBeforeArguments(), values);
  frame().block = op.getBeforeBody();
  frame().next = frame().block->begin();
  return Outcome::Done;
}
