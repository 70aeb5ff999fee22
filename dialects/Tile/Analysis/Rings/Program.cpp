// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A backward slice of a kernel from its rings.

#include "Program.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

bool rings::isRingOp(Operation *op) {
  return isa<AcquireOp, LoadOp, CommitOp, WaitOp, NoteOp, LoadFragmentOp,
             ReleaseOp, MmaOp, MmaWaitOp>(op);
}

bool rings::isHandle(Type type) {
  return isa<FreeStageType, FullStageType, PendingType>(type);
}

/// The stages that a region gives back; none where it does more with rings.
static std::optional<SmallVector<Value>> releasedIn(Region &region) {
  SmallVector<Value> stages;
  bool doesMore = false;
  region.walk([&](Operation *op) {
    auto release = dyn_cast<ReleaseOp>(op);
    doesMore |= isRingOp(op) && (!release || op->getParentRegion() != &region);
    if (release)
      stages.push_back(release.getStage());
  });
  if (doesMore)
    return std::nullopt;
  return stages;
}

bool rings::sidesAgree(scf::IfOp branch) {
  std::optional<SmallVector<Value>> stages = releasedIn(branch.getThenRegion());
  return stages && stages == releasedIn(branch.getElseRegion());
}

std::string Agent::name() const {
  return ("@" + RoleOp(role).getSymName() + " " + Twine(number)).str();
}

std::string Lane::name() const { return "lane " + std::to_string(number); }

Program::Program(KernelOp kernel, Terms &terms)
    : kernel(kernel), terms(terms), readUses(kernel) {
  findTouching();
  findNeeded();
  numberValues();
  findGlobals();
}

//===----------------------------------------------------------------------===//
// What is needed
//===----------------------------------------------------------------------===//

void Program::findTouching() {
  kernel.walk([&](Operation *op) {
    if (!isRingOp(op))
      return;
    for (Operation *at = op; at != kernel; at = at->getParentOp())
      touching.insert(at);
  });
}

/// Tensors decide nothing by themselves: what is made of them may be anything.
void Program::need(Value value) {
  if (!isa<TensorType>(value.getType()))
    neededValues.insert(value);
}

void Program::needOperands(Operation *op) {
  for (Value operand : op->getOperands())
    need(operand);
}

/// What decides how often, or whether, the regions of an operation are run.
static SmallVector<Value> steeringOf(Operation *op) {
  return TypeSwitch<Operation *, SmallVector<Value>>(op)
      .Case([](scf::ForOp loop) {
        return SmallVector<Value>{loop.getLowerBound(), loop.getUpperBound(),
                                  loop.getStep(), loop.getInductionVar()};
      })
      .Case([](scf::IfOp branch) {
        return sidesAgree(branch) ? SmallVector<Value>()
                                  : SmallVector<Value>{branch.getCondition()};
      })
      .Case([](scf::WhileOp loop) {
        return SmallVector<Value>{loop.getConditionOp().getCondition()};
      })
      .Default([](Operation *) { return SmallVector<Value>(); });
}

void Program::findNeeded() {
  kernel.walk([&](Operation *op) {
    if (!touching.contains(op))
      return;
    needed.insert(op);
    for (Value value : steeringOf(op))
      need(value);
    for (Value result : op->getResults())
      if (isHandle(result.getType()))
        need(result);
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        if (isHandle(argument.getType()))
          need(argument);
  });
  for (size_t index = 0; index < neededValues.size(); ++index)
    needFeeders(neededValues[index]);
}

/// What a variable of a loop, or a result of a region, is made of.
static SmallVector<Value> carriedInto(Operation *op, unsigned index,
                                      bool isResult) {
  return TypeSwitch<Operation *, SmallVector<Value>>(op)
      .Case([&](scf::ForOp loop) {
        if (!isResult && index == 0)
          return SmallVector<Value>{loop.getLowerBound(), loop.getStep()};
        unsigned at = isResult ? index : index - 1;
        return SmallVector<Value>{loop.getInitArgs()[at],
                                  loop.getRegionIterArgs()[at],
                                  loop.getYieldedValues()[at]};
      })
      .Case([&](scf::IfOp branch) {
        return SmallVector<Value>{branch.getCondition(),
                                  branch.thenYield().getOperand(index),
                                  branch.elseYield().getOperand(index)};
      })
      .Case([&](scf::WhileOp loop) {
        if (isResult)
          return SmallVector<Value>{loop.getConditionOp().getArgs()[index]};
        return SmallVector<Value>{loop.getInits()[index],
                                  loop.getYieldOp().getOperand(index)};
      })
      .Default([](Operation *) { return SmallVector<Value>(); });
}

/// What a value that comes through a region is made of; nothing for others.
static SmallVector<Value> feedersOf(Value value) {
  if (auto result = dyn_cast<OpResult>(value))
    return carriedInto(result.getOwner(), result.getResultNumber(),
                       /*isResult=*/true);
  auto argument = cast<BlockArgument>(value);
  Operation *owner = argument.getOwner()->getParentOp();
  auto loop = dyn_cast<scf::WhileOp>(owner);
  bool isAfter = loop && argument.getOwner() == loop.getAfterBody();
  return carriedInto(owner, argument.getArgNumber(), isAfter);
}

