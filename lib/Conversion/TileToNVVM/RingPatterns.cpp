// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rings as shared memory and mbarriers, and the products that read their
// stages.

#include "KernelPattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera;

namespace {

/// Where a stage lies, and its two barriers.
struct StagePlace {
  Value buffer, full, empty, notes;
};

/// Takes the stage that a role has come to in a lane of a ring, and moves on.
class RingCursor {
public:
  RingCursor(Hopper &hw, const KernelContext &kernel, Operation *op, Value ring,
             Value lane)
      : hw(hw), kernel(kernel), state(kernel.states.at(op)),
        ring(ring.getDefiningOp<tile::MakeRingOp>()),
        type(cast<tile::RingType>(ring.getType())), lane(lane),
        position(load(state.position)) {}

  StagePlace place();
  /// Of the phase in which the stage can be taken.
  Value parity();
  void advance();

private:
  Value load(Value variable) {
    return LLVM::LoadOp::create(hw.b, hw.loc, hw.b.getI32Type(), variable);
  }
  Value scaled(Value number, int64_t bytes, int64_t start) {
    Value offset = hw.multiply(number, bytes);
    Value base = hw.add(kernel.shared, hw.i32(start));
    return hw.add(base, offset);
  }
  Value stage();

  Hopper &hw;
  const KernelContext &kernel;
  RingState state;
  tile::MakeRingOp ring;
  tile::RingType type;
  Value lane, position;
};

} // namespace

/// A power of two of stages: the position counts all fillings.
Value RingCursor::stage() {
  if (state.parity)
    return position;
  return hw.bitsOf(position, type.getStages() - 1);
}

Value RingCursor::parity() {
  if (state.parity)
    return load(state.parity);
  Value round = hw.shiftRight(position, llvm::Log2_64(type.getStages()));
  return hw.bitsOf(round, 1);
}

StagePlace RingCursor::place() {
  const RingPlan &plan = kernel.plan.rings.find(ring)->second;
  Value laneNumber = hw.i32(lane);
  Value first = hw.multiply(laneNumber, type.getStages());
  Value number = hw.add(first, stage());
  StagePlace place;
  place.full = scaled(number, 16, plan.barriers);
  place.empty = hw.add(place.full, hw.i32(8));
  place.notes = scaled(number, 4 * plan.notesPerStage, plan.notes);
  int64_t bytes = type.getBuffer() ? type.getBuffer().getBytes() : 0;
  place.buffer = scaled(number, llvm::alignTo(bytes, 1024), plan.buffers);
  return place;
}

void RingCursor::advance() {
  Value next = hw.add(position, hw.i32(1));
  if (!state.parity) {
    LLVM::StoreOp::create(hw.b, hw.loc, next, state.position);
    return;
  }
  Value wraps = arith::CmpIOp::create(hw.b, hw.loc, arith::CmpIPredicate::eq,
                                      next, hw.i32(type.getStages()));
  Value stage = arith::SelectOp::create(hw.b, hw.loc, wraps, hw.i32(0), next);
  Value flip = arith::ExtUIOp::create(hw.b, hw.loc, hw.b.getI32Type(), wraps);
  Value parity = arith::XOrIOp::create(hw.b, hw.loc, load(state.parity), flip);
  LLVM::StoreOp::create(hw.b, hw.loc, stage, state.position);
  LLVM::StoreOp::create(hw.b, hw.loc, parity, state.parity);
}

static Value noteAddress(Hopper &hw, Value notes, int64_t number) {
  return hw.add(notes, hw.i32(4 * number));
}

namespace {

class AcquirePattern : public KernelPattern<tile::AcquireOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::AcquireOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    RingCursor cursor(hw, kernel, op, op.getRing(), adaptor.getLane()[0]);
    StagePlace place = cursor.place();
    Value parity = cursor.parity();
    onlyIf(hw, threadOf(op).leads, [&] {
      hw.wait(place.empty, parity);
      for (auto [at, note] : llvm::enumerate(adaptor.getNotes()))
        hw.storeShared(noteAddress(hw, place.notes, at), note[0]);
    });
    cursor.advance();
    rewriter.replaceOpWithMultiple(op,
                                   {{place.buffer, place.full, place.notes}});
    return success();
  }
};

class LoadPattern : public KernelPattern<tile::LoadOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::LoadOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    // The map's dimensions: column of a panel, token, panel, head, batch.
    SmallVector<Value> at{hw.i32(0), hw.i32(adaptor.getToken()[0]), hw.i32(0),
                          hw.i32(adaptor.getHead()[0]),
                          hw.i32(adaptor.getBatch()[0])};
    Value map = mapAddress(op.getMap());
    ValueRange stage = adaptor.getStage();
    onlyIf(hw, threadOf(op).leads, [&] {
      hw.arriveExpecting(stage[kStageBarrier],
                         op.getMap().getType().getTile().getBytes());
      hw.loadTensor(stage[kStageBuffer], map, at, stage[kStageBarrier]);
    });
    rewriter.eraseOp(op);
    return success();
  }
};

