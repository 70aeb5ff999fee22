// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Alignment of all buffers, and scratch memory out of loops.
#include "tessera/Target/Host/Passes.h"

#include "BufferBytes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace tessera::host {

#define GEN_PASS_DEF_HOSTPLACEBUFFERSPASS
#include "tessera/Target/Host/Passes.h.inc"

namespace {

template <typename AllocLikeOp>
void align(AllocLikeOp op) {
  op.setAlignment(
      std::max(op.getAlignment().value_or(1), uint64_t(kCacheLineBytes)));
}

LogicalResult moveToEntry(memref::AllocaOp op, func::FuncOp function) {
  if (op->getNumOperands() == 0) {
    op->moveBefore(&function.front(), function.front().begin());
    return success();
  }
  if (!op->getParentOfType<LoopLikeOpInterface>())
    return success();
  return op.emitOpError("of dynamic size inside a loop takes new stack in each "
                        "iteration; give it a static size or use memref.alloc");
}

struct HostPlaceBuffersPass
    : public impl::HostPlaceBuffersPassBase<HostPlaceBuffersPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    SmallVector<memref::AllocaOp> scratch;
    function.walk([&](Operation *op) {
      if (auto alloc = dyn_cast<memref::AllocOp>(op))
        align(alloc);
      if (auto alloca = dyn_cast<memref::AllocaOp>(op)) {
        align(alloca);
        scratch.push_back(alloca);
      }
    });
    // Last first, so that they keep their order at the entry.
    for (memref::AllocaOp op : llvm::reverse(scratch))
      if (failed(moveToEntry(op, function)))
        return signalPassFailure();
  }
};

} // namespace
} // namespace tessera::host
