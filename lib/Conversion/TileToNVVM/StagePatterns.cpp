// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors between registers and swizzled buffers in shared memory.

#include "Hopper.h"
#include "Registers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tessera;

static Value add(Hopper &hw, Value x, Value y) {
  return arith::AddIOp::create(hw.b, hw.loc, x, y);
}
static Value mul(Hopper &hw, Value x, int64_t y) {
  return arith::MulIOp::create(hw.b, hw.loc, x, hw.i32(y));
}
static Value shift(Hopper &hw, Value x, int64_t bits) {
  return arith::ShRUIOp::create(hw.b, hw.loc, x, hw.i32(bits));
}
static Value mask(Hopper &hw, Value x, int64_t bits) {
  return arith::AndIOp::create(hw.b, hw.loc, x, hw.i32(bits));
}

namespace {

/// Where this lane's rows of a warp's 16 rows lie in a swizzled buffer, four
/// matrices of 8 by 8 at a time: those of rows 0 .. 7 and 8 .. 15, of two
/// pieces of 16 bytes side by side.
class MatrixPlaces {
public:
  /// `rows` of a warp begin at `base`; a panel is `panelBytes` long.
  MatrixPlaces(Hopper &hw, Value lane, Value base, tile::BufferType buffer,
               int64_t panelBytes);

  /// Of the pieces 2 `pair` and 2 `pair` + 1 of a row.
  Value address(int64_t pair);

private:
  Hopper &hw;
  Value row, piece; ///< address of the lane's row; its piece, exchanged
  int64_t piecesPerPanel, panelBytes;
};

} // namespace

MatrixPlaces::MatrixPlaces(Hopper &hw, Value lane, Value base,
                           tile::BufferType buffer, int64_t panelBytes)
    : hw(hw), piecesPerPanel(buffer.getSwizzle() / 16), panelBytes(panelBytes) {
  // Lane l names row l % 16, of the left piece below 16, of the right above.
  Value number = mask(hw, lane, 15);
  row = add(hw, base, mul(hw, number, buffer.getSwizzle()));
  // Within 1024 bytes, piece p of row r lies where r * swizzle / 128 says.
  Value line = shift(hw, number,
                     buffer.getSwizzle() == 128  ? 0
                     : buffer.getSwizzle() == 64 ? 1
                                                 : 2);
  piece = arith::XOrIOp::create(hw.b, hw.loc, shift(hw, lane, 4),
                                mask(hw, line, piecesPerPanel - 1));
}

Value MatrixPlaces::address(int64_t pair) {
  int64_t first = 2 * pair % piecesPerPanel;
  int64_t panel = 2 * pair / piecesPerPanel;
  Value exchanged = arith::XOrIOp::create(hw.b, hw.loc, piece, hw.i32(first));
  return add(hw, add(hw, row, hw.i32(panel * panelBytes)),
             mul(hw, exchanged, 16));
}

Value tessera::rowAddress(Hopper &hw, Value address, tile::BufferType buffer,
                          ValueRange row) {
  if (row.empty())
    return address;
  Value number =
      arith::IndexCastOp::create(hw.b, hw.loc, hw.b.getI32Type(), row[0]);
  return add(hw, address, mul(hw, number, buffer.getSwizzle()));
}

