// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has been compiled for GPUs, as a bundle.
#ifndef TESSERA_COMPILER_GPUBUNDLE_H
#define TESSERA_COMPILER_GPUBUNDLE_H

#include "tessera/Compiler/Gpu.h"
#include "tessera/Program/BundleWriter.h"

#include <cstddef>

namespace tessera {

/// Adds each function as a program, and their code.
void addToBundle(GpuProgram program, program::BundleWriter &bundle);

/// compileForGpu() and a bundle of that alone. The same module, options and
/// assembler give the same bytes.
llvm::Expected<std::vector<std::byte>>
compileToBundle(mlir::ModuleOp module, const GpuOptions &options,
                const std::optional<nvptx::Assembler> &assembler);

} // namespace tessera

#endif // TESSERA_COMPILER_GPUBUNDLE_H
