// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tools take instead of a module: flags that describe an attention.
#ifndef TESSERA_TOOLS_SPECFLAGS_H
#define TESSERA_TOOLS_SPECFLAGS_H

#include "tessera/Compiler/Spec.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

#include <string>

namespace tessera {

/// Declares the flags; one object lives while the command line is parsed. An
/// input file and flags exclude each other.
class SpecFlags {
public:
  SpecFlags();

  /// The module of the file, or the one the flags describe. The parser prints
  /// what is wrong in a file itself; the error then says only that it did.
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
  load(mlir::MLIRContext &context) const;

private:
  llvm::Expected<Spec> spec() const;

  llvm::cl::OptionCategory category;
  llvm::cl::opt<std::string> input;
  llvm::cl::opt<SpecOp> op;
  llvm::cl::opt<int64_t> headDim, capacity, heads, keyHeads, batch, length,
      keyLength, sink, local;
  llvm::cl::opt<std::string> block;
  llvm::cl::opt<SpecElement> dtype;
  llvm::cl::opt<bsa::Forced> forced;
  llvm::cl::opt<SpecGates> gates;
  llvm::cl::opt<bool> sizes, scale, lse, withoutCoarse;
};

} // namespace tessera

#endif // TESSERA_TOOLS_SPECFLAGS_H