/// What producers may have given where the note is read.
void Program::needNote(NoteOp note) {
  llvm::SetVector<Value> stages;
  stages.insert(note.getStage());
  for (size_t index = 0; index < stages.size(); ++index) {
    for (Value feeder : feedersOf(stages[index]))
      if (isHandle(feeder.getType()))
        stages.insert(feeder);
    auto wait = stages[index].getDefiningOp<WaitOp>();
    if (!wait)
      continue;
    for (Operation *user : wait.getRing().getUsers())
      if (auto acquire = dyn_cast<AcquireOp>(user);
          acquire && note.getNumber() < acquire.getNotes().size())
        need(acquire.getNotes()[note.getNumber()]);
  }
}

void Program::needFeeders(Value value) {
  for (Value feeder : feedersOf(value))
    need(feeder);
  Operation *op = value.getDefiningOp();
  if (!op)
    return;
  needed.insert(op);
  for (Value steering : steeringOf(op))
    need(steering);
  if (auto note = dyn_cast<NoteOp>(op))
    needNote(note);
  if (isRingOp(op) || op->getNumRegions() != 0 || isa<MakeRingOp>(op))
    return;
  needOperands(op);
  if (auto load = dyn_cast<memref::LoadOp>(op))
    needMemory(rootOf(load.getMemRef()));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value Program::rootOf(Value memory) {
  while (auto view = memory.getDefiningOp<ViewLikeOpInterface>())
    memory = view.getViewSource();
  return memory;
}

/// The memory, traced to where it comes from, that an operation may write.
static SmallVector<Value> writtenBy(Operation *op) {
  SmallVector<Value> written;
  if (op->getNumRegions() != 0 || isMemoryEffectFree(op))
    return written;
  auto effects = dyn_cast<MemoryEffectOpInterface>(op);
  for (Value operand : op->getOperands()) {
    if (!isa<MemRefType>(operand.getType()))
      continue;
    SmallVector<MemoryEffects::EffectInstance> known;
    if (effects)
      effects.getEffectsOnValue(operand, known);
    bool onlyReads = llvm::all_of(known, [](const auto &effect) {
      return isa<MemoryEffects::Read>(effect.getEffect());
    });
    if (!effects || !onlyReads)
      written.push_back(Program::rootOf(operand));
  }
  return written;
}

SmallVector<Value> Program::memoryWrittenBy(Operation *op) const {
  SmallVector<Value> written = writtenBy(op);
  llvm::erase_if(written, [&](Value memory) { return !isShared(memory); });
  return written;
}

void Program::needMemory(Value memory) {
  if (shared.contains(memory))
    return;
  kernel.walk([&](Operation *op) {
    if (!llvm::is_contained(writtenBy(op), memory))
      return;
    shared.insert(memory);
    need(memory);
    for (Operation *at = op; at != kernel; at = at->getParentOp())
      needed.insert(at);
    if (auto store = dyn_cast<memref::StoreOp>(op))
      for (Value index : store.getIndices())
        need(index);
  });
}

SmallVector<Operation *> Program::storesWithin(Operation *op) const {
  SmallVector<Operation *> stores;
  op->walk([&](Operation *inner) {
    if (!memoryWrittenBy(inner).empty())
      stores.push_back(inner);
  });
  return stores;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

void Program::numberValues() {
  auto number = [&](Value value) {
    if (!neededValues.contains(value))
      return;
    numbers[value] = values.size();
    values.push_back(value);
  };
  auto visit = [&](auto &visitRegion, Region &region) -> void {
    unsigned begin = values.size();
    for (BlockArgument argument : region.getArguments())
      number(argument);
    for (Operation &op : region.getOps()) {
      for (Value result : op.getResults())
        number(result);
      for (Region &inner : op.getRegions())
        visitRegion(visitRegion, inner);
    }
    ranges[&region] = {begin, unsigned(values.size())};
  };
  visit(visit, kernel.getBody());
}

static Kind kindOf(KernelOp kernel, BlockArgument argument) {
  if (argument.getType().isInteger(1))
    return Kind::FlagArgument;
  return kernel.getArgAttr(argument.getArgNumber(), kNaturalAttrName)
             ? Kind::NaturalArgument
             : Kind::Argument;
}

Ref Program::termOfLoad(memref::LoadOp load, Ref version,
                        ArrayRef<Ref> operands) const {
  bool isFlag = load.getType().isInteger(1);
  if (!version)
    return terms.apply(Kind::Load, operands, isFlag);
  SmallVector<Ref> parts{globals.lookup(rootOf(load.getMemRef())), version};
  llvm::append_range(parts, operands);
  return terms.apply(Kind::SharedLoad, parts, isFlag);
}

/// Null where nothing is known of it.
Ref Program::evaluateGlobal(Operation *op) {
  SmallVector<Ref> operands;
  for (Value operand : op->getOperands())
    operands.push_back(globals.lookup(operand));
  if (llvm::is_contained(operands, nullptr))
    return nullptr;
  // Before the roles nothing has been written.
  if (auto load = dyn_cast<memref::LoadOp>(op))
    return termOfLoad(
        load, isShared(rootOf(load.getMemRef())) ? terms.constant(0) : nullptr,
        operands);
  return op->getNumRegions() == 0 ? evaluate(terms, op, operands) : nullptr;
}

void Program::findGlobals() {
  for (BlockArgument argument : kernel.getBody().getArguments())
    globals[argument] =
        terms.apply(kindOf(kernel, argument), {}, argument.getArgNumber());
  for (Operation &op : kernel.getBody().getOps()) {
    if (!matters(&op) || isa<MakeRingOp, RoleOp>(op))
      continue;
    Ref term = evaluateGlobal(&op);
    // The same for every role, whatever it is.
    for (OpResult result : op.getResults())
      globals[result] =
          term ? term : terms.apply(Kind::Global, {}, numberOf(result));
  }
}
