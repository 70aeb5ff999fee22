// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The launcher's records, read off the launches of converted functions.
#ifndef TESSERA_LIB_COMPILER_ENTRIES_H
#define TESSERA_LIB_COMPILER_ENTRIES_H

#include "tessera/Compiler/Gpu.h"

namespace tessera {

/// Converts each public function over `bsa` to launches, and describes those
/// that the launcher takes: one bsa.attend over lists with their counts, all
/// arguments of the function. It does not choose between kernels: the order of
/// tiles is fixed by what `options` know of the calls.
mlir::FailureOr<std::vector<launch::Entry>>
convertForLauncher(mlir::ModuleOp module, const GpuOptions &options);

/// Gives kernels the names that entries call them by, those of the functions,
/// which go.
void renameKernels(mlir::ModuleOp module,
                   llvm::ArrayRef<launch::Entry> entries);

} // namespace tessera

#endif // TESSERA_LIB_COMPILER_ENTRIES_H
