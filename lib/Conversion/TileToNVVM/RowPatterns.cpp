// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows between global memory and registers, and where a thread's elements are.

#include "Hopper.h"
#include "Registers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tessera;

namespace {

/// The rows of a memref from an index on, as this thread meets them.
class RowAccess {
public:
  RowAccess(Hopper &hw, const Thread &thread, Value memory, ValueRange indices,
            int64_t rowDim, Value limit);

  /// The thread's row in the upper (0) or lower (1) half, from the index on.
  Value row(int64_t half) { return rows[half]; }
  Value exists(int64_t half) {
    return arith::CmpIOp::create(hw.b, hw.loc, arith::CmpIPredicate::slt,
                                 rows[half], limit);
  }
  /// Address of column `column` (i64) of a row, past the index's own.
  Value address(int64_t half, Value column);

private:
  Hopper &hw;
  SmallVector<Value> rows;
  Value limit, base, rowStride;
  int64_t elementBytes;
};

} // namespace

static Value add(Hopper &hw, Value x, Value y) {
  return arith::AddIOp::create(hw.b, hw.loc, x, y);
}
static Value mul(Hopper &hw, Value x, Value y) {
  return arith::MulIOp::create(hw.b, hw.loc, x, y);
}
static Value index(Hopper &hw, int64_t value) {
  return arith::ConstantIndexOp::create(hw.b, hw.loc, value);
}

RowAccess::RowAccess(Hopper &hw, const Thread &thread, Value memory,
                     ValueRange indices, int64_t rowDim, Value limit)
    : hw(hw), limit(limit) {
  auto type = cast<MemRefType>(memory.getType());
  elementBytes = type.getElementTypeBitWidth() / 8;
  auto metadata =
      memref::ExtractStridedMetadataOp::create(hw.b, hw.loc, memory);
  base = metadata.getOffset();
  for (auto [at, stride] : llvm::zip_equal(indices, metadata.getStrides()))
    base = add(hw, base, mul(hw, at, stride));
  Value pointer =
      memref::ExtractAlignedPointerAsIndexOp::create(hw.b, hw.loc, memory);
  base = add(hw, pointer, mul(hw, base, index(hw, elementBytes)));
  rowStride = metadata.getStrides()[rowDim];
  // Lane l of warp w has row 16 w + l / 4, and eight more.
  Value quad = arith::ShRUIOp::create(hw.b, hw.loc, thread.lane, hw.i32(2));
  Value first = add(hw, mul(hw, thread.warp, hw.i32(16)), quad);
  for (int64_t half : {0, 8})
    rows.push_back(arith::IndexCastOp::create(hw.b, hw.loc, hw.b.getIndexType(),
                                              add(hw, first, hw.i32(half))));
}

Value RowAccess::address(int64_t half, Value column) {
  Value elements = add(hw, mul(hw, rows[half], rowStride), column);
  Value bytes = add(hw, base, mul(hw, elements, index(hw, elementBytes)));
  Value wide =
      arith::IndexCastOp::create(hw.b, hw.loc, hw.b.getI64Type(), bytes);
  auto global = LLVM::LLVMPointerType::get(hw.b.getContext(), 1);
  return LLVM::IntToPtrOp::create(hw.b, hw.loc, global, wide);
}

/// 2 (lane % 4): the first column a thread has in every eight.
static Value firstColumn(Hopper &hw, const Thread &thread) {
  Value inQuad = arith::AndIOp::create(hw.b, hw.loc, thread.lane, hw.i32(3));
  return mul(hw, inQuad, hw.i32(2));
}

