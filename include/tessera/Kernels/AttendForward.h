// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recipe of attention over lists of key blocks (docs/contract.md, Attend):
// a persistent kernel of one CTA an SM. Loading warps walk the lists and fill
// rings; warpgroups compute 64 query rows each, with the maximum of the first
// block as reference of the whole tile. The rare tiles that outgrow it are
// remembered, chained through `marks`, and done again with a running maximum.
#ifndef TESSERA_KERNELS_ATTENDFORWARD_H
#define TESSERA_KERNELS_ATTENDFORWARD_H

#include "Tile/IR/Tile.h"
#include "tessera/Kernels/AttendPlan.h"
#include "tessera/Launch/Entry.h"

#include "mlir/IR/Builders.h"

namespace tessera {

/// Builds the kernel at the insertion point. Shape and plan have been checked.
/// Parameters have an attribute "tile.name", as in launch::nameOf().
tile::KernelOp buildAttendForward(mlir::OpBuilder &builder, mlir::Location loc,
                                  llvm::StringRef name,
                                  const AttendShape &shape,
                                  const AttendPlan &plan);

/// What the kernel wants at a launch, but for threads and shared memory, which
/// lowering decides.
launch::Entry describeAttendForward(llvm::StringRef name,
                                    const AttendShape &shape,
                                    const AttendPlan &plan);

} // namespace tessera

#endif // TESSERA_KERNELS_ATTENDFORWARD_H
