// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The instructions of sm_90a as the lowering speaks of them: ops of `nvvm`, and
// of `ptx` where `nvvm` does not say it whole. Addresses in shared memory are
// i32, barriers are named by theirs.

#ifndef TESSERA_LIB_CONVERSION_TILETONVVM_HOPPER_H
#define TESSERA_LIB_CONVERSION_TILETONVVM_HOPPER_H

#include "Tile/IR/Tile.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/Builders.h"

namespace tessera {

class Hopper {
public:
  Hopper(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  mlir::OpBuilder &b;
  mlir::Location loc;

  // Who runs.
  mlir::Value threadId();
  mlir::Value ctaId();
  mlir::Value ctaCount();
  /// The value of lane 0 in every lane, known to be uniform.
  mlir::Value uniform(mlir::Value value);
  /// What all threads of the warp say (i1), known to be uniform.
  mlir::Value agreed(mlir::Value condition);
  void setMaxRegisters(int64_t registers, bool raise);

  // Barriers.
  void initBarrier(mlir::Value barrier, int64_t arrivals);
  void fenceBarrierInit();
  void syncThreads();
  void syncWarp();
  /// Meets `threads` threads at the named barrier `id`.
  void syncNamed(mlir::Value id, int64_t threads);
  /// The same, and whether any of them says so (i1).
  mlir::Value anyNamed(mlir::Value id, int64_t threads, mlir::Value says);
  void arrive(mlir::Value barrier);
  void arriveExpecting(mlir::Value barrier, int64_t bytes);
  /// Waits until the phase of this parity is complete.
  void wait(mlir::Value barrier, mlir::Value parity);

  // Shared memory.
  mlir::Value loadShared(mlir::Value address);
  void storeShared(mlir::Value address, mlir::Value value);
  /// Copies a box of `map` at five coordinates, the innermost first.
  void loadTensor(mlir::Value address, mlir::Value map, mlir::ValueRange at,
                  mlir::Value barrier);
  /// Four 8 by 8 matrices of 16-bit elements; lanes 8 i .. 8 i + 7 name the
  /// rows of matrix i.
  llvm::SmallVector<mlir::Value> loadMatrices(mlir::Value address);
  void storeMatrices(mlir::Value address, mlir::ValueRange matrices);
  /// What this thread wrote to shared memory, the copy engine may now read.
  void fenceCopyEngine();
  /// The other direction of loadTensor; a thread commits what it started, and
  /// waits until that has been read, or written.
  void storeTensor(mlir::Value address, mlir::Value map, mlir::ValueRange at);
  /// The same, adding to what is there.
  void addTensor(mlir::Value address, mlir::Value map, mlir::ValueRange at);
  void commitStores();
  void waitStoresRead();
  void waitStoresWritten();

  // Numbers that CTAs share, by their addresses in global memory.
  /// Gives what was there; `ordered` after all that the thread did before.
  mlir::Value atomicAdd(mlir::Value address, mlir::Value value, bool ordered);
  /// Waits until the number is at least `value`.
  void waitAtLeast(mlir::Value address, mlir::Value value);

  // Products of a warpgroup.
  struct Product {
    int64_t columns, depth; ///< n and k; m is 64
    mlir::Type element;     ///< bf16 or f16
    bool transposed;        ///< the right matrix lies as [n, k]
    tile::BufferType right; ///< its buffer
    tile::BufferType left;  ///< the left matrix's, if it lies in one
  };
  /// Starts the whole product and commits it; gives its n / 2 accumulators.
  /// `left` is a matrix in registers, or the address of one.
  llvm::SmallVector<mlir::Value> multiply(const Product &product,
                                          mlir::ValueRange left,
                                          mlir::Value right,
                                          mlir::ValueRange accumulators);
  /// Waits until at most `inFlight` products are, naming what is then there.
  llvm::SmallVector<mlir::Value> waitProducts(mlir::ValueRange accumulators,
                                              int64_t inFlight);

  // Arithmetic of one thread.
  mlir::Value exp2(mlir::Value x);
  mlir::Value log2(mlir::Value x);
  mlir::Value reciprocal(mlir::Value x);
  mlir::Value exchange(mlir::Value value, int64_t laneMask);
  /// Two f32 rounded to 16 bits each, `low` in the lower half.
  mlir::Value pack(mlir::Value low, mlir::Value high, mlir::Type element);

  // Numbers of 32 bits.
  mlir::Value i32(int64_t value);
  mlir::Value i32(mlir::Value index);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value multiply(mlir::Value x, int64_t y);
  mlir::Value shiftRight(mlir::Value x, int64_t bits);
  mlir::Value bitsOf(mlir::Value x, int64_t mask);

private:
  mlir::Value allLanes();
  mlir::Value shuffle(mlir::Value value, mlir::NVVM::ShflKind kind,
                      int64_t lane);
  mlir::Value descriptor(tile::BufferType buffer, bool alongRows,
                         mlir::Value address);
};

/// Address of a row, a multiple of 8, in the first panel of a buffer; of the
/// buffer itself if there is none.
mlir::Value rowAddress(Hopper &hw, mlir::Value address, tile::BufferType buffer,
                       mlir::ValueRange row);

/// `body` for the threads that say so; without a branch where all do.
void onlyIf(Hopper &hw, mlir::Value condition, llvm::function_ref<void()> body);

} // namespace tessera

#endif // TESSERA_LIB_CONVERSION_TILETONVVM_HOPPER_H
