// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has been compiled for the host, as a bundle.
#ifndef TESSERA_COMPILER_HOSTBUNDLE_H
#define TESSERA_COMPILER_HOSTBUNDLE_H

#include "tessera/Compiler/Compiler.h"
#include "tessera/Program/BundleWriter.h"

namespace tessera {

/// Compiles a module that `compiler` has prepared, and adds each of its public
/// functions as a program; they share an image.
llvm::Error addToBundle(HostCompiler &compiler, mlir::ModuleOp prepared,
                        program::BundleWriter &bundle);

/// All of it: a bundle of that alone. `module` is changed. The same module and
/// options give the same bytes.
llvm::Expected<std::vector<std::byte>>
compileToBundle(mlir::ModuleOp module, const CompileOptions &options);

} // namespace tessera

#endif // TESSERA_COMPILER_HOSTBUNDLE_H
