// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads of a stage into registers, and what shows that they have arrived.
//
// A load from shared memory goes on behind the operation that starts it, and an
// arrival at a barrier does not wait for it. What waits is an instruction that
// takes the register.

#ifndef TILE_ANALYSIS_READS_H
#define TILE_ANALYSIS_READS_H

#include "Tile/IR/Tile.h"
#include "llvm/ADT/DenseMap.h"

namespace tessera::tile {

/// Whether it reads a stage into registers.
inline bool isRegisterRead(mlir::Operation *op) {
  return mlir::isa<LoadFragmentOp, NoteOp>(op);
}
/// The stage that a register read reads.
mlir::Value stageOfRead(mlir::Operation *read);

/// Which operations cannot have been carried out before what a read gave was
/// there. These are kept by every compiler behind us, and in this order with
/// arrivals at barriers:
///
/// - `tile.mma_wait` of a product that takes the value: the product is issued
///   once its registers are there;
/// - loops and branches that the value decides, if there is something to do or
///   not to do in them: without that, a branch may become a selection, which is
///   made as late as its result is wanted;
/// - the bulk store whose place the value says; and in a role of one warp, all
///   else that writes memory or fills a stage by it, since one thread does that
///   for all;
/// - a `tile.release` that names it.
///
/// The value may have gone through arithmetic, but no selection.
class ReadUses {
public:
  /// Of all reads within `root`.
  explicit ReadUses(mlir::Operation *root);

  /// The reads whose values the operation needs.
  llvm::ArrayRef<mlir::Operation *> neededBy(mlir::Operation *op) const {
    auto found = needs.find(op);
    return found == needs.end() ? llvm::ArrayRef<mlir::Operation *>()
                                : llvm::ArrayRef(found->second);
  }

private:
  void follow(mlir::Operation *read);
  bool use(mlir::Operation *read, mlir::OpOperand &use);
  void useInProduct(mlir::Operation *read, MmaOp product);

  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Operation *, 2>>
      needs;
};

/// A release, and reads of its stage that may be under way there. Of those that
/// are `older` the operation has read something else since.
struct EarlyRelease {
  ReleaseOp release;
  llvm::SmallVector<mlir::Operation *> reads, older;
};
/// Those of a kernel, in the order of the text: releases that are not shown, on
/// every path to them, to come after what was read has arrived.
llvm::SmallVector<EarlyRelease> findEarlyReleases(KernelOp kernel);

} // namespace tessera::tile

#endif // TILE_ANALYSIS_READS_H
