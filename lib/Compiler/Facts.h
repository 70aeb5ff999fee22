// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Facts that a record has whatever its target.
#ifndef TESSERA_LIB_COMPILER_FACTS_H
#define TESSERA_LIB_COMPILER_FACTS_H

#include "tessera/Program/Writer.h"
#include "tessera/Version.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Config/llvm-config.h"

namespace tessera {

inline constexpr llvm::StringLiteral kCompilerName =
    "Tessera " TESSERA_VERSION_STRING ", LLVM " LLVM_VERSION_STRING;

/// Adds facts one behind the other.
class FactList {
public:
  explicit FactList(program::Writer &writer)
      : writer(writer), first(uint32_t(writer.facts.size())) {}

  void add(llvm::StringRef name, llvm::StringRef text) {
    writer.facts.push_back({writer.text(name), writer.text(text), 0});
  }
  void add(llvm::StringRef name, int64_t number) {
    writer.facts.push_back({writer.text(name), 0, number});
  }
  program::Range range() const {
    return {first, uint32_t(writer.facts.size()) - first};
  }

private:
  program::Writer &writer;
  uint32_t first;
};

/// Those that compute something, lists and maps aside.
llvm::SmallVector<mlir::Operation *> operationsOf(mlir::func::FuncOp function);

/// What a program is found by; the function is over `bsa` ops yet. A function
/// of several ops is found by its name.
void addKey(mlir::func::FuncOp function, program::Writer &writer);

} // namespace tessera

#endif // TESSERA_LIB_COMPILER_FACTS_H
