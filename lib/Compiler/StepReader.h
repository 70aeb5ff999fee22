// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of reading the steps of one function.
#ifndef TESSERA_LIB_COMPILER_STEPREADER_H
#define TESSERA_LIB_COMPILER_STEPREADER_H

#include "tessera/Compiler/Expressions.h"

#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace tessera {

class StepReader {
public:
  StepReader(mlir::func::FuncOp function, program::Writer &writer,
             bool threadReleases)
      : function(function), writer(writer), expressions(writer),
        threadReleases(threadReleases) {}
  mlir::LogicalResult read();

private:
  using Index = program::Index;
  template <typename T>
  using Or = mlir::FailureOr<T>;

  // Numbers. What cannot be read is an error at `user`.
  Or<Index> number(mlir::Operation *user, mlir::Value value);
  std::optional<Index> leaf(mlir::Value value);
  std::optional<Index> extentOf(mlir::Value buffer, int64_t dim);
  std::optional<Index> strideOf(mlir::Value buffer, int64_t dim);
  Index product(Index x, Index y);

  // Memory.
  Or<program::Memory> memoryOf(mlir::Operation *user, mlir::Value buffer);
  Or<Index> bufferOf(mlir::memref::AllocOp op);
  /// A parameter is used so that the constraint must hold of it.
  void require(program::ConstraintKind kind, const program::Memory &memory);
  void placeBuffers();

  // Operands.
  Or<program::Operand> operand(tile::LaunchOp op, unsigned number,
                               tile::KernelOp kernel);
  Or<program::Operand> realOperand(tile::LaunchOp op, mlir::Value value);
  Or<Index> mapOf(tile::MakeMapOp op);

  // Steps.
  mlir::LogicalResult readStep(mlir::Operation &op);
  mlir::LogicalResult readChoice(tile::ChooseOp op);
  mlir::LogicalResult addStep(llvm::ArrayRef<mlir::Operation *> ways,
                              Index choice);
  Or<program::Action> action(mlir::Operation *op);
  Or<program::Action> launch(tile::LaunchOp op);
  Or<Index> kernelOf(mlir::Operation *user, mlir::SymbolRefAttr name);

  mlir::func::FuncOp function;
  program::Writer &writer;
  ExpressionReader expressions;
  bool threadReleases;
  llvm::DenseMap<mlir::Operation *, Index> buffers, maps, kernels;
};

} // namespace tessera

#endif // TESSERA_LIB_COMPILER_STEPREADER_H
