// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `host-expand-copies`: copies of buffers as loops.
#include "tessera/Target/Host/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace tessera::host {

#define GEN_PASS_DEF_HOSTEXPANDCOPIESPASS
#include "tessera/Target/Host/Passes.h.inc"

namespace {

/// Of one copy.
class CopyLoop {
public:
  explicit CopyLoop(memref::CopyOp op)
      : b(op.getLoc(), op), op(op),
        type(cast<MemRefType>(op.getSource().getType())) {}
  void build();

private:
  bool hasDenseRows();
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value multiply(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
  Value extent(int64_t dim);
  Value rowAddress(Value buffer, ValueRange row);
  void copyRow(ValueRange row);
  void copyElement(ValueRange place);

  ImplicitLocOpBuilder b;
  memref::CopyOp op;
  MemRefType type;
};

} // namespace

static bool isLastStrideOne(Value buffer) {
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  auto type = cast<MemRefType>(buffer.getType());
  return succeeded(type.getStridesAndOffset(strides, offset)) &&
         !strides.empty() && strides.back() == 1;
}

bool CopyLoop::hasDenseRows() {
  Type element = type.getElementType();
  return element.isIntOrFloat() && element.getIntOrFloatBitWidth() % 8 == 0 &&
         isLastStrideOne(op.getSource()) && isLastStrideOne(op.getTarget());
}

Value CopyLoop::extent(int64_t dim) {
  return memref::DimOp::create(b, op.getSource(), dim);
}

/// Of the first element of a row, by the other coordinates.
Value CopyLoop::rowAddress(Value buffer, ValueRange row) {
  auto parts = memref::ExtractStridedMetadataOp::create(b, buffer);
  Value element = parts.getOffset();
  for (auto [place, stride] : llvm::zip(row, parts.getStrides()))
    element = add(element, multiply(place, stride));
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, buffer);
  Value address = arith::IndexCastOp::create(
      b, b.getI64Type(), add(base, multiply(element, index(bytes))));
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                  address);
}

void CopyLoop::copyRow(ValueRange row) {
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  Value length = arith::IndexCastOp::create(
      b, b.getI64Type(), multiply(extent(type.getRank() - 1), index(bytes)));
  Value target = rowAddress(op.getTarget(), row);
  LLVM::MemcpyOp::create(b, target, rowAddress(op.getSource(), row), length,
                         /*isVolatile=*/false);
}

void CopyLoop::copyElement(ValueRange place) {
  Value element = memref::LoadOp::create(b, op.getSource(), place);
  memref::StoreOp::create(b, element, op.getTarget(), place);
}

void CopyLoop::build() {
  bool rows = hasDenseRows();
  int64_t rank = type.getRank() - rows;
  SmallVector<Value> ends, zeros(rank, index(0)), ones(rank, index(1));
  for (int64_t dim = 0; dim < rank; ++dim)
    ends.push_back(extent(dim));
  ValueRange place;
  if (rank > 0) {
    auto loop = scf::ParallelOp::create(b, zeros, ends, ones);
    place = loop.getInductionVars();
    b.setInsertionPointToStart(loop.getBody());
  }
  if (rows)
    copyRow(place);
  else
    copyElement(place);
  op.erase();
}

namespace {
struct HostExpandCopiesPass
    : public impl::HostExpandCopiesPassBase<HostExpandCopiesPass> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp op) { copies.push_back(op); });
    for (memref::CopyOp op : copies)
      if (isa<MemRefType>(op.getSource().getType()) &&
          isa<MemRefType>(op.getTarget().getType()))
        CopyLoop(op).build();
  }
};
} // namespace

} // namespace tessera::host
