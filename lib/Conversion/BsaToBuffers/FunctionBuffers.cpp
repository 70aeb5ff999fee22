// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "tessera/Conversion/BsaToBuffers/FunctionBuffers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace tessera;

MemRefType tessera::bufferType(ArrayRef<int64_t> shape, Type element) {
  SmallVector<int64_t> strides(shape.size(), ShapedType::kDynamic);
  if (!strides.empty())
    strides.back() = 1;
  auto layout = StridedLayoutAttr::get(element.getContext(),
                                       ShapedType::kDynamic, strides);
  return MemRefType::get(shape, element, layout);
}

//===----------------------------------------------------------------------===//
// The border of a function
//===----------------------------------------------------------------------===//

func::FuncOp FunctionBuffers::createTarget() {
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
  nameArguments();
  builder.setInsertionPointToStart(body);
  for (BlockArgument argument : source.getArguments()) {
    Value replacement = body->getArgument(argument.getArgNumber());
    (isa<RankedTensorType>(argument.getType()) ? buffers.tensors
                                               : buffers.scalars)[argument] =
        replacement;
  }
  Operation *end = source.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(end->getOperands()))
    bindDestination(value, body->getArgument(source.getNumArguments() + index));
  return target;
}

/// As the caller knows them, for whoever reads the function.
void FunctionBuffers::nameArguments() {
  unsigned inputs = source.getNumArguments();
  for (BlockArgument argument : body->getArguments()) {
    unsigned number = argument.getArgNumber();
    StringRef attribute = "bsa.name";
    auto name = dyn_cast_or_null<StringAttr>(
        number < inputs ? source.getArgAttr(number, attribute)
                        : source.getResultAttr(number - inputs, attribute));
    if (name)
      argument.setLoc(NameLoc::get(name, argument.getLoc()));
  }
}

