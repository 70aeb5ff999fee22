// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vectors of numbers in global memory: lists, sizes, and what CTAs share.

#include "KernelPattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace tessera;

bool tessera::isGlobalVector(Type type) {
  auto memory = dyn_cast<MemRefType>(type);
  return memory && memory.getRank() == 1 && memory.getLayout().isIdentity();
}

/// Arguments change their type before their uses do.
static Value underCast(Value value) {
  return value.getDefiningOp<UnrealizedConversionCastOp>().getInputs()[0];
}

Value tessera::mapAddress(Value map) { return underCast(map); }

Value tessera::globalAddress(OpBuilder &b, Location loc, Value vector,
                             Value index) {
  Value number = index.getType().isIndex()
                     ? arith::IndexCastOp::create(b, loc, b.getI32Type(), index)
                     : index;
  Type element = cast<MemRefType>(vector.getType()).getElementType();
  Value address = underCast(vector);
  return LLVM::GEPOp::create(b, loc, address.getType(), element, address,
                             number);
}

namespace {

template <typename Op>
class GlobalPattern : public KernelPattern<Op> {
public:
  using KernelPattern<Op>::KernelPattern;

protected:
  /// Null, and a note why, where the memory is no global vector.
  Value addressOf(Op op, Value memory, ValueRange indices,
                  ConversionPatternRewriter &rewriter) const {
    if (isGlobalVector(memory.getType()))
      return globalAddress(rewriter, op.getLoc(), memory, indices[0]);
    (void)rewriter.notifyMatchFailure(op, "no dense vector");
    return Value();
  }
};

class LoadPattern : public GlobalPattern<memref::LoadOp> {
public:
  using GlobalPattern::GlobalPattern;
  LogicalResult
  matchAndRewrite(memref::LoadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value address =
        addressOf(op, op.getMemRef(), adaptor.getIndices(), rewriter);
    if (!address)
      return failure();
    rewriter.replaceOpWithNewOp<LLVM::LoadOp>(op, op.getType(), address);
    return success();
  }
};

class StorePattern : public GlobalPattern<memref::StoreOp> {
public:
  using GlobalPattern::GlobalPattern;
  LogicalResult
  matchAndRewrite(memref::StoreOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value address =
        addressOf(op, op.getMemRef(), adaptor.getIndices(), rewriter);
    if (!address)
      return failure();
    rewriter.replaceOpWithNewOp<LLVM::StoreOp>(op, adaptor.getValue(), address);
    return success();
  }
};

class AtomicAddPattern : public KernelPattern<tile::AtomicAddOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::AtomicAddOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (threadOf(op).agentThreads > 1)
      return op.emitOpError("has a result that one thread of its agent knows; "
                            "move it to a role of one warp without tensors");
    Hopper hw(rewriter, op.getLoc());
    Value address = globalAddress(rewriter, op.getLoc(), op.getMemory(),
                                  adaptor.getIndex());
    rewriter.replaceOp(
        op, hw.atomicAdd(address, adaptor.getValue(), op.getOrdered()));
    return success();
  }
};

class AwaitPattern : public KernelPattern<tile::AwaitOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::AwaitOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    hw.waitAtLeast(globalAddress(rewriter, op.getLoc(), op.getMemory(),
                                 adaptor.getIndex()),
                   adaptor.getValue());
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void tessera::populateGlobalPatterns(const TypeConverter &converter,
                                     const KernelContext &kernel,
                                     RewritePatternSet &patterns) {
  patterns.add<AtomicAddPattern, AwaitPattern, LoadPattern, StorePattern>(
      converter, patterns.getContext(), kernel);
}
