// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler for GPUs, as far as it goes.
#include "tessera/Compiler/Gpu.h"

using namespace tessera;

llvm::Expected<GpuProgram>
tessera::compileForGpu(mlir::ModuleOp /*module*/,
                       const GpuOptions & /*options*/,
                       const std::optional<nvptx::Assembler> & /*assembler*/) {
  return llvm::createStringError(
      "functions over bsa do not become GPU kernels yet; compile for the host");
}
