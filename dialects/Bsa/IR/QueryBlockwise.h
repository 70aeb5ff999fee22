// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which operands a query-blockwise op reads block by block and which it reads
// whole: what `bsa.fused` relies on and `bsa-fuse` decides by.

#ifndef BSA_IR_QUERYBLOCKWISE_H
#define BSA_IR_QUERYBLOCKWISE_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace tessera::bsa {

/// Tokens in a block of the query grid that `op` walks; nothing for an op that
/// sees pooled queries only and so never asks.
std::optional<int64_t> getQueryBlock(mlir::Operation *op);

/// The operands that every query block of `op` reads whole.
llvm::SmallVector<mlir::Value, 2> getWholeOperands(mlir::Operation *op);

} // namespace tessera::bsa

#endif // BSA_IR_QUERYBLOCKWISE_H
