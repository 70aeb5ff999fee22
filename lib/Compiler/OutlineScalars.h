// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalars that a function computes, as a function of their own.
#ifndef TESSERA_LIB_COMPILER_OUTLINESCALARS_H
#define TESSERA_LIB_COMPILER_OUTLINESCALARS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tessera {

/// Adds a private function `<function>__scalars` beside `function`. It takes
/// buffers and scalars as the lowered function will, outputs too, and returns
/// `values`, of which there is at least one. An error names what a value is
/// computed from that is neither scalar arithmetic nor an extent of an
/// argument.
mlir::LogicalResult outlineScalars(mlir::func::FuncOp function,
                                   mlir::ArrayRef<mlir::Value> values);

} // namespace tessera

#endif // TESSERA_LIB_COMPILER_OUTLINESCALARS_H
