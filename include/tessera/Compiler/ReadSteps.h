// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of a record that says how a GPU carries out a call, read off the
// function over buffers.
#ifndef TESSERA_COMPILER_READSTEPS_H
#define TESSERA_COMPILER_READSTEPS_H

#include "tessera/Program/Writer.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tessera {

/// Adds buffers, maps, kernels and steps to a record that holds the function's
/// signature already (readSignature): its arguments are the parameters, in
/// their order. Walks from the operands of steps back to what a call
/// determines, and fails, at the place, where something else is in between.
/// `threadReleases`: as kernels will be lowered.
mlir::LogicalResult readSteps(mlir::func::FuncOp function,
                              program::Writer &writer,
                              bool threadReleases = false);

} // namespace tessera

#endif // TESSERA_COMPILER_READSTEPS_H
