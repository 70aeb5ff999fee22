// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Tile/Analysis/Reads.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

Value tile::stageOfRead(Operation *read) {
  if (auto note = dyn_cast<NoteOp>(read))
    return note.getStage();
  return cast<LoadFragmentOp>(read).getStage();
}

ReadUses::ReadUses(Operation *root) {
  root->walk([&](Operation *op) {
    if (isRegisterRead(op))
      follow(op);
  });
}

/// Whether what it gives cannot be made without each of its operands.
static bool isTransparent(Operation *op) {
  if (op->getNumRegions() != 0 || op->hasTrait<OpTrait::IsTerminator>() ||
      !isMemoryEffectFree(op) || isa<arith::SelectOp>(op))
    return false;
  bool mayErase = isa<arith::MulIOp, arith::AndIOp>(op);
  return !mayErase || llvm::none_of(op->getOperands(), [](Value operand) {
    return matchPattern(operand, m_Zero());
  });
}

/// Products retire in the order they were started, so the wait for a later one
/// is one for this, too.
void ReadUses::useInProduct(Operation *read, MmaOp product) {
  for (Operation *op = product; op; op = op->getNextNode())
    if (auto later = dyn_cast<MmaOp>(op))
      for (Operation *wait : later.getProduct().getUsers())
        needs[wait].push_back(read);
}

static bool isOfOneWarp(Operation *op) {
  auto role = op->getParentOfType<RoleOp>();
  return role && role.getWarps() == 1;
}

/// Whether the operation, a user of what was read or of what was made of it,
/// cannot be carried out without.
static bool needsOperand(OpOperand &use) {
  Operation *op = use.getOwner();
  unsigned number = use.getOperandNumber();
  if (isa<scf::ConditionOp>(op))
    return number == 0 && !isMemoryEffectFree(op->getParentOp());
  if (isa<scf::IfOp>(op))
    return !isMemoryEffectFree(op);
  if (isa<scf::ForOp>(op)) // bounds and step, not what is carried
    return number < 3 && !isMemoryEffectFree(op);
  if (isa<StoreAsyncOp, ReleaseOp>(op))
    return true;
  return isa<LoadOp, AcquireOp, AtomicAddOp, AwaitOp, memref::StoreOp>(op) &&
         isOfOneWarp(op);
}

/// Whether what the user gives is to be followed.
bool ReadUses::use(Operation *read, OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto product = dyn_cast<MmaOp>(op)) {
    if (isa<TensorType>(use.get().getType()))
      useInProduct(read, product);
    return false;
  }
  if (needsOperand(use))
    needs[op].push_back(read);
  return isTransparent(op);
}

void ReadUses::follow(Operation *read) {
  llvm::SetVector<Value> values(read->result_begin(), read->result_end());
  for (size_t index = 0; index < values.size(); ++index)
    for (OpOperand &use : values[index].getUses())
      if (this->use(read, use))
        values.insert_range(use.getOwner()->getResults());
}