namespace {

template <typename Op>
class RowPattern : public OpConversionPattern<Op> {
public:
  RowPattern(const TypeConverter &converter, MLIRContext *context,
             const KernelContext &kernel)
      : OpConversionPattern<Op>(converter, context), kernel(kernel) {}

protected:
  using OneToN = typename OpConversionPattern<Op>::OneToNOpAdaptor;
  const KernelContext &kernel;
};

SmallVector<Value> singles(ArrayRef<ValueRange> ranges) {
  return llvm::map_to_vector(
      ranges, [](ValueRange range) -> Value { return range[0]; });
}

class LoadRowsPattern : public RowPattern<tile::LoadRowsOp> {
public:
  using RowPattern::RowPattern;
  LogicalResult
  matchAndRewrite(tile::LoadRowsOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = kernel.threads.at(op);
    SmallVector<Value> indices = singles(adaptor.getIndices());
    RowAccess access(hw, thread, op.getSource(), indices,
                     op.getSource().getType().getRank() - 2,
                     adaptor.getLimit()[0]);
    Value column = arith::IndexCastOp::create(
        rewriter, hw.loc, rewriter.getIndexType(), firstColumn(hw, thread));
    int64_t count = registersOf(op.getResult().getType()).count;
    // Registers 4 k .. 4 k + 3: both halves of eight columns, then of eight
    // more.
    SmallVector<Value> registers(count);
    SmallVector<Type> types(count / 2, rewriter.getI32Type());
    for (int64_t half : {0, 1}) {
      auto branch =
          scf::IfOp::create(rewriter, hw.loc, types, access.exists(half),
                            /*withElseRegion=*/true);
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(branch.thenBlock());
      SmallVector<Value> loaded;
      for (int64_t group = 0; group < count / 2; ++group) {
        Value at = add(hw, column, index(hw, 8 * group));
        loaded.push_back(LLVM::LoadOp::create(
            rewriter, hw.loc, rewriter.getI32Type(), access.address(half, at)));
      }
      scf::YieldOp::create(rewriter, hw.loc, loaded);
      rewriter.setInsertionPointToStart(branch.elseBlock());
      SmallVector<Value> zeros(count / 2, hw.i32(0));
      scf::YieldOp::create(rewriter, hw.loc, zeros);
      for (int64_t group = 0; group < count / 2; ++group)
        registers[2 * group + half] = branch.getResult(group);
    }
    rewriter.replaceOpWithMultiple(op, {registers});
    return success();
  }
};

class StoreRowsPattern : public RowPattern<tile::StoreRowsOp> {
public:
  using RowPattern::RowPattern;
  LogicalResult
  matchAndRewrite(tile::StoreRowsOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = kernel.threads.at(op);
    auto tensor = cast<RankedTensorType>(op.getValue().getType());
    bool isRow = tensor.getRank() == 1;
    auto target = cast<MemRefType>(op.getTarget().getType());
    SmallVector<Value> indices = singles(adaptor.getIndices());
    RowAccess access(hw, thread, op.getTarget(), indices,
                     target.getRank() - (isRow ? 1 : 2), adaptor.getLimit()[0]);
    Value column = firstColumn(hw, thread);
    // All four threads of a row have its value: the first one writes it.
    Value writes = arith::CmpIOp::create(
        rewriter, hw.loc, arith::CmpIPredicate::eq, column, hw.i32(0));
    Value from = arith::IndexCastOp::create(rewriter, hw.loc,
                                            rewriter.getIndexType(), column);
    ValueRange registers = adaptor.getValue();
    int64_t groups = registers.size() / 2;
    for (int64_t half : {0, 1}) {
      Value does = access.exists(half);
      if (isRow)
        does = arith::AndIOp::create(rewriter, hw.loc, does, writes);
      auto branch = scf::IfOp::create(rewriter, hw.loc, does,
                                      /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(rewriter);
      rewriter.setInsertionPointToStart(branch.thenBlock());
      for (int64_t group = 0; group < groups; ++group) {
        Value at = isRow ? index(hw, 0) : add(hw, from, index(hw, 8 * group));
        LLVM::StoreOp::create(rewriter, hw.loc, registers[2 * group + half],
                              access.address(half, at));
      }
    }
    rewriter.eraseOp(op);
    return success();
  }
};

class ColumnsPattern : public RowPattern<tile::ColumnsOp> {
public:
  using RowPattern::RowPattern;
  LogicalResult
  matchAndRewrite(tile::ColumnsOp op, OneToN,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    Value first = firstColumn(hw, kernel.threads.at(op));
    SmallVector<Value> registers;
    int64_t count = registersOf(op.getResult().getType()).count;
    for (int64_t e = 0; e < count; ++e)
      registers.push_back(add(hw, first, hw.i32(e / 4 * 8 + e % 2)));
    rewriter.replaceOpWithMultiple(op, {registers});
    return success();
  }
};

class AnyPattern : public RowPattern<tile::AnyOp> {
public:
  using RowPattern::RowPattern;
  LogicalResult
  matchAndRewrite(tile::AnyOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = kernel.threads.at(op);
    ValueRange rows = adaptor.getValue();
    Value mine = arith::OrIOp::create(rewriter, hw.loc, rows[0], rows[1]);
    rewriter.replaceOp(op,
                       hw.anyNamed(thread.barrier, thread.agentThreads, mine));
    return success();
  }
};

template <typename Op, Value (Hopper::*Read)()>
class SpecialPattern : public OpConversionPattern<Op> {
public:
  using OpConversionPattern<Op>::OpConversionPattern;
  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    rewriter.replaceOpWithNewOp<arith::IndexCastOp>(op, rewriter.getIndexType(),
                                                    (hw.*Read)());
    return success();
  }
};

} // namespace

void tessera::populateRowPatterns(const TypeConverter &converter,
                                  const KernelContext &kernel,
                                  RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<AnyPattern, ColumnsPattern, LoadRowsPattern, StoreRowsPattern>(
      converter, context, kernel);
  patterns.add<SpecialPattern<tile::CtaOp, &Hopper::ctaId>,
               SpecialPattern<tile::CtasOp, &Hopper::ctaCount>>(converter,
                                                                context);
}
