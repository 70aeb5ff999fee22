// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `convert-bsa-to-vector`: functions over tensors become functions over
// buffers, and every kernel a parallel loop that its recipes fill.

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

//===----------------------------------------------------------------------===//
// One function
//===----------------------------------------------------------------------===//

namespace {

class FunctionLowering {
public:
  FunctionLowering(func::FuncOp source, TilePlan plan)
      : source(source), plan(plan), contract(source),
        builder(source.getContext()) {}
  LogicalResult run();

private:
  func::FuncOp createTarget();
  void bindDestination(Value value, Value buffer);
  LogicalResult lower(Operation &op);
  LogicalResult lowerKernel(Operation &op);
  void lowerMapFromLists(bsa::MapFromListsOp op);
  void lowerMapToLists(bsa::MapToListsOp op);
  void lowerReturn(func::ReturnOp op);
  void bindResult(Value result);
  void bindMap(Value map);
  Value allocate(RankedTensorType type, ArrayRef<Value> extents);
  Value extentOf(bsa::DimClass dim);
  Value extentOf(Operation *op, StringRef symbol) {
    return extentOf(contract.symbolOf(op, symbol));
  }
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(builder, source.getLoc(), value);
  }

  func::FuncOp source;
  TilePlan plan;
  bsa::FunctionContract contract;
  OpBuilder builder;
  Block *body = nullptr;
  Buffers buffers;
  llvm::DenseMap<bsa::DimClass, Value> extents;
  SmallVector<Value> temporaries;
};

} // namespace

func::FuncOp FunctionLowering::createTarget() {
  SmallVector<Type> types;
  auto append = [&](TypeRange range) {
    for (Type type : range) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      types.push_back(tensor ? Type(bufferType(tensor)) : type);
    }
  };
  append(source.getArgumentTypes());
  append(source.getResultTypes());
  builder.setInsertionPoint(source);
  auto target = func::FuncOp::create(builder, source.getLoc(), source.getName(),
                                     builder.getFunctionType(types, {}));
  target.setVisibility(source.getVisibility());
  body = target.addEntryBlock();
  builder.setInsertionPointToStart(body);
  for (BlockArgument argument : source.getArguments()) {
    Value replacement = body->getArgument(argument.getArgNumber());
    (isa<RankedTensorType>(argument.getType()) ? buffers.tensors
                                               : buffers.scalars)[argument] =
        replacement;
  }
  return target;
}

/// Lets the op that makes `value` write straight to a result's buffer, where it
/// is the only one to ask.
void FunctionLowering::bindDestination(Value value, Value buffer) {
  if (buffers.tensors.contains(value) || isa<BlockArgument>(value))
    return;
  auto lists = value.getDefiningOp<bsa::MapToListsOp>();
  if (!lists) {
    buffers.tensors[value] = buffer;
    return;
  }
  Operation *maker = lists.getMap().getDefiningOp();
  if (!isa_and_nonnull<bsa::SelectOp, bsa::FusedOp>(maker))
    return;
  MapBuffer &map = buffers.maps[lists.getMap()];
  Value &part = value == lists.getIndex() ? map.index : map.count;
  if (!part)
    part = buffer;
}

Value FunctionLowering::extentOf(bsa::DimClass dim) {
  Value &extent = extents[dim];
  if (extent)
    return extent;
  OpBuilder::InsertionGuard guard(builder);
  // Extents depend on arguments alone; at the start they serve everybody.
  builder.setInsertionPointToStart(body);
  auto read = [&](BlockArgument argument, int64_t index) -> Value {
    return memref::DimOp::create(builder, source.getLoc(),
                                 buffers.tensors.lookup(argument), index);
  };
  auto scalarAtStart = [&](Value scalar) -> Value {
    if (Value known = buffers.scalars.lookup(scalar);
        known && isa<BlockArgument>(known))
      return known;
    return builder.clone(*scalar.getDefiningOp())->getResult(0);
  };
  Value result = contract.materialize(builder, source.getLoc(), dim,
                                      {read, scalarAtStart});
  return extents[dim] = result;
}

