// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function over tensors becomes one over buffers: its border, the memory of
// what is neither argument nor result, and what every extent is. Knows nothing
// of kernels.

#ifndef TESSERA_CONVERSION_BSATOBUFFERS_FUNCTIONBUFFERS_H
#define TESSERA_CONVERSION_BSATOBUFFERS_FUNCTIONBUFFERS_H

#include "Bsa/Analysis/FunctionContract.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tessera {

/// The lists of a block map in memory: index [B, H, Nq, capacity], and count
/// [B, H, Nq] or one number for all lists.
struct MapBuffer {
  mlir::Value index, count, fixedCount;
};

/// The buffers of a function: what replaced its tensors, maps and scalars.
struct Buffers {
  llvm::DenseMap<mlir::Value, mlir::Value> tensors;
  llvm::DenseMap<mlir::Value, MapBuffer> maps;
  llvm::DenseMap<mlir::Value, mlir::Value> scalars;
};

/// The type of a buffer: any strides, the last one 1.
mlir::MemRefType bufferType(llvm::ArrayRef<int64_t> shape, mlir::Type element);
inline mlir::MemRefType bufferType(mlir::RankedTensorType type) {
  return bufferType(type.getShape(), type.getElementType());
}

class FunctionBuffers {
public:
  /// `builder` always stands where the next op of the new function belongs.
  FunctionBuffers(mlir::func::FuncOp source, mlir::OpBuilder &builder)
      : source(source), contract(source), builder(builder) {}

  /// The function over buffers, before `source` and still empty: a buffer for
  /// each input, then one for each result, which ops write straight to.
  mlir::func::FuncOp createTarget();
  /// Copies what was not written in place; frees, if so wanted, what was
  /// allocated.
  void lowerReturn(mlir::func::ReturnOp op, bool freesTemporaries);

  /// Gives an op's result memory, unless it writes to a result of the function.
  void bindResult(mlir::Value result);
  /// What a fused region yields is what the op around it returns.
  void bindYielded(bsa::FusedOp op);
  void lowerMapFromLists(bsa::MapFromListsOp op);
  void lowerMapToLists(bsa::MapToListsOp op);
  void lowerCast(mlir::tensor::CastOp op);
  /// What stands for a number of the source, an argument or computed from
  /// arguments and extents. It is computed where the function begins, before
  /// any step.
  mlir::Value scalarOf(mlir::Value scalar);

  /// The extent of an op's symbol, e.g. "Skv".
  mlir::Value extentOf(mlir::Operation *op, llvm::StringRef symbol) {
    return extentOf(contract.symbolOf(op, symbol));
  }
  mlir::Value index(int64_t value);
  /// Stands where the next step belongs.
  mlir::OpBuilder &getBuilder() { return builder; }

  Buffers buffers;

private:
  void nameArguments();
  void bindDestination(mlir::Value value, mlir::Value buffer);
  void bindMap(mlir::Value map);
  mlir::Value allocate(mlir::RankedTensorType type,
                       llvm::ArrayRef<mlir::Value> extents);
  mlir::Value extentOf(bsa::DimClass dim);
  mlir::Value extentAt(mlir::tensor::DimOp op);
  /// Calls write() where the numbers that are known so far end.
  mlir::Value
  writeNumber(llvm::function_ref<mlir::Value(mlir::OpBuilder &)> write);
  /// The first `count` extents of a tensor or map.
  llvm::SmallVector<mlir::Value> extentsOf(mlir::Value value, int64_t count);

  mlir::func::FuncOp source;
  bsa::FunctionContract contract;
  mlir::OpBuilder &builder;
  mlir::Block *body = nullptr;
  llvm::DenseMap<bsa::DimClass, mlir::Value> extents;
  /// With which the numbers at the start end; null: there are none yet.
  mlir::Operation *lastNumber = nullptr;
  llvm::SmallVector<mlir::Value> temporaries;
};

} // namespace tessera

#endif // TESSERA_CONVERSION_BSATOBUFFERS_FUNCTIONBUFFERS_H
