// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Diagnostics of passes as errors of a library.
#ifndef TESSERA_LIB_COMPILER_COLLECTERRORS_H
#define TESSERA_LIB_COMPILER_COLLECTERRORS_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

namespace tessera {

/// Runs `work` and turns the errors it emits into one llvm::Error, a line each.
llvm::Error collectErrors(mlir::MLIRContext *context,
                          llvm::function_ref<llvm::LogicalResult()> work);

} // namespace tessera

#endif // TESSERA_LIB_COMPILER_COLLECTERRORS_H
