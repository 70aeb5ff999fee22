// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes over the `bsa` dialect; Passes.td says what each does.

#ifndef BSA_TRANSFORMS_PASSES_H
#define BSA_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace tessera::bsa {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "Bsa/Transforms/Passes.h.inc"

} // namespace tessera::bsa

#endif // BSA_TRANSFORMS_PASSES_H
