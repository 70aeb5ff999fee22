// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OutlineScalars.h"
#include "tessera/Conversion/BsaToBuffers/FunctionBuffers.h"

#include "Bsa/Analysis/FunctionContract.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace tessera;

static func::FuncOp createTarget(func::FuncOp function, OpBuilder &builder,
                                 ArrayRef<Value> values) {
  SmallVector<Type> types;
  for (Type type : llvm::concat<const Type>(function.getArgumentTypes(),
                                            function.getResultTypes()))
    types.push_back(isa<RankedTensorType>(type)
                        ? bufferType(cast<RankedTensorType>(type))
                        : type);
  builder.setInsertionPoint(function);
  auto target = func::FuncOp::create(
      builder, function.getLoc(), (function.getName() + "__scalars").str(),
      builder.getFunctionType(types, ValueRange(values).getTypes()));
  target.setPrivate();
  builder.setInsertionPointToStart(target.addEntryBlock());
  return target;
}

/// Copies one operation of the slice; extents are those of the buffers.
static LogicalResult copy(Operation *op, OpBuilder &builder,
                          IRMapping &mapping) {
  if (auto extent = dyn_cast<tensor::DimOp>(op)) {
    Value source = extent.getSource();
    while (Value before = bsa::castSource(source))
      source = before;
    if (isa<BlockArgument>(source)) {
      mapping.map(extent.getResult(),
                  memref::DimOp::create(builder, op->getLoc(),
                                        mapping.lookup(source),
                                        mapping.lookup(extent.getIndex()))
                      .getResult());
      return success();
    }
  }
  bool isScalar = op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
                  llvm::none_of(op->getOperandTypes(), [](Type type) {
                    return isa<ShapedType>(type);
                  });
  if (!isScalar)
    return op->emitOpError("makes a scalar that the function depends on; such "
                           "scalars are made by arithmetic on scalars and "
                           "extents of arguments");
  builder.clone(*op, mapping);
  return success();
}

LogicalResult tessera::outlineScalars(func::FuncOp function,
                                      ArrayRef<Value> values) {
  OpBuilder builder(function.getContext());
  func::FuncOp target = createTarget(function, builder, values);
  IRMapping mapping;
  mapping.map(function.getArguments(),
              target.getArguments().take_front(function.getNumArguments()));
  llvm::SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.inclusive = true;
  // Not through tensors: of an argument's casts only the extents count.
  options.filter = [](Operation *op) { return !isa<tensor::CastOp>(op); };
  for (Value value : values)
    if (failed(getBackwardSlice(value, &slice, options)))
      return function.emitError("has scalars that cannot be followed back");
  for (Operation *op : slice)
    if (failed(copy(op, builder, mapping))) {
      target.erase();
      return failure();
    }
  SmallVector<Value> results;
  for (Value value : values)
    results.push_back(mapping.lookup(value));
  func::ReturnOp::create(builder, function.getLoc(), results);
  return success();
}
