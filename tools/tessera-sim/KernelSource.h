// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel of a file, and what its parameters are called there.
#ifndef TESSERA_TOOLS_TESSERA_SIM_KERNELSOURCE_H
#define TESSERA_TOOLS_TESSERA_SIM_KERNELSOURCE_H

#include "Tile/IR/Tile.h"

#include "mlir/IR/Block.h"
#include "llvm/Support/Error.h"

namespace tessera {

struct KernelSource {
  tile::KernelOp kernel;
  /// "query" of %query.
  std::vector<std::string> parameters;
};

/// Parses `path` into `block` and picks the kernel of that name, or the only
/// one if `name` is empty. What the parser finds it prints; then no kernel and
/// no error is returned.
llvm::Expected<KernelSource> loadKernel(mlir::MLIRContext &context,
                                        mlir::Block &block,
                                        llvm::StringRef path,
                                        llvm::StringRef name);

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_SIM_KERNELSOURCE_H
