// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of modules; a kernel of one, and what its parameters are called there.
#ifndef TESSERA_TOOLS_TESSERA_SIM_SOURCEFILE_H
#define TESSERA_TOOLS_TESSERA_SIM_SOURCEFILE_H

#include "Tile/IR/Tile.h"

#include "mlir/AsmParser/AsmParserState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/SourceMgr.h"

#include <memory>

namespace tessera {

struct KernelSource {
  tile::KernelOp kernel;
  /// "query" of %query.
  std::vector<std::string> parameters;
};

/// A file that has been parsed.
class SourceFile {
public:
  /// What the parser finds it prints; then there is a file without a module.
  static llvm::Expected<SourceFile> parse(mlir::MLIRContext &context,
                                          llvm::StringRef path);

  /// Null if the file holds no valid module.
  mlir::ModuleOp module() const { return parsed.get(); }
  /// Some public function says what to compute.
  bool hasFunctions() const;
  /// The kernel of that name, or the only one if `name` is empty.
  llvm::Expected<KernelSource> kernel(llvm::StringRef name) const;

private:
  std::string path;
  std::shared_ptr<llvm::SourceMgr> sources; ///< that names point into
  std::shared_ptr<mlir::AsmParserState> names;
  mlir::OwningOpRef<mlir::ModuleOp> parsed;
};

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_SIM_SOURCEFILE_H
