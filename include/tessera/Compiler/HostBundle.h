// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has been compiled for the host, as a bundle.
#ifndef TESSERA_COMPILER_HOSTBUNDLE_H
#define TESSERA_COMPILER_HOSTBUNDLE_H

#include "tessera/Compiler/Compiler.h"
#include "tessera/Program/BundleWriter.h"

namespace tessera {

/// Compiles `module`, which is changed, and adds each of its public functions
/// as a program; they share an image.
llvm::Error addToBundle(mlir::ModuleOp module, const CompileOptions &options,
                        program::BundleWriter &bundle);

} // namespace tessera

#endif // TESSERA_COMPILER_HOSTBUNDLE_H
