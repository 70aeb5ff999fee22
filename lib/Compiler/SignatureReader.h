// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of reading one signature: parameters first, then what the joined
// contract of the function says of them.
#ifndef TESSERA_LIB_COMPILER_SIGNATUREREADER_H
#define TESSERA_LIB_COMPILER_SIGNATUREREADER_H

#include "tessera/Compiler/Expressions.h"
#include "tessera/Compiler/Signature.h"

#include "Bsa/Analysis/FunctionContract.h"

namespace tessera {

class SignatureReader {
public:
  SignatureReader(mlir::func::FuncOp function,
                  llvm::SmallVectorImpl<mlir::Value> &computed)
      : function(function), contract(function), computed(computed),
        expressions(writer) {}
  mlir::FailureOr<program::Writer> read();

private:
  using Index = program::Index;

  // Parameters.
  mlir::LogicalResult addParam(mlir::Value value, mlir::Type type,
                               mlir::DictionaryAttr attrs, bool isOutput,
                               unsigned number);
  std::string nameOf(mlir::Value value, mlir::DictionaryAttr attrs,
                     bool isOutput, unsigned number);
  mlir::LogicalResult setType(program::Param &param, mlir::Value value,
                              mlir::Type type, bool isOutput);
  void addDim(program::Param &param, int64_t dim, mlir::Value value,
              mlir::RankedTensorType type);
  void addComputed(mlir::Value value);

  // Numbers.
  Index referenceTo(bsa::DimClass dim);
  Index referenceTo(mlir::Value value, int64_t dim, int64_t extent);
  Index referenceTo(mlir::Operation *op, llvm::StringRef symbol) {
    return referenceTo(contract.symbolOf(op, symbol));
  }
  /// An argument, or an expression; else a scalar that is computed.
  Index scalar(mlir::Value value);
  std::optional<Index> leaf(mlir::Value value);
  Index symbolOf(Index param);
  /// The argument that a tensor is, perhaps cast; none: an op made it.
  std::optional<Index> paramOf(mlir::Value value) const;

  // Constraints.
  void addRanges();
  void addRange(const bsa::Contract::Range &range);
  void addPositive(const bsa::Contract::Positive &positive);
  void addGates();
  void addGrid(mlir::Operation *op, const bsa::Contract::Grid &grid);
  void addSizes(mlir::Operation *op, const bsa::Contract::Sizes &sizes);
  void addLists(mlir::Operation *op, const bsa::Contract::Lists &lists);
  void addMultiple(mlir::Operation *op,
                   const bsa::Contract::Multiple &multiple);
  bool isDetermined(Index extent) const;
  void addConstraints();

  mlir::func::FuncOp function;
  bsa::FunctionContract contract;
  llvm::SmallVectorImpl<mlir::Value> &computed;
  program::Writer writer;
  ExpressionReader expressions;
  llvm::DenseMap<bsa::DimClass, Index> references;
  llvm::DenseMap<mlir::Value, Index> params;
};

} // namespace tessera

#endif // TESSERA_LIB_COMPILER_SIGNATUREREADER_H
