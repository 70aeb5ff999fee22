// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words the host recipes are written in: index arithmetic, loops, f32
// scalars and vectors in views of memory.

#ifndef TESSERA_LIB_CONVERSION_BSATOVECTOR_EMITTER_H
#define TESSERA_LIB_CONVERSION_BSATOVECTOR_EMITTER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Builders.h"

namespace tessera {

/// How register tiles are cut for one CPU level.
struct TilePlan {
  int64_t lanes;       ///< f32 elements of a vector register
  int64_t tileRows;    ///< rows of a register tile; divides 8
  int64_t tileVectors; ///< vectors across a register tile
};

/// A run of `lanes` columns that starts at `column`.
struct Chunk {
  int64_t column, lanes;
};

class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, mlir::Location loc, TilePlan plan)
      : b(builder), loc(loc), plan(plan) {}

  mlir::OpBuilder &b;
  mlir::Location loc;
  TilePlan plan;

  // Index and integer arithmetic.
  mlir::Value index(int64_t value);
  mlir::Value i32(int64_t value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value min(mlir::Value x, mlir::Value y);
  mlir::Value max(mlir::Value x, mlir::Value y);
  mlir::Value less(mlir::Value x, mlir::Value y);
  mlir::Value both(mlir::Value x, mlir::Value y);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);
  mlir::Value toIndex(mlir::Value integer);
  mlir::Value toI32(mlir::Value index);

  // f32 arithmetic on scalars or vectors of one type.
  mlir::Value f32(float value);
  mlir::Value f32(float value, mlir::Type like);
  mlir::Value addf(mlir::Value x, mlir::Value y);
  mlir::Value subf(mlir::Value x, mlir::Value y);
  mlir::Value mulf(mlir::Value x, mlir::Value y);
  mlir::Value fma(mlir::Value x, mlir::Value y, mlir::Value z);
  /// The larger; `y` where either is NaN.
  mlir::Value maxf(mlir::Value x, mlir::Value y);
  mlir::Value equalf(mlir::Value x, mlir::Value y);
  mlir::Value splat(mlir::Value scalar, int64_t lanes);
  mlir::Value sumLanes(mlir::Value vector);
  mlir::VectorType vectorType(int64_t lanes);

  // Memory. Elements of any float type are read as f32 and rounded when
  // written.
  mlir::Value load(mlir::Value view, mlir::ValueRange at);
  void store(mlir::Value value, mlir::Value view, mlir::ValueRange at);
  mlir::Value loadVector(mlir::Value view, mlir::ValueRange at, int64_t lanes);
  void storeVector(mlir::Value vector, mlir::Value view, mlir::ValueRange at);
  /// Asks for the cache line there, to be read soon.
  void prefetch(mlir::Value view, mlir::ValueRange at);
  /// Scratch of static shape, private to the iteration.
  mlir::Value scratch(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  mlir::Value extent(mlir::Value view, int64_t dim);

  // Control.
  void loop(mlir::Value end, llvm::function_ref<void(mlir::Value)> body) {
    loop(index(0), end, 1, body);
  }
  void loop(mlir::Value begin, mlir::Value end, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);
  using Carry = llvm::SmallVector<mlir::Value>;
  Carry loop(mlir::Value begin, mlir::Value end, const Carry &init,
             llvm::function_ref<Carry(mlir::Value, mlir::ValueRange)> body);
  void when(mlir::Value condition, llvm::function_ref<void()> body);

  /// Covers `columns` (a multiple of 8) by full vectors and at most one of 8.
  llvm::SmallVector<Chunk> chunks(int64_t columns) const;
  /// The same, grouped as wide as a register tile.
  llvm::SmallVector<llvm::SmallVector<Chunk>>
  chunkGroups(int64_t columns) const;
};

/// 2 to the x for x <= 127, elementwise: 0 from -127 down, NaN for NaN;
/// relative error below 2e-7.
mlir::Value emitExp2(Emitter &e, mlir::Value x);

/// The transpose of a square of 2^n vectors of as many lanes, by exchanging
/// halves of ever larger blocks: n shuffles a vector.
llvm::SmallVector<mlir::Value> emitTranspose(Emitter &e,
                                             llvm::ArrayRef<mlir::Value> rows);

} // namespace tessera

#endif // TESSERA_LIB_CONVERSION_BSATOVECTOR_EMITTER_H
