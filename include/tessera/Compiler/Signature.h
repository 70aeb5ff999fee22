// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What callers of a function are asked for: the part of its record that every
// target shares.
#ifndef TESSERA_COMPILER_SIGNATURE_H
#define TESSERA_COMPILER_SIGNATURE_H

#include "tessera/Program/Writer.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/LLVM.h"

namespace tessera {

/// Begins the record of a function over `bsa` ops, before any lowering: name,
/// parameters, symbols and constraints. Results are outputs, after all
/// arguments; last come scalars that the function computes and whose arithmetic
/// is no expression, with the values themselves in `computed`. Names are those
/// of `bsa.name` argument and result attributes, else of the operand that a
/// value feeds. Emits an error where a function cannot be called from outside
/// (a block map as argument, say).
mlir::FailureOr<program::Writer>
readSignature(mlir::func::FuncOp function,
              llvm::SmallVectorImpl<mlir::Value> &computed);

} // namespace tessera

#endif // TESSERA_COMPILER_SIGNATURE_H
