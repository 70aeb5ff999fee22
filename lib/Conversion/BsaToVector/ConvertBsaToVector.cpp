// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `convert-bsa-to-vector`: functions over tensors become functions over
// buffers, and every kernel a parallel loop that its recipes fill.

#include "FunctionBuffers.h"
#include "Kernel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
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

static LogicalResult checkSupported(func::FuncOp function) {
  WalkResult supported = function.walk([](Operation *op) {
    return failed(checkSupported(op)) ? WalkResult::interrupt()
                                      : WalkResult::advance();
  });
  if (supported.wasInterrupted())
    return failure();
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

static bool isKernel(Operation &op) {
  return isa<bsa::FusedOp, bsa::PartitionOp, bsa::UnpartitionOp>(op) ||
         op.hasTrait<bsa::QueryBlockwise>();
}

/// One parallel loop over the grid, and in it the recipe of the op, or one
/// after another those of the ops it fuses.
static void lowerKernel(Operation &op, FunctionBuffers &memory,
                        OpBuilder &builder, const TilePlan &plan) {
  for (Value result : op.getResults())
    memory.bindResult(result);
  SmallVector<Operation *> stages = {&op};
  if (auto fused = dyn_cast<bsa::FusedOp>(op)) {
    stages.clear();
    for (Operation &stage : fused.getBody().front().without_terminator())
      stages.push_back(&stage);
    memory.bindYielded(fused);
  }
  auto extent = [&](Operation *op, StringRef symbol) {
    return memory.extentOf(op, symbol);
  };
  SmallVector<Value> ends, zeros(3, memory.index(0)), ones(3, memory.index(1));
  for (StringRef symbol : gridOf(stages.front()))
    ends.push_back(extent(stages.front(), symbol));
  auto loop = scf::ParallelOp::create(builder, op.getLoc(), zeros, ends, ones);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(loop.getBody()->getTerminator());
  Emitter emitter(builder, op.getLoc(), plan);
  Kernel kernel(emitter, memory.buffers, extent, loop.getInductionVars());
  for (Operation *stage : stages)
    emitRecipe(kernel, *stage);
  kernel.finish();
}

//===----------------------------------------------------------------------===//
// One function
//===----------------------------------------------------------------------===//

namespace {

class FunctionLowering {
public:
  FunctionLowering(func::FuncOp source, TilePlan plan)
      : source(source), plan(plan), builder(source.getContext()),
        memory(source, builder) {}
  LogicalResult run();

private:
  LogicalResult lower(Operation &op);
  LogicalResult lowerScalar(Operation &op);

  func::FuncOp source;
  TilePlan plan;
  OpBuilder builder;
  FunctionBuffers memory;
};

} // namespace

LogicalResult FunctionLowering::lower(Operation &op) {
  if (isKernel(op))
    return lowerKernel(op, memory, builder, plan), success();
  if (auto lists = dyn_cast<bsa::MapFromListsOp>(op))
    return memory.lowerMapFromLists(lists), success();
  if (auto map = dyn_cast<bsa::MapToListsOp>(op))
    return memory.lowerMapToLists(map), success();
  if (auto cast = dyn_cast<tensor::CastOp>(op);
      cast && isa<RankedTensorType>(cast.getType()))
    return memory.lowerCast(cast), success();
  if (auto end = dyn_cast<func::ReturnOp>(op))
    return memory.lowerReturn(end), success();
  return lowerScalar(op);
}

LogicalResult FunctionLowering::lowerScalar(Operation &op) {
  auto &scalars = memory.buffers.scalars;
  bool scalar = op.getNumRegions() == 0 && isMemoryEffectFree(&op) &&
                llvm::all_of(op.getOperands(), [&](Value operand) {
                  return scalars.contains(operand);
                });
  if (!scalar)
    return op.emitOpError()
           << "works on tensors outside the `bsa` dialect; a function compiled "
              "for the host holds bsa ops, tensor.cast and scalar arithmetic";
  IRMapping mapping;
  for (Value operand : op.getOperands())
    mapping.map(operand, scalars.lookup(operand));
  Operation *copy = builder.clone(op, mapping);
  for (auto [from, to] : llvm::zip(op.getResults(), copy->getResults()))
    scalars[from] = to;
  return success();
}

LogicalResult FunctionLowering::run() {
  if (failed(checkSupported(source)))
    return failure();
  func::FuncOp target = memory.createTarget();
  for (Operation &op : source.getBody().front())
    if (failed(lower(op))) {
      target.erase();
      return failure();
    }
  source.erase();
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
    TilePlan plan{lanes, tileRows, tileVectors};
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (!function.isExternal() && takesTensors(function) &&
          failed(FunctionLowering(function, plan).run()))
        return signalPassFailure();
  }
};
} // namespace
