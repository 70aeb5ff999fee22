// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One place that knows every dialect and pass of Tessera and the upstream ones
// its pipelines use, so that all tools understand the same modules.
#ifndef TESSERA_COMPILER_REGISTRATION_H
#define TESSERA_COMPILER_REGISTRATION_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace tessera {

/// Adds our dialects, the upstream dialects they lower to, and the interface
/// implementations the pipelines need. Loads nothing.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Makes our passes and pipelines, and the upstream passes used beside them,
/// known to pass pipeline parsers. Call it once per process.
void registerAllPasses();

/// What `<tool> --version` prints: the versions of Tessera and of LLVM, and the
/// targets this build can compile for.
std::string versionText(llvm::StringRef tool);

} // namespace tessera

#endif // TESSERA_COMPILER_REGISTRATION_H