Value FunctionLowering::allocate(RankedTensorType type,
                                 ArrayRef<Value> extents) {
  SmallVector<Value> dynamic;
  for (auto [dim, extent] : llvm::enumerate(extents))
    if (type.isDynamicDim(dim))
      dynamic.push_back(extent);
  Value memory = memref::AllocOp::create(
      builder, source.getLoc(),
      MemRefType::get(type.getShape(), type.getElementType()), dynamic,
      builder.getI64IntegerAttr(64));
  temporaries.push_back(memory);
  return memref::CastOp::create(builder, source.getLoc(), bufferType(type),
                                memory);
}

/// Gives a kernel's result memory, unless a destination is bound.
void FunctionLowering::bindResult(Value result) {
  if (isa<bsa::BlockMapType>(result.getType()))
    return bindMap(result);
  if (buffers.tensors.contains(result))
    return;
  auto type = cast<RankedTensorType>(result.getType());
  SmallVector<Value> dims;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    dims.push_back(extentOf(*contract.dimOf(result, dim)));
  buffers.tensors[result] = allocate(type, dims);
}

void FunctionLowering::bindMap(Value map) {
  auto type = cast<bsa::BlockMapType>(map.getType());
  SmallVector<Value> dims;
  for (int64_t dim = 0; dim < 3; ++dim)
    dims.push_back(extentOf(*contract.dimOf(map, dim)));
  SmallVector<int64_t> shape(3, ShapedType::kDynamic);
  MapBuffer buffer = buffers.maps.lookup(map);
  if (!buffer.count)
    buffer.count =
        allocate(RankedTensorType::get(shape, builder.getI32Type()), dims);
  shape.push_back(type.getCapacity());
  if (!buffer.index)
    buffer.index = allocate(RankedTensorType::get(shape, builder.getI32Type()),
                            {dims[0], dims[1], dims[2], Value()});
  buffers.maps[map] = buffer;
}

void FunctionLowering::lowerMapFromLists(bsa::MapFromListsOp op) {
  MapBuffer buffer;
  buffer.index = buffers.tensors.lookup(op.getIndex());
  Value count = op.getCount();
  if (!count)
    buffer.fixedCount = index(op.getMap().getType().getCapacity());
  else if (isa<RankedTensorType>(count.getType()))
    buffer.count = buffers.tensors.lookup(count);
  else
    buffer.fixedCount =
        arith::IndexCastOp::create(builder, op.getLoc(), builder.getIndexType(),
                                   buffers.scalars.lookup(count));
  buffers.maps[op.getMap()] = buffer;
}

/// The lists are the map's memory itself; one number for all is written out.
void FunctionLowering::lowerMapToLists(bsa::MapToListsOp op) {
  MapBuffer buffer = buffers.maps.lookup(op.getMap());
  buffers.tensors[op.getIndex()] = buffer.index;
  if (!buffer.fixedCount) {
    buffers.tensors[op.getCount()] = buffer.count;
    return;
  }
  SmallVector<Value> dims;
  for (int64_t dim = 0; dim < 3; ++dim)
    dims.push_back(extentOf(*contract.dimOf(op.getMap(), dim)));
  Value counts = allocate(op.getCount().getType(), dims);
  Value zero = index(0), one = index(1);
  Value number = arith::IndexCastOp::create(
      builder, op.getLoc(), builder.getI32Type(), buffer.fixedCount);
  scf::buildLoopNest(builder, op.getLoc(), {zero, zero, zero}, dims,
                     {one, one, one},
                     [&](OpBuilder &b, Location loc, ValueRange at) {
                       memref::StoreOp::create(b, loc, number, counts, at);
                     });
  buffers.tensors[op.getCount()] = counts;
}

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

LogicalResult FunctionLowering::lowerKernel(Operation &op) {
  for (Value result : op.getResults())
    bindResult(result);
  SmallVector<Operation *> stages = {&op};
  if (auto fused = dyn_cast<bsa::FusedOp>(op)) {
    stages.clear();
    for (Operation &stage : fused.getBody().front().without_terminator())
      stages.push_back(&stage);
    for (OpResult result : fused.getResults()) {
      Value inner = fused.getYielded(result.getResultNumber());
      if (isa<bsa::BlockMapType>(inner.getType()))
        buffers.maps[inner] = buffers.maps.lookup(result);
      else
        buffers.tensors[inner] = buffers.tensors.lookup(result);
    }
  }
  auto extent = [&](Operation *op, StringRef symbol) {
    return extentOf(op, symbol);
  };
  SmallVector<Value> ends, zeros(3, index(0)), ones(3, index(1));
  for (StringRef symbol : gridOf(stages.front()))
    ends.push_back(extentOf(stages.front(), symbol));
  auto loop = scf::ParallelOp::create(builder, op.getLoc(), zeros, ends, ones);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(loop.getBody()->getTerminator());
  Emitter emitter(builder, op.getLoc(), plan);
  Kernel kernel(emitter, buffers, extent, loop.getInductionVars());
  for (Operation *stage : stages)
    emitRecipe(kernel, *stage);
  kernel.finish();
  return success();
}

