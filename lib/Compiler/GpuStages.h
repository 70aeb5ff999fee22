// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every way to compile for a GPU does with a module.
#ifndef TESSERA_LIB_COMPILER_GPUSTAGES_H
#define TESSERA_LIB_COMPILER_GPUSTAGES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"

namespace tessera {

/// The same names as on the host, so that a module compiles for both or none.
mlir::LogicalResult checkNames(mlir::ModuleOp module);

/// Private functions that nobody calls: whether there are kernels for them does
/// not matter.
mlir::LogicalResult dropUnused(mlir::ModuleOp module);

/// Recipes write constants where they are used; one of each is enough. What
/// launches keeps its arithmetic as it is written: it is read again.
mlir::LogicalResult tidyKernels(mlir::ModuleOp module);

/// A kernel that may be broken is told of, one that is broken is none.
mlir::LogicalResult checkRings(mlir::ModuleOp module);

} // namespace tessera

#endif // TESSERA_LIB_COMPILER_GPUSTAGES_H
