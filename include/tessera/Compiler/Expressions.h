// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Integer arithmetic of a function as expressions of its record.
#ifndef TESSERA_COMPILER_EXPRESSIONS_H
#define TESSERA_COMPILER_EXPRESSIONS_H

#include "tessera/Program/Writer.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

#include <optional>

namespace tessera {

/// Follows an integer back to what a call determines. Arithmetic of 32 bits
/// must stay within them, so that a record says what the function computes.
class ExpressionReader {
public:
  /// What is not computed from other integers: the expression of an argument,
  /// an extent, a stride; none: the value is no leaf.
  using Leaf =
      llvm::function_ref<std::optional<program::Index>(mlir::Value value)>;

  explicit ExpressionReader(program::Writer &writer) : writer(writer) {}

  /// None if something that `value` is computed from has no expression:
  /// offender() is what.
  std::optional<program::Index> read(mlir::Value value, Leaf leaf);
  mlir::Value offender() const { return stopped; }

private:
  using Index = program::Index;
  std::optional<Index> readOperation(mlir::Operation *op, Leaf leaf);
  std::optional<Index> combine(mlir::Operation *op, Index a, Index b);
  std::optional<Index> compare(mlir::Operation *op, Index a, Index b);
  Index truncatedQuotient(Index a, Index b);
  /// What the operation's type can hold.
  Index fit(mlir::Operation *op, Index value);

  program::Writer &writer;
  llvm::DenseMap<mlir::Value, Index> known;
  mlir::Value stopped;
};

} // namespace tessera

#endif // TESSERA_COMPILER_EXPRESSIONS_H
