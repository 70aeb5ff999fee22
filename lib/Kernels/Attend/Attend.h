// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recipe of attention over lists of key blocks (docs/contract.md, Attend):
// a persistent kernel of one CTA an SM. Loading warps walk the lists and fill
// rings; warpgroups compute 64 query rows each, with the maximum of the first
// block as reference of the whole tile. The rare tiles that outgrow it are
// remembered, chained through `marks`, and done again with a running maximum.
#ifndef TESSERA_LIB_KERNELS_ATTEND_ATTEND_H
#define TESSERA_LIB_KERNELS_ATTEND_ATTEND_H

#include "tessera/Kernels/LaunchSite.h"

#include <string>

namespace tessera::kernels {

std::string whyNotAttend(mlir::Operation *op, llvm::StringRef chip);

/// One kernel for each order of tiles that the tuning table names, and the
/// choice between them; or that of the one order which `plan` says.
mlir::LogicalResult buildAttend(LaunchSite &site, mlir::Operation *op,
                                llvm::StringRef plan);

} // namespace tessera::kernels

#endif // TESSERA_LIB_KERNELS_ATTEND_ATTEND_H
