// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tools take instead of a module: flags that describe an attention.
#ifndef TESSERA_TOOLS_SPECFLAGS_H
#define TESSERA_TOOLS_SPECFLAGS_H

#include "OptionParsers.h"
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

  /// The module of the file, or the one the flags describe. An error is wrong
  /// usage. Null if the file holds no valid module; then what is wrong with it
  /// has been printed.
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
  load(mlir::MLIRContext &context) const;

  /// The file that was named. An error where flags describe an attention, too.
  llvm::Expected<std::string> path() const;
  /// What the flags describe, for tools that take no module.
  llvm::Expected<Spec> spec() const;
  /// An input file was named.
  bool hasInput() const { return input.getNumOccurrences() > 0; }
  /// An input file, or a flag that describes an attention, was given.
  bool isAnyGiven() const { return hasInput() || isDescribed(); }
  /// The flag of that name was given.
  static bool isGiven(llvm::StringRef flag);

private:
  bool isDescribed() const;

  llvm::cl::OptionCategory category;
  llvm::cl::opt<std::string> input;
  Choice<SpecOp> op;
  Number headDim, capacity, heads, keyHeads, batch, length, keyLength, sink,
      local;
  llvm::cl::opt<std::string> name, block;
  Choice<SpecElement> dtype;
  Choice<bsa::Forced> forced;
  Choice<SpecGates> gates;
  Choice<SpecGatePer> gatePer;
  llvm::cl::opt<bool> sizes, scale, lse, returnMap, returnCoarse, withoutCoarse;
};

} // namespace tessera

#endif // TESSERA_TOOLS_SPECFLAGS_H