void FunctionLowering::lowerReturn(func::ReturnOp op) {
  unsigned first = source.getNumArguments();
  for (auto [index, value] : llvm::enumerate(op.getOperands())) {
    Value target = body->getArgument(first + index);
    Value made = buffers.tensors.lookup(value);
    if (made != target)
      memref::CopyOp::create(builder, op.getLoc(), made, target);
  }
  for (Value memory : temporaries)
    memref::DeallocOp::create(builder, op.getLoc(), memory);
  func::ReturnOp::create(builder, op.getLoc());
}

LogicalResult FunctionLowering::lower(Operation &op) {
  if (auto lists = dyn_cast<bsa::MapFromListsOp>(op))
    return lowerMapFromLists(lists), success();
  if (auto map = dyn_cast<bsa::MapToListsOp>(op))
    return lowerMapToLists(map), success();
  if (auto end = dyn_cast<func::ReturnOp>(op))
    return lowerReturn(end), success();
  if (isa<bsa::FusedOp, bsa::PartitionOp, bsa::UnpartitionOp>(op) ||
      op.hasTrait<bsa::QueryBlockwise>())
    return lowerKernel(op);
  if (auto cast = dyn_cast<tensor::CastOp>(op)) {
    auto type = llvm::dyn_cast<RankedTensorType>(cast.getType());
    if (type) {
      buffers.tensors[cast.getResult()] =
          memref::CastOp::create(builder, op.getLoc(), bufferType(type),
                                 buffers.tensors.lookup(cast.getSource()));
      return success();
    }
  }
  bool scalar = op.getNumRegions() == 0 && isMemoryEffectFree(&op) &&
                llvm::all_of(op.getOperands(), [&](Value operand) {
                  return buffers.scalars.contains(operand);
                });
  if (!scalar)
    return op.emitOpError()
           << "works on tensors outside the `bsa` dialect; a function compiled "
              "for the host holds bsa ops, tensor.cast and scalar arithmetic";
  IRMapping mapping;
  for (Value operand : op.getOperands())
    mapping.map(operand, buffers.scalars.lookup(operand));
  Operation *copy = builder.clone(op, mapping);
  for (auto [from, to] : llvm::zip(op.getResults(), copy->getResults()))
    buffers.scalars[from] = to;
  return success();
}

LogicalResult FunctionLowering::run() {
  WalkResult supported = source.walk([](Operation *op) {
    return failed(checkSupported(op)) ? WalkResult::interrupt()
                                      : WalkResult::advance();
  });
  if (supported.wasInterrupted())
    return failure();
  for (Type type : llvm::concat<const Type>(source.getArgumentTypes(),
                                            source.getResultTypes()))
    if (isa<bsa::BlockMapType>(type))
      return source.emitError()
             << "function '" << source.getName()
             << "' passes a block map across its border; pass lists and use "
                "bsa.map_from_lists and bsa.map_to_lists inside";
  if (!llvm::hasSingleElement(source.getBody()))
    return source.emitError() << "function '" << source.getName()
                              << "' has control flow; keep it to one block";
  func::FuncOp target = createTarget();
  Block &block = source.getBody().front();
  for (auto [index, value] :
       llvm::enumerate(block.getTerminator()->getOperands()))
    bindDestination(value,
                    target.getArgument(source.getNumArguments() + index));
  for (Operation &op : block)
    if (failed(lower(op))) {
      target.erase();
      return failure();
    }
  source.erase();
  return success();
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
      if (!function.isExternal() &&
          failed(FunctionLowering(function, plan).run()))
        return signalPassFailure();
  }
};
} // namespace