/// Lets the op that makes `value` write straight to a result's buffer, where it
/// is the only one to ask.
void FunctionBuffers::bindDestination(Value value, Value buffer) {
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

void FunctionBuffers::lowerReturn(func::ReturnOp op, bool freesTemporaries) {
  unsigned first = source.getNumArguments();
  for (auto [index, value] : llvm::enumerate(op.getOperands())) {
    Value target = body->getArgument(first + index);
    Value made = buffers.tensors.lookup(value);
    if (made != target)
      memref::CopyOp::create(builder, op.getLoc(), made, target);
  }
  if (freesTemporaries)
    for (Value memory : temporaries)
      memref::DeallocOp::create(builder, op.getLoc(), memory);
  func::ReturnOp::create(builder, op.getLoc());
}

//===----------------------------------------------------------------------===//
// Memory inside
//===----------------------------------------------------------------------===//

Value FunctionBuffers::allocate(RankedTensorType type,
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

void FunctionBuffers::bindResult(Value result) {
  if (isa<bsa::BlockMapType>(result.getType()))
    return bindMap(result);
  if (buffers.tensors.contains(result))
    return;
  auto type = cast<RankedTensorType>(result.getType());
  buffers.tensors[result] = allocate(type, extentsOf(result, type.getRank()));
}

void FunctionBuffers::bindYielded(bsa::FusedOp op) {
  for (OpResult result : op->getResults()) {
    Value inner = op.getYielded(result.getResultNumber());
    if (isa<bsa::BlockMapType>(inner.getType()))
      buffers.maps[inner] = buffers.maps.lookup(result);
    else
      buffers.tensors[inner] = buffers.tensors.lookup(result);
  }
}

void FunctionBuffers::bindMap(Value map) {
  auto type = cast<bsa::BlockMapType>(map.getType());
  SmallVector<Value> dims = extentsOf(map, 3);
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

SmallVector<Value> FunctionBuffers::extentsOf(Value value, int64_t count) {
  SmallVector<Value> result;
  for (int64_t dim = 0; dim < count; ++dim)
    result.push_back(extentOf(*contract.dimOf(value, dim)));
  return result;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

// Extents and scalars are computed from arguments and from one another, never
// from what a tensor holds. So they stand before all steps, each behind those
// that it needs, whatever their order in the source.

Value FunctionBuffers::writeNumber(
    llvm::function_ref<Value(OpBuilder &)> write) {
  OpBuilder::InsertionGuard guard(builder);
  if (lastNumber)
    builder.setInsertionPointAfter(lastNumber);
  else
    builder.setInsertionPointToStart(body);
  Value number = write(builder);
  if (Operation *written = number.getDefiningOp();
      written && written->getBlock() == body &&
      (!lastNumber || lastNumber->isBeforeInBlock(written)))
    lastNumber = written;
  return number;
}

Value FunctionBuffers::extentOf(bsa::DimClass dim) {
  if (Value known = extents.lookup(dim))
    return known;
  auto read = [&](BlockArgument argument, int64_t index) {
    return writeNumber([&](OpBuilder &b) -> Value {
      return memref::DimOp::create(b, source.getLoc(),
                                   buffers.tensors.lookup(argument), index);
    });
  };
  auto scalar = [&](Value scalar) { return scalarOf(scalar); };
  Value extent = writeNumber([&](OpBuilder &b) {
    return contract.materialize(b, source.getLoc(), dim, {read, scalar});
  });
  return extents[dim] = extent;
}

/// Of what is no argument, too: its extents are known before it is.
Value FunctionBuffers::extentAt(tensor::DimOp op) {
  Value tensor = op.getSource();
  if (std::optional<int64_t> dim = op.getConstantIndex())
    return extentOf(*contract.dimOf(tensor, *dim));
  int64_t rank = cast<RankedTensorType>(tensor.getType()).getRank();
  Value at = scalarOf(op.getIndex()), extent;
  for (auto [dim, candidate] : llvm::enumerate(extentsOf(tensor, rank)))
    extent = writeNumber([&, dim = dim, candidate = candidate](OpBuilder &b) {
      if (!extent)
        return candidate;
      Value number = arith::ConstantIndexOp::create(b, op.getLoc(), dim);
      Value isIt = arith::CmpIOp::create(b, op.getLoc(),
                                         arith::CmpIPredicate::eq, at, number);
      return arith::SelectOp::create(b, op.getLoc(), isIt, candidate, extent)
          .getResult();
    });
  return extent;
}

Value FunctionBuffers::scalarOf(Value scalar) {
  if (Value known = buffers.scalars.lookup(scalar))
    return known;
  Operation *op = scalar.getDefiningOp();
  if (auto dim = dyn_cast<tensor::DimOp>(op))
    return buffers.scalars[scalar] = extentAt(dim);
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, scalarOf(operand));
  unsigned number = cast<OpResult>(scalar).getResultNumber();
  Value copy = writeNumber(
      [&](OpBuilder &b) { return b.clone(*op, mapping)->getResult(number); });
  for (auto [from, to] :
       llvm::zip(op->getResults(), copy.getDefiningOp()->getResults()))
    buffers.scalars[from] = to;
  return copy;
}

Value FunctionBuffers::index(int64_t value) {
  return arith::ConstantIndexOp::create(builder, source.getLoc(), value);
}

//===----------------------------------------------------------------------===//
// Lists in and out
//===----------------------------------------------------------------------===//

void FunctionBuffers::lowerMapFromLists(bsa::MapFromListsOp op) {
  MapBuffer buffer;
  buffer.index = buffers.tensors.lookup(op.getIndex());
  Value count = op.getCount();
  if (!count)
    buffer.fixedCount = index(op.getMap().getType().getCapacity());
  else if (isa<RankedTensorType>(count.getType()))
    buffer.count = buffers.tensors.lookup(count);
  else
    buffer.fixedCount = arith::IndexCastOp::create(
        builder, op.getLoc(), builder.getIndexType(), scalarOf(count));
  buffers.maps[op.getMap()] = buffer;
}

/// The lists are the map's memory itself; one number for all is written out.
void FunctionBuffers::lowerMapToLists(bsa::MapToListsOp op) {
  MapBuffer buffer = buffers.maps.lookup(op.getMap());
  buffers.tensors[op.getIndex()] = buffer.index;
  if (!buffer.fixedCount) {
    buffers.tensors[op.getCount()] = buffer.count;
    return;
  }
  SmallVector<Value> dims = extentsOf(op.getMap(), 3);
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

void FunctionBuffers::lowerCast(tensor::CastOp op) {
  buffers.tensors[op.getResult()] = memref::CastOp::create(
      builder, op.getLoc(), bufferType(cast<RankedTensorType>(op.getType())),
      buffers.tensors.lookup(op.getSource()));
}
