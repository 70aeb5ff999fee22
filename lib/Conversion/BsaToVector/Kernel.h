// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One iteration of a host kernel: query block (batch, head, block), and the
// views its ops read and write there. A value with a buffer of its own lies in
// memory; any other lives in scratch of this iteration, so the same recipe
// serves an op alone and inside `bsa.fused`.

#ifndef TESSERA_LIB_CONVERSION_BSATOVECTOR_KERNEL_H
#define TESSERA_LIB_CONVERSION_BSATOVECTOR_KERNEL_H

#include "Emitter.h"
#include "tessera/Conversion/BsaToBuffers/FunctionBuffers.h"

namespace tessera {

/// One list of a map.
struct ListView {
  mlir::Value index; ///< [capacity] of i32
  mlir::Value count; ///< index; null while a recipe has yet to write it
};

class Kernel {
public:
  Kernel(Emitter &emitter, const Buffers &buffers,
         llvm::function_ref<mlir::Value(mlir::Operation *, llvm::StringRef)>
             extents,
         mlir::ValueRange coordinates)
      : e(emitter), buffers(buffers), extents(extents), batch(coordinates[0]),
        head(coordinates[1]), block(coordinates[2]) {}

  Emitter &e;

  /// The extent of an op's symbol, e.g. "Skv".
  mlir::Value extent(mlir::Operation *op, llvm::StringRef symbol) {
    return extents(op, symbol);
  }
  mlir::Value scalar(mlir::Value value) {
    return buffers.scalars.lookup(value);
  }
  mlir::Value whole(mlir::Value tensor) {
    return buffers.tensors.lookup(tensor);
  }

  /// Rows block * size .. of a [B, H, S, D] tensor: [rows that exist, D].
  mlir::Value rows(mlir::Value tensor, int64_t blockSize);
  /// Entries block * size .. of a [B, H, S] tensor.
  mlir::Value tokens(mlir::Value tensor, int64_t blockSize);
  /// Row `block` of a [B, H, N, X] tensor: [X]. `length` is X where it is
  /// dynamic and the row local.
  mlir::Value row(mlir::Value tensor, mlir::Value length = {});
  /// All rows of key/value head `kvHead`: [S, D].
  mlir::Value headRows(mlir::Value tensor, mlir::Value kvHead);
  ListView list(mlir::Value map);
  /// The list of a map this iteration makes; `setListCount` completes it.
  ListView listToWrite(mlir::Value map);
  void setListCount(mlir::Value map, mlir::Value count);

  /// The key/value head that this query head reads.
  mlir::Value kvHead(mlir::Operation *op);
  /// Tokens in the index-th block of `length` tokens: those that exist, and
  /// those that are valid by `sizes` (may be null).
  mlir::Value existingTokens(mlir::Value length, mlir::Value index,
                             int64_t blockSize);
  mlir::Value validTokens(mlir::Value sizes, mlir::Value length,
                          mlir::Value index, int64_t blockSize);
  /// The i32 entry of `sizes` ([N] or [B, N]) for a block.
  mlir::Value sizeOf(mlir::Value sizes, mlir::Value index);

  /// A row of `length` elements for this iteration; freed by `finish`.
  mlir::Value dynamicScratch(mlir::Value length, mlir::Type element);
  void finish();

  const Buffers &buffers;
  llvm::function_ref<mlir::Value(mlir::Operation *, llvm::StringRef)> extents;
  mlir::Value batch, head, block;

private:
  mlir::Value slice(mlir::Value buffer, llvm::ArrayRef<mlir::Value> offsets,
                    llvm::ArrayRef<mlir::Value> sizes, int64_t keptRank);
  mlir::Value local(mlir::Value tensor, llvm::ArrayRef<int64_t> shape);

  llvm::DenseMap<mlir::Value, mlir::Value> views;
  llvm::DenseMap<mlir::Value, ListView> lists;
  llvm::SmallVector<mlir::Value> toFree;
};

/// The recipe of each op: computes its results for the kernel's query block.
void emitPool(Kernel &kernel, bsa::PoolOp op);
void emitCoarse(Kernel &kernel, bsa::CoarseOp op);
void emitSelect(Kernel &kernel, bsa::SelectOp op);
void emitAttend(Kernel &kernel, bsa::AttendOp op);
void emitCombine(Kernel &kernel, bsa::CombineOp op);
void emitPartition(Kernel &kernel, bsa::PartitionOp op);
void emitUnpartition(Kernel &kernel, bsa::UnpartitionOp op);

} // namespace tessera

#endif // TESSERA_LIB_CONVERSION_BSATOVECTOR_KERNEL_H
