// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk over a function's ops: doors, casts and scalars are the same for
// all targets, everything else of `bsa` is the target's.

#include "tessera/Conversion/BsaToBuffers/LowerToBuffers.h"

using namespace mlir;
using namespace tessera;

static LogicalResult checkBorder(func::FuncOp function) {
  for (Type type : llvm::concat<const Type>(function.getArgumentTypes(),
                                            function.getResultTypes()))
    if (isa<bsa::BlockMapType>(type))
      return function.emitError()
             << "function '" << function.getName()
             << "' passes a block map across its border; pass lists and use "
                "bsa.map_from_lists and bsa.map_to_lists inside";
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError() << "function '" << function.getName()
                                << "' has control flow; keep it to one block";
  return success();
}

/// Arithmetic on numbers, and what they are read from.
static bool isScalar(Operation &op) {
  auto isNumber = [](Type type) { return type.isIntOrIndexOrFloat(); };
  if (isa<tensor::DimOp>(op))
    return isa<RankedTensorType>(op.getOperand(0).getType());
  return op.getNumRegions() == 0 && isMemoryEffectFree(&op) &&
         op.getNumResults() > 0 &&
         llvm::all_of(op.getOperandTypes(), isNumber) &&
         llvm::all_of(op.getResultTypes(), isNumber);
}

namespace {

class FunctionLowering {
public:
  FunctionLowering(func::FuncOp source, BufferTarget &target)
      : source(source), target(target), builder(source.getContext()),
        memory(source, builder) {}
  LogicalResult run();

private:
  LogicalResult check();
  LogicalResult checkOps();
  LogicalResult lower(Operation &op);
  LogicalResult lowerKernel(Operation &op);

  func::FuncOp source;
  BufferTarget &target;
  OpBuilder builder;
  FunctionBuffers memory;
};

} // namespace

/// Before anything is written, since numbers are computed when they are first
/// asked for.
LogicalResult FunctionLowering::checkOps() {
  for (Operation &op : source.getBody().front()) {
    auto cast = dyn_cast<tensor::CastOp>(op);
    bool isKnown = isa_and_nonnull<bsa::BsaDialect>(op.getDialect()) ||
                   isa<func::ReturnOp>(op) ||
                   (cast && isa<RankedTensorType>(cast.getType()));
    if (!isKnown && !isScalar(op))
      return op.emitOpError()
             << "works on tensors outside the `bsa` dialect; a function "
                "compiled for "
             << target.name()
             << " holds bsa ops, tensor.cast, tensor.dim and scalar arithmetic";
  }
  return success();
}

LogicalResult FunctionLowering::check() {
  WalkResult supported = source.walk([&](Operation *op) {
    return failed(target.check(op)) ? WalkResult::interrupt()
                                    : WalkResult::advance();
  });
  if (supported.wasInterrupted() || failed(checkBorder(source)))
    return failure();
  return checkOps();
}

LogicalResult FunctionLowering::lowerKernel(Operation &op) {
  for (Value result : op.getResults())
    memory.bindResult(result);
  if (auto fused = dyn_cast<bsa::FusedOp>(op))
    memory.bindYielded(fused);
  return target.lower(op, memory);
}

LogicalResult FunctionLowering::lower(Operation &op) {
  if (auto lists = dyn_cast<bsa::MapFromListsOp>(op))
    return memory.lowerMapFromLists(lists), success();
  if (auto map = dyn_cast<bsa::MapToListsOp>(op))
    return memory.lowerMapToLists(map), success();
  if (isa_and_nonnull<bsa::BsaDialect>(op.getDialect()))
    return lowerKernel(op);
  if (auto cast = dyn_cast<tensor::CastOp>(op);
      cast && isa<RankedTensorType>(cast.getType()))
    return memory.lowerCast(cast), success();
  if (auto end = dyn_cast<func::ReturnOp>(op))
    return memory.lowerReturn(end, target.freesTemporaries()), success();
  return memory.scalarOf(op.getResult(0)), success();
}

LogicalResult FunctionLowering::run() {
  if (failed(check()))
    return failure();
  func::FuncOp made = memory.createTarget();
  for (Operation &op : source.getBody().front())
    if (failed(lower(op))) {
      made.erase();
      return failure();
    }
  source.erase();
  return success();
}

LogicalResult tessera::lowerToBuffers(func::FuncOp source,
                                      BufferTarget &target) {
  return FunctionLowering(source, target).run();
}
