// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler for GPUs as one call: a module of `bsa` functions in, a bundle
// out.
#ifndef TESSERA_COMPILER_GPUBUNDLE_H
#define TESSERA_COMPILER_GPUBUNDLE_H

#include "tessera/Compiler/Gpu.h"

#include <cstddef>

namespace tessera {

struct GpuBundle {
  std::vector<std::byte> bytes;
  /// Without an assembler there is none, and PTX alone in the bundle.
  std::optional<nvptx::Cubin> cubin;
};

/// Every public function of `module`, which is changed, as a program; their
/// kernels share a cubin and PTX. Orders that the plan leaves open are chosen
/// at the call. The same module, options and assembler give the same bytes.
/// Errors hold the diagnostics of the failing pass, one per line.
llvm::Expected<GpuBundle>
compileToBundle(mlir::ModuleOp module, const GpuOptions &options,
                const std::optional<nvptx::Assembler> &assembler);

} // namespace tessera

#endif // TESSERA_COMPILER_GPUBUNDLE_H
