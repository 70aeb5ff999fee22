// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `convert-bsa-to-vector`: functions over tensors become functions over
// buffers, and every kernel a parallel loop that its recipes fill.

#include "Kernel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "tessera/Conversion/BsaToBuffers/LowerToBuffers.h"
#include "tessera/Conversion/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace tessera {
#define GEN_PASS_DEF_CONVERTBSATOVECTORPASS
#include "tessera/Conversion/Passes.h.inc"
} // namespace tessera

using namespace mlir;
using namespace tessera;

//===----------------------------------------------------------------------===//
// What the host supports
//===----------------------------------------------------------------------===//

static LogicalResult checkMultipleOf8(Operation *op, StringRef what,
                                      int64_t value, int64_t least) {
  if (value >= least && value <= 256 && value % 8 == 0)
    return success();
  return op->emitOpError() << "has " << what << " " << value
                           << "; the host supports multiples of 8 from "
                           << least << " to 256";
}

static LogicalResult checkFeatures(Operation *op, Value tensor) {
  int64_t features = cast<RankedTensorType>(tensor.getType()).getDimSize(3);
  if (ShapedType::isDynamic(features))
    return op->emitOpError() << "has a dynamic head dimension; make the last "
                                "dimension of its tensors static";
  return checkMultipleOf8(op, "head dimension", features, 32);
}

static LogicalResult checkSupported(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([](bsa::AttentionOp op) {
        return op.emitOpError() << "is still whole; run bsa-expand first";
      })
      .Case([](bsa::PoolOp op) {
        return success(
            succeeded(checkFeatures(op, op.getInputs().front())) &&
            succeeded(checkMultipleOf8(op, "block", op.getBlock(), 8)));
      })
      .Case([](bsa::CoarseOp op) { return checkFeatures(op, op.getQuery()); })
      .Case([](bsa::AttendOp op) {
        bsa::BlockMapType map = op.getMap().getType();
        return success(
            succeeded(checkFeatures(op, op.getQuery())) &&
            succeeded(
                checkMultipleOf8(op, "query block", map.getQueryBlock(), 8)) &&
            succeeded(checkMultipleOf8(op, "key block", map.getKeyBlock(), 8)));
      })
      .Case([](bsa::CombineOp op) { return checkFeatures(op, op.getFine()); })
      .Case<bsa::PartitionOp, bsa::UnpartitionOp>(
          [](auto op) { return checkFeatures(op, op.getInput()); })
      .Default([](Operation *) { return success(); });
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// The grid (batch, head, block) of an op by the names of its symbols.
static std::array<StringRef, 3> gridOf(Operation *op) {
  if (isa<bsa::PoolOp, bsa::PartitionOp, bsa::UnpartitionOp>(op))
    return {"B", "H", "N"};
  return {"B", "H", "Nq"};
}

static void emitRecipe(Kernel &kernel, Operation &op) {
  llvm::TypeSwitch<Operation *>(&op)
      .Case([&](bsa::PoolOp op) { emitPool(kernel, op); })
      .Case([&](bsa::CoarseOp op) { emitCoarse(kernel, op); })
      .Case([&](bsa::SelectOp op) { emitSelect(kernel, op); })
      .Case([&](bsa::AttendOp op) { emitAttend(kernel, op); })
      .Case([&](bsa::CombineOp op) { emitCombine(kernel, op); })
      .Case([&](bsa::PartitionOp op) { emitPartition(kernel, op); })
      .Case([&](bsa::UnpartitionOp op) { emitUnpartition(kernel, op); });
}

namespace {

class HostTarget : public BufferTarget {
public:
  explicit HostTarget(TilePlan plan) : plan(plan) {}

  StringRef name() const override { return "the host"; }
  LogicalResult check(Operation *op) override { return checkSupported(op); }
  LogicalResult lower(Operation &op, FunctionBuffers &memory) override;

private:
  TilePlan plan;
};

} // namespace

/// One parallel loop over the grid, and in it the recipe of the op, or one
/// after another those of the ops it fuses.
LogicalResult HostTarget::lower(Operation &op, FunctionBuffers &memory) {
  SmallVector<Operation *> stages = {&op};
  if (auto fused = dyn_cast<bsa::FusedOp>(op)) {
    stages.clear();
    for (Operation &stage : fused.getBody().front().without_terminator())
      stages.push_back(&stage);
  }
  auto extent = [&](Operation *op, StringRef symbol) {
    return memory.extentOf(op, symbol);
  };
  SmallVector<Value> ends, zeros(3, memory.index(0)), ones(3, memory.index(1));
  for (StringRef symbol : gridOf(stages.front()))
    ends.push_back(extent(stages.front(), symbol));
  OpBuilder &builder = memory.getBuilder();
  auto loop = scf::ParallelOp::create(builder, op.getLoc(), zeros, ends, ones);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(loop.getBody()->getTerminator());
  Emitter emitter(builder, op.getLoc(), plan);
  Kernel kernel(emitter, memory.buffers, extent, loop.getInductionVars());
  for (Operation *stage : stages)
    emitRecipe(kernel, *stage);
  kernel.finish();
  return success();
}

/// Whether there is something to lower: functions over buffers and scalars
/// alone stay as they are.
static bool takesTensors(func::FuncOp function) {
  return llvm::any_of(
      llvm::concat<const Type>(function.getArgumentTypes(),
                               function.getResultTypes()),
      [](Type type) { return isa<TensorType, bsa::BlockMapType>(type); });
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct ConvertBsaToVector
    : tessera::impl::ConvertBsaToVectorPassBase<ConvertBsaToVector> {
  using Base::Base;

  void runOnOperation() override {
    if ((lanes != 8 && lanes != 16) || tileRows < 1 || 8 % tileRows != 0 ||
        tileVectors < 1) {
      getOperation().emitError()
          << "register tile of " << tileRows << " rows by " << tileVectors
          << " vectors of " << lanes
          << " lanes; use 8 or 16 lanes, 1, 2, 4 or 8 rows, and one vector or "
             "more";
      return signalPassFailure();
    }
    HostTarget target({lanes, tileRows, tileVectors});
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (!function.isExternal() && takesTensors(function) &&
          failed(lowerToBuffers(function, target)))
        return signalPassFailure();
  }
};
} // namespace
