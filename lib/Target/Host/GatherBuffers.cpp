// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All memory of a call in one allocation, which may fail before anything has
// been computed.
#include "tessera/Target/Host/Passes.h"

#include "BufferBytes.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace tessera::host {

#define GEN_PASS_DEF_HOSTGATHERBUFFERSPASS
#include "tessera/Target/Host/Passes.h.inc"

namespace {

/// Works on one function that is called from outside.
class BufferGatherer {
public:
  BufferGatherer(func::FuncOp function, ArrayRef<memref::AllocOp> buffers)
      : buffers(buffers), body(function.front()), loc(function.getLoc()),
        builder(&body, body.begin()) {}

  /// Returns the bytes that a call lacks, an i64: 0 if it has run.
  FailureOr<Value> gather();

private:
  LogicalResult moveToStart(Operation *op);
  LogicalResult moveSizesToStart();
  Value measure();
  Value index(Value integer) {
    return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                      integer);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(builder, loc, predicate, x, y);
  }
  void moveIntoBranch(scf::IfOp branch);
  void placeBuffers(Value memory);

  ArrayRef<memref::AllocOp> buffers;
  SmallVector<Value> offsets; // of each buffer in the memory, in bytes
  Block &body;
  Location loc;
  OpBuilder builder;
  Operation *start = nullptr; // what sizes need stands before it
};

/// The runtime answers it at any time; it changes nothing.
bool asksForThreads(Operation *op) {
  auto call = dyn_cast<func::CallOp>(op);
  return call && call.getCallee() == kNumThreads;
}

LogicalResult BufferGatherer::moveToStart(Operation *op) {
  SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitBlockArguments = true;
  if (failed(getBackwardSlice(op, &slice, options)))
    return op->emitOpError("cannot be moved to the start of its function");
  for (Operation *needed : slice) {
    if (needed->isBeforeInBlock(start))
      continue;
    if (!isa<LLVM::AllocaOp>(needed) && !isMemoryEffectFree(needed) &&
        !asksForThreads(needed))
      return needed->emitOpError(
          "decides on the size of a buffer and reads or writes memory; a call "
          "asks for all its memory before it touches any, so compute sizes "
          "from extents and scalars");
    needed->moveBefore(start);
  }
  return success();
}

LogicalResult BufferGatherer::moveSizesToStart() {
  // Contexts of kernels, so that they stay off the stack's dynamic part.
  for (auto context : llvm::make_early_inc_range(body.getOps<LLVM::AllocaOp>()))
    if (failed(moveToStart(context)))
      return failure();
  for (memref::AllocOp buffer : buffers)
    for (Value size : buffer.getDynamicSizes())
      if (Operation *op = size.getDefiningOp())
        if (failed(moveToStart(op)))
          return failure();
  return success();
}

/// Lays the buffers out one behind the other; returns the bytes of all.
Value BufferGatherer::measure() {
  Value total = arith::ConstantIntOp::create(builder, loc, 0, 64);
  for (memref::AllocOp buffer : buffers) {
    offsets.push_back(index(total));
    Value bytes =
        bufferBytes(builder, loc, buffer.getType(), buffer.getDynamicSizes());
    total = addBytes(builder, loc, total, bytes);
  }
  // The address of nothing may be null, which would read as a failure.
  Value least = arith::ConstantIntOp::create(builder, loc, kCacheLineBytes, 64);
  return arith::MaxUIOp::create(builder, loc, total, least);
}

/// Everything behind the branch but the return.
void BufferGatherer::moveIntoBranch(scf::IfOp branch) {
  Block *then = branch.thenBlock();
  then->getOperations().splice(
      then->getTerminator()->getIterator(), body.getOperations(),
      std::next(branch->getIterator()), body.getTerminator()->getIterator());
}

void BufferGatherer::placeBuffers(Value memory) {
  for (auto [original, offset] : llvm::zip(buffers, offsets)) {
    memref::AllocOp buffer = original;
    builder.setInsertionPoint(buffer);
    Value view =
        memref::ViewOp::create(builder, buffer.getLoc(), buffer.getType(),
                               memory, offset, buffer.getDynamicSizes());
    for (Operation *user : llvm::make_early_inc_range(buffer->getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
    buffer.getResult().replaceAllUsesWith(view);
    buffer->erase();
  }
}

FailureOr<Value> BufferGatherer::gather() {
  Value none = arith::ConstantIntOp::create(builder, loc, 0, 64);
  if (buffers.empty())
    return none;
  start = none.getDefiningOp();
  if (failed(moveSizesToStart()))
    return failure();
  builder.setInsertionPointAfter(start);
  Value bytes = measure();
  auto type = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
  Value memory =
      memref::AllocOp::create(builder, loc, type, index(bytes),
                              builder.getI64IntegerAttr(kCacheLineBytes));
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, memory);
  Value null = arith::ConstantIndexOp::create(builder, loc, 0);
  Value missing = arith::SelectOp::create(
      builder, loc, compare(arith::CmpIPredicate::eq, address, null), bytes,
      none);
  auto branch = scf::IfOp::create(
      builder, loc, compare(arith::CmpIPredicate::ne, address, null),
      /*withElseRegion=*/false);
  moveIntoBranch(branch);
  placeBuffers(memory);
  builder.setInsertionPoint(branch.thenBlock()->getTerminator());
  memref::DeallocOp::create(builder, loc, memory);
  return missing;
}

LogicalResult checkPlace(memref::AllocOp buffer, func::FuncOp function) {
  if (function.isPublic() && buffer->getParentOp() == function &&
      llvm::hasSingleElement(function.getBody()))
    return success();
  return buffer.emitOpError(
      "stands where a call can no longer be refused for want of memory; "
      "allocate at the top of a public function without branches, or directly "
      "in the body of an outermost scf.parallel");
}

struct HostGatherBuffersPass
    : public impl::HostGatherBuffersPassBase<HostGatherBuffersPass> {
  void runOnOperation() override {
    if (failed(gather(getOperation())))
      signalPassFailure();
  }

  LogicalResult gather(func::FuncOp function) {
    SmallVector<memref::AllocOp> buffers;
    function.walk([&](memref::AllocOp buffer) { buffers.push_back(buffer); });
    for (memref::AllocOp buffer : buffers)
      if (failed(checkPlace(buffer, function)))
        return failure();
    if (!function.isPublic() || function.isExternal())
      return success();
    if (function.getNumResults() != 0)
      return function.emitOpError("has results; a function that is called from "
                                  "outside writes to buffers it is given");
    FailureOr<Value> missing = BufferGatherer(function, buffers).gather();
    if (failed(missing))
      return failure();
    function.walk(
        [&](func::ReturnOp end) { end.getOperandsMutable().assign(*missing); });
    function.setFunctionType(FunctionType::get(
        &getContext(), function.getArgumentTypes(), missing->getType()));
    return success();
  }
};

} // namespace
} // namespace tessera::host
