// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors between registers and swizzled buffers in shared memory.

#include "KernelPattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace tessera;

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
  Value number = hw.bitsOf(lane, 15);
  row = hw.add(base, hw.multiply(number, buffer.getSwizzle()));
  // Within 1024 bytes, piece p of row r lies where r * swizzle / 128 says.
  Value line = hw.shiftRight(number, buffer.getSwizzle() == 128  ? 0
                                     : buffer.getSwizzle() == 64 ? 1
                                                                 : 2);
  piece = arith::XOrIOp::create(hw.b, hw.loc, hw.shiftRight(lane, 4),
                                hw.bitsOf(line, piecesPerPanel - 1));
}

Value MatrixPlaces::address(int64_t pair) {
  int64_t first = 2 * pair % piecesPerPanel;
  int64_t panel = 2 * pair / piecesPerPanel;
  Value exchanged = arith::XOrIOp::create(hw.b, hw.loc, piece, hw.i32(first));
  return hw.add(hw.add(row, hw.i32(panel * panelBytes)),
                hw.multiply(exchanged, 16));
}

Value tessera::rowAddress(Hopper &hw, Value address, tile::BufferType buffer,
                          ValueRange row) {
  if (row.empty())
    return address;
  Value number = hw.i32(row[0]);
  return hw.add(address, hw.multiply(number, buffer.getSwizzle()));
}

namespace {

class LoadFragmentPattern : public KernelPattern<tile::LoadFragmentOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::LoadFragmentOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = threadOf(op);
    tile::BufferType buffer = op.getStage().getType().getBuffer();
    Value base = rowAddress(hw, adaptor.getStage()[kStageBuffer], buffer,
                            op.getRow() ? adaptor.getRow() : ValueRange());
    base = hw.add(base, hw.multiply(thread.warp, 16 * buffer.getSwizzle()));
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
class StoreAsyncPattern : public KernelPattern<tile::StoreAsyncOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::StoreAsyncOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = threadOf(op);
    tile::BufferType buffer = op.getStaging().getType().getBuffer();
    int64_t panelBytes =
        op.getMap().getType().getBoxRows() * buffer.getSwizzle();
    int64_t warpBytes = panelBytes * buffer.getPanels();
    Value lane = hw.i32(adaptor.getLane()[0]);
    Value base = hw.add(
        kernel.shared,
        hw.i32(kernel.plan.staging
                   .find(op.getStaging().getDefiningOp<tile::MakeStagingOp>())
                   ->second));
    base = hw.add(hw.add(base, hw.multiply(lane, buffer.getBytes())),
                  hw.multiply(thread.warp, warpBytes));
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
            coordinates(hw, op, adaptor, thread, part * buffer.getPanels());
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
  static SmallVector<Value> coordinates(Hopper &hw, tile::StoreAsyncOp op,
                                        OneToN adaptor, const Thread &thread,
                                        int64_t panel) {
    int64_t rows = op.getMap().getType().getBoxRows();
    Value token =
        hw.add(hw.i32(adaptor.getToken()[0]), hw.multiply(thread.warp, rows));
    return {hw.i32(0), token, hw.i32(panel), hw.i32(adaptor.getHead()[0]),
            hw.i32(adaptor.getBatch()[0])};
  }
};

class StoreWaitPattern : public KernelPattern<tile::StoreWaitOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::StoreWaitOp op, OneToN,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    onlyIf(hw, threadOf(op).leadsWarp, [&] { hw.waitStoresWritten(); });
    hw.syncWarp();
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void tessera::populateStagePatterns(const TypeConverter &converter,
                                    const KernelContext &kernel,
                                    RewritePatternSet &patterns) {
  patterns.add<LoadFragmentPattern, PlannedPattern<tile::MakeStagingOp>,
               StoreAsyncPattern, StoreWaitPattern>(
      converter, patterns.getContext(), kernel);
}