namespace {

template <typename Op>
class StagePattern : public OpConversionPattern<Op> {
public:
  StagePattern(const TypeConverter &converter, MLIRContext *context,
               const KernelContext &kernel)
      : OpConversionPattern<Op>(converter, context), kernel(kernel) {}

protected:
  using OneToN = typename OpConversionPattern<Op>::OneToNOpAdaptor;
  const KernelContext &kernel;
};

class LoadFragmentPattern : public StagePattern<tile::LoadFragmentOp> {
public:
  using StagePattern::StagePattern;
  LogicalResult
  matchAndRewrite(tile::LoadFragmentOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = kernel.threads.at(op);
    tile::BufferType buffer = op.getStage().getType().getBuffer();
    Value base = rowAddress(hw, adaptor.getStage()[kStageBuffer], buffer,
                            op.getRow() ? adaptor.getRow() : ValueRange());
    base = add(hw, base, mul(hw, thread.warp, 16 * buffer.getSwizzle()));
    MatrixPlaces places(hw, thread.lane, base, buffer, buffer.getPanelBytes());
    SmallVector<Value> registers;
    for (int64_t pair = 0; pair < buffer.getColumns() / 16; ++pair)
      registers.append(hw.loadMatrices(places.address(pair)));
    rewriter.replaceOpWithMultiple(op, {registers});
    return success();
  }
};

/// Each warp stores its 16 rows by itself: its part of the staging is a box of
/// the map, panel by panel.
class StoreAsyncPattern : public StagePattern<tile::StoreAsyncOp> {
public:
  using StagePattern::StagePattern;
  LogicalResult
  matchAndRewrite(tile::StoreAsyncOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = kernel.threads.at(op);
    tile::BufferType buffer = op.getStaging().getType().getBuffer();
    int64_t panelBytes = 16 * buffer.getSwizzle();
    int64_t warpBytes = panelBytes * buffer.getPanels();
    Value lane = arith::IndexCastOp::create(
        rewriter, hw.loc, rewriter.getI32Type(), adaptor.getLane()[0]);
    Value base = add(
        hw, kernel.shared,
        hw.i32(kernel.plan.staging
                   .find(op.getStaging().getDefiningOp<tile::MakeStagingOp>())
                   ->second));
    base = add(hw, add(hw, base, mul(hw, lane, buffer.getBytes())),
               mul(hw, thread.warp, warpBytes));
    MatrixPlaces places(hw, thread.lane, base, buffer, panelBytes);
    ValueRange registers = adaptor.getValue();
    int64_t pairs = buffer.getColumns() / 16;
    int64_t parts = op.getValue().getType().getDimSize(1) / buffer.getColumns();
    for (int64_t part = 0; part < parts; ++part) {
      onlyIf(hw, thread.leadsWarp, [&] { hw.waitStoresRead(); });
      hw.syncWarp();
      for (int64_t pair = 0; pair < pairs; ++pair)
        hw.storeMatrices(places.address(pair),
                         registers.slice(4 * (part * pairs + pair), 4));
      hw.fenceCopyEngine();
      hw.syncWarp();
      onlyIf(hw, thread.leadsWarp, [&] {
        Value map = mapAddress(op.getMap());
        SmallVector<Value> at =
            coordinates(hw, adaptor, thread, part * buffer.getPanels());
        if (op.getAdds())
          hw.addTensor(base, map, at);
        else
          hw.storeTensor(base, map, at);
        hw.commitStores();
      });
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// The map's dimensions: column of a panel, token, panel, head, batch.
  static SmallVector<Value> coordinates(Hopper &hw, OneToN adaptor,
                                        const Thread &thread, int64_t panel) {
    auto number = [&](ValueRange index) -> Value {
      return arith::IndexCastOp::create(hw.b, hw.loc, hw.b.getI32Type(),
                                        index[0]);
    };
    Value token = add(hw, number(adaptor.getToken()), mul(hw, thread.warp, 16));
    return {hw.i32(0), token, hw.i32(panel), number(adaptor.getHead()),
            number(adaptor.getBatch())};
  }
};

class StoreWaitPattern : public StagePattern<tile::StoreWaitOp> {
public:
  using StagePattern::StagePattern;
  LogicalResult
  matchAndRewrite(tile::StoreWaitOp op, OneToN,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    onlyIf(hw, kernel.threads.at(op).leadsWarp,
           [&] { hw.waitStoresWritten(); });
    hw.syncWarp();
    rewriter.eraseOp(op);
    return success();
  }
};

class MakeStagingPattern : public StagePattern<tile::MakeStagingOp> {
public:
  using StagePattern::StagePattern;
  LogicalResult
  matchAndRewrite(tile::MakeStagingOp op, OneToN,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithMultiple(op, {ValueRange()});
    return success();
  }
};

} // namespace

void tessera::populateStagePatterns(const TypeConverter &converter,
                                    const KernelContext &kernel,
                                    RewritePatternSet &patterns) {
  patterns.add<LoadFragmentPattern, MakeStagingPattern, StoreAsyncPattern,
               StoreWaitPattern>(converter, patterns.getContext(), kernel);
}
