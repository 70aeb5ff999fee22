// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a record for a GPU says of itself: how it was made, which code
// it has.
#ifndef TESSERA_LIB_COMPILER_GPUFACTS_H
#define TESSERA_LIB_COMPILER_GPUFACTS_H

#include "tessera/Program/Writer.h"
#include "tessera/Target/NVPTX/Assembler.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>

namespace tessera {

/// Of each recipe that was not taken why; the function is over `bsa` ops yet.
void addRefusals(mlir::func::FuncOp function, llvm::StringRef chip,
                 program::Writer &writer);

/// Code as it is in a bundle.
struct GpuImages {
  std::optional<program::Image> cubin;
  program::Image ptx;
};
/// The images, for all kernels, and what the assembler said of each.
void addCode(const GpuImages &images, const std::optional<nvptx::Cubin> &cubin,
             program::Writer &writer);

/// The CUDA version of the oldest driver that takes it: 12070 for 12.7.
int32_t leastDriverOfCubin(const nvptx::Assembler &assembler);
int32_t leastDriverOfPtx(const nvptx::Chip &chip);

} // namespace tessera

#endif // TESSERA_LIB_COMPILER_GPUFACTS_H
