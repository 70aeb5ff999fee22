// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes from memref, vector and scf to the LLVM dialect, and their pipeline.
#ifndef TESSERA_TARGET_HOST_PASSES_H
#define TESSERA_TARGET_HOST_PASSES_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace tessera::host {

#define GEN_PASS_DECL
#include "tessera/Target/Host/Passes.h.inc"

/// `host-lower-to-llvm`: a module of func, scf, memref, vector, arith and math
/// becomes one of the LLVM dialect alone; parallel loops become calls of the
/// runtime.
void buildLowerToLLVMPipeline(mlir::OpPassManager &pipeline);

void registerHostPipelines();

#define GEN_PASS_REGISTRATION
#include "tessera/Target/Host/Passes.h.inc"

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_PASSES_H
