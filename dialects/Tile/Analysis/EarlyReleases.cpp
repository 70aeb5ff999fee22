// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A walk over every path through a role, with the reads that may be under way.

#include "Tile/Analysis/Reads.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

/// What a value that comes through a region may be; nothing for others.
static SmallVector<Value> sourcesOf(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  Operation *owner =
      argument ? argument.getOwner()->getParentOp() : value.getDefiningOp();
  unsigned index = argument ? argument.getArgNumber()
                            : cast<OpResult>(value).getResultNumber();
  if (auto loop = dyn_cast<scf::ForOp>(owner)) {
    unsigned carried = argument ? index - 1 : index;
    return {loop.getInitArgs()[carried], loop.getYieldedValues()[carried]};
  }
  if (auto branch = dyn_cast<scf::IfOp>(owner))
    return {branch.thenYield().getOperand(index),
            branch.elseYield().getOperand(index)};
  auto loop = dyn_cast<scf::WhileOp>(owner);
  if (loop && argument && argument.getOwner() == loop.getBeforeBody())
    return {loop.getInits()[index], loop.getYieldOp().getOperand(index)};
  if (loop)
    return {loop.getConditionOp().getArgs()[index]};
  return {};
}

/// The operations that a stage may come from.
static llvm::SetVector<Value> originsOf(Value stage) {
  llvm::SetVector<Value> seen, origins;
  seen.insert(stage);
  for (size_t index = 0; index < seen.size(); ++index) {
    SmallVector<Value> sources = sourcesOf(seen[index]);
    seen.insert_range(sources);
    if (sources.empty())
      origins.insert(seen[index]);
  }
  return origins;
}

static bool mayBeSame(Value stage, Value other) {
  llvm::SetVector<Value> origins = originsOf(stage);
  return llvm::any_of(originsOf(other),
                      [&](Value origin) { return origins.contains(origin); });
}

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

namespace {

/// Reads that may be under way; `isOlder`: not what the operation has read
/// last, which no use of its value speaks of.
struct Read {
  Operation *op;
  bool isOlder;
  bool operator==(const Read &) const = default;
};
class Reads {
public:
  void begin(Operation *op) {
    if (llvm::is_contained(list, Read{op, false}))
      add({op, true});
    add({op, false});
  }
  void arrive(Operation *op) { llvm::erase(list, Read{op, false}); }
  void add(Read read) {
    if (!llvm::is_contained(list, read))
      list.push_back(read);
  }
  void add(const Reads &others) {
    for (Read read : others.list)
      add(read);
  }
  SmallVector<Read, 4> list;
};

class Walker {
public:
  explicit Walker(KernelOp kernel) : uses(kernel) {}

  void walk(Block &block, Reads &reads) {
    for (Operation &op : block)
      walk(op, reads);
  }

  llvm::MapVector<Operation *, Reads> early; ///< by release

private:
  void walk(Operation &op, Reads &reads);
  void walkIf(scf::IfOp branch, Reads &reads);
  template <typename Round>
  void walkLoop(Reads &reads, Round round);
  void release(ReleaseOp op, Reads &reads);

  ReadUses uses;
};

} // namespace

/// What is found here will be waited for, and is over then.
void Walker::release(ReleaseOp op, Reads &reads) {
  llvm::erase_if(reads.list, [&](Read read) {
    if (!op.getFenced() && !mayBeSame(op.getStage(), stageOfRead(read.op)))
      return false;
    if (!op.getFenced())
      early[op].add(read);
    return true;
  });
}

void Walker::walkIf(scf::IfOp branch, Reads &reads) {
  Reads otherwise = reads;
  walk(*branch.thenBlock(), reads);
  if (branch.elseBlock())
    walk(*branch.elseBlock(), otherwise);
  reads.add(otherwise);
}

/// `round` takes what may be under way where a round begins to where the next
/// one does.
template <typename Round>
void Walker::walkLoop(Reads &reads, Round round) {
  size_t before;
  do {
    before = reads.list.size();
    Reads after = reads;
    round(after);
    reads.add(after);
  } while (reads.list.size() != before);
}

void Walker::walk(Operation &op, Reads &reads) {
  for (Operation *read : uses.neededBy(&op))
    reads.arrive(read);
  if (isRegisterRead(&op))
    reads.begin(&op);
  else if (auto release = dyn_cast<ReleaseOp>(op))
    this->release(release, reads);
  else if (auto branch = dyn_cast<scf::IfOp>(op))
    walkIf(branch, reads);
  else if (auto loop = dyn_cast<scf::ForOp>(op))
    walkLoop(reads, [&](Reads &round) { walk(*loop.getBody(), round); });
  else if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    Reads atExit;
    walkLoop(reads, [&](Reads &round) {
      walk(*loop.getBeforeBody(), round);
      atExit.add(round);
      walk(*loop.getAfterBody(), round);
    });
    reads = atExit;
  }
}

SmallVector<EarlyRelease> tile::findEarlyReleases(KernelOp kernel) {
  Walker walker(kernel);
  for (auto role : kernel.getBody().getOps<RoleOp>()) {
    Reads reads;
    walker.walk(role.getBody().front(), reads);
  }
  SmallVector<EarlyRelease> releases;
  for (auto &[op, reads] : walker.early) {
    EarlyRelease &early =
        releases.emplace_back(EarlyRelease{cast<ReleaseOp>(op), {}, {}});
    for (Read read : reads.list)
      (read.isOlder ? early.older : early.reads).push_back(read.op);
  }
  return releases;
}
