// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From `bsa` functions to `tile` kernels.

#ifndef TESSERA_CONVERSION_BSATOTILE_PASSES_H
#define TESSERA_CONVERSION_BSATOTILE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace tessera {

#define GEN_PASS_DECL
#include "tessera/Conversion/BsaToTile/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "tessera/Conversion/BsaToTile/Passes.h.inc"

/// What the pass does with one function. Its kernels join those of the chip in
/// the module.
mlir::LogicalResult convertBsaToTile(mlir::func::FuncOp function,
                                     llvm::StringRef chip,
                                     llvm::StringRef plan);

} // namespace tessera

#endif // TESSERA_CONVERSION_BSATOTILE_PASSES_H
