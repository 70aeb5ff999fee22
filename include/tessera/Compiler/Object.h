// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Objects to be linked, with code for the host, for GPUs, or both, and what
// several modules have to agree about to go into one.
#ifndef TESSERA_COMPILER_OBJECT_H
#define TESSERA_COMPILER_OBJECT_H

#include "tessera/Compiler/Compiler.h"

#include <cstddef>
#include <span>

namespace tessera {

/// An ELF object of position-independent code, and the C header that declares
/// its entries.
struct LinkedObject {
  std::unique_ptr<llvm::MemoryBuffer> code;
  std::string header;
};

/// Of the functions of `module` for the host, unless it is null, and of the
/// programs of a bundle, whose bytes are at a multiple of 8 and may be none.
/// `module` is changed.
llvm::Expected<LinkedObject> compileToObject(mlir::ModuleOp module,
                                             std::span<const std::byte> bundle,
                                             const CompileOptions &options);

/// The header alone.
llvm::Expected<std::string> declareObject(mlir::ModuleOp module,
                                          std::span<const std::byte> bundle,
                                          const CompileOptions &options);

/// One module with the functions of all. Private functions are renamed where
/// they have to be; public ones of one name are an error.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
mergeModules(llvm::ArrayRef<mlir::OwningOpRef<mlir::ModuleOp>> modules);

} // namespace tessera

#endif // TESSERA_COMPILER_OBJECT_H