class CommitPattern : public KernelPattern<tile::CommitOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::CommitOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = threadOf(op);
    // What the agent wrote to global memory is there for the readers.
    if (thread.agentThreads > kWarpThreads)
      hw.syncNamed(thread.barrier, thread.agentThreads);
    else if (thread.agentThreads > 1)
      hw.syncWarp();
    onlyIf(hw, thread.leads,
           [&] { hw.arrive(adaptor.getStage()[kStageBarrier]); });
    rewriter.eraseOp(op);
    return success();
  }
};

class WaitPattern : public KernelPattern<tile::WaitOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::WaitOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    RingCursor cursor(hw, kernel, op, op.getRing(), adaptor.getLane()[0]);
    StagePlace place = cursor.place();
    hw.wait(place.full, cursor.parity());
    cursor.advance();
    rewriter.replaceOpWithMultiple(op,
                                   {{place.buffer, place.empty, place.notes}});
    return success();
  }
};

class NotePattern : public KernelPattern<tile::NoteOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::NoteOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    Value note = hw.loadShared(
        noteAddress(hw, adaptor.getStage()[kStageNotes], op.getNumber()));
    // A stage without a buffer steers its agent: loops run as often as it says,
    // and what they carry stays in uniform registers if the assembler knows
    // that all threads agree.
    bool steers = !op.getStage().getType().getBuffer();
    if (steers && threadOf(op).agentThreads > 1)
      note = hw.uniform(note);
    rewriter.replaceOp(op, note);
    return success();
  }
};

/// Every warp of the agent arrives, once all its lanes have come so far.
class ReleasePattern : public KernelPattern<tile::ReleaseOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::ReleaseOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    const Thread &thread = threadOf(op);
    Value barrier = adaptor.getStage()[kStageBarrier];
    SmallVector<Value> loaded = loadedRegisters(adaptor);
    auto arrive = [&] {
      loaded.empty() ? hw.arrive(barrier) : hw.arriveAfter(barrier, loaded);
    };
    // What a thread has read before, the copy engine may then overwrite.
    if (op.getFenced())
      hw.fenceCopyEngine();
    if (kernel.threadReleases || thread.agentThreads == 1) {
      arrive();
    } else {
      hw.syncWarp();
      onlyIf(hw, thread.leadsWarp, arrive);
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// One of each load, which fills all its registers at once: waiting is for a
  /// warp, whichever of its threads does.
  static SmallVector<Value> loadedRegisters(OneToN adaptor) {
    constexpr size_t kRegistersOfLoad = 4; // ldmatrix.x4
    SmallVector<Value> loaded;
    for (ValueRange registers : adaptor.getReads())
      for (size_t index = 0; index < registers.size();
           index += kRegistersOfLoad)
        loaded.push_back(registers[index]);
    return loaded;
  }
};

class MmaPattern : public KernelPattern<tile::MmaOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::MmaOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Hopper hw(rewriter, op.getLoc());
    tile::BufferType right = op.getRight().getType().getBuffer();
    tile::BufferType left;
    if (auto stage = dyn_cast<tile::FullStageType>(op.getLeft().getType()))
      left = stage.getBuffer();
    Hopper::Product product{op.getProduct().getType().getTensor().getDimSize(1),
                            op.getTransposed() ? right.getColumns()
                                               : right.getRows(),
                            right.getElement(),
                            op.getTransposed(),
                            right,
                            left};
    ValueRange accumulators =
        op.getAccumulator() ? adaptor.getAccumulator() : ValueRange();
    SmallVector<Value> leftValues(adaptor.getLeft());
    if (left)
      leftValues = {rowAddress(hw, adaptor.getLeft()[kStageBuffer], left,
                               op.getRow() ? adaptor.getRow() : ValueRange())};
    rewriter.replaceOpWithMultiple(
        op, {hw.multiply(product, leftValues, adaptor.getRight()[kStageBuffer],
                         accumulators)});
    return success();
  }
};

class MmaWaitPattern : public KernelPattern<tile::MmaWaitOp> {
public:
  using KernelPattern::KernelPattern;
  LogicalResult
  matchAndRewrite(tile::MmaWaitOp op, OneToN adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    // Products finish in the order they were started.
    int64_t later = 0;
    Operation *product = op.getProduct().getDefiningOp();
    for (Operation *between = product->getNextNode(); between != op;
         between = between->getNextNode())
      later += isa<tile::MmaOp>(between);
    Hopper hw(rewriter, op.getLoc());
    rewriter.replaceOpWithMultiple(
        op, {hw.waitProducts(adaptor.getProduct(), later)});
    return success();
  }
};

} // namespace

void tessera::populateRingPatterns(const TypeConverter &converter,
                                   const KernelContext &kernel,
                                   RewritePatternSet &patterns) {
  patterns.add<AcquirePattern, CommitPattern, LoadPattern,
               PlannedPattern<tile::MakeRingOp>, MmaPattern, MmaWaitPattern,
               NotePattern, ReleasePattern, WaitPattern>(
      converter, patterns.getContext(), kernel);
}
