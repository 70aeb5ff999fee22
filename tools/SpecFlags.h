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
#include <vector>

namespace tessera {

/// Declares the flags; one object lives while the command line is parsed. Input
/// files and flags exclude each other. Some flags take lists, and then describe
/// an attention for each combination; so they do for tools that take several.
class SpecFlags {
public:
  SpecFlags();

  using Modules = std::vector<mlir::OwningOpRef<mlir::ModuleOp>>;
  /// The modules of the files, or those the flags describe. An error is wrong
  /// usage. None if a file holds no valid module; then what is wrong with it
  /// has been printed.
  llvm::Expected<Modules> loadAll(mlir::MLIRContext &context) const;
  /// The only one, for tools that take no more; null if it is not valid.
  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
  load(mlir::MLIRContext &context) const;

  /// The file that was named. An error where flags describe an attention, too.
  llvm::Expected<std::string> path() const;
  /// What the flags describe, for tools that take no module.
  llvm::Expected<Spec> spec() const;
  /// An input file was named.
  bool hasInput() const { return !inputs.empty(); }
  /// An input file, or a flag that describes an attention, was given.
  bool isAnyGiven() const { return hasInput() || isDescribed(); }
  /// The flag of that name was given.
  static bool isGiven(llvm::StringRef flag);

private:
  bool isDescribed() const;
  /// No flag describes an attention beside the files.
  llvm::Error checkAlone() const;
  /// No more than one file was named.
  llvm::Error checkOne() const;
  /// One for each combination, with names that tell them apart.
  llvm::Expected<std::vector<Spec>> specs() const;
  /// What all have in common.
  Spec common() const;

  llvm::cl::OptionCategory category;
  llvm::cl::list<std::string> inputs;
  Choice<SpecOp> op;
  Numbers headDims, capacities;
  Number heads, keyHeads, batch, length, keyLength, sink, local;
  llvm::cl::opt<std::string> name;
  llvm::cl::list<std::string> blocks;
  Choices<SpecElement> dtypes;
  Choice<bsa::Forced> forced;
  Choice<SpecGates> gates;
  Choice<SpecGatePer> gatePer;
  llvm::cl::opt<bool> sizes, scale, lse, returnMap, returnCoarse, withoutCoarse;
};

} // namespace tessera

#endif // TESSERA_TOOLS_SPECFLAGS_H
