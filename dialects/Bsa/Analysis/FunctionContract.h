// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The contracts of all `bsa` ops of one function, joined: which dimensions of
// which values are the same number, and where that number comes from.

#ifndef BSA_ANALYSIS_FUNCTIONCONTRACT_H
#define BSA_ANALYSIS_FUNCTIONCONTRACT_H

#include "Bsa/IR/Bsa.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/IntEqClasses.h"
#include <compare>
#include <optional>
#include <vector>

namespace tessera::bsa {

/// What `value` is a tensor.cast of; null if it is none.
mlir::Value castSource(mlir::Value value);

/// A dimension known by one number throughout a function.
using DimClass = unsigned;

class FunctionContract {
public:
  explicit FunctionContract(mlir::func::FuncOp function);

  /// The class of dimension `index` of a tensor (or of a map's virtual [B, H,
  /// Nq, Nkv]) that some `bsa` op names. None for a dynamic dimension of an
  /// argument that is a gate and nothing else: see gatedBy.
  std::optional<DimClass> dimOf(mlir::Value value, int64_t index) const;
  /// Where argument `value` is a gate: the classes of which dynamic dimension
  /// `index` is each or else 1. That says nothing of what these classes are.
  llvm::ArrayRef<DimClass> gatedBy(mlir::Value value, int64_t index) const;
  /// The class of an op's own symbol.
  DimClass symbolOf(mlir::Operation *op, llvm::StringRef symbol) const;
  std::optional<int64_t> staticExtent(DimClass dim) const;
  /// One number that types say to be two, which no op sees, for each sees one.
  struct Contradiction {
    DimClass dim;
    int64_t low, high;
    auto operator<=>(const Contradiction &) const = default;
  };
  std::optional<Contradiction> findContradiction() const {
    return contradiction;
  }
  /// The name most ops give it ("Sq"); unique among the classes.
  llvm::StringRef nameOf(DimClass dim) const { return names.lookup(dim); }
  /// The name of the operand that `value` feeds or the result it is, or "".
  llvm::StringRef roleOf(mlir::Value value) const {
    return roles.lookup(value);
  }

  /// Every op with its contract, in program order.
  struct Entry {
    mlir::Operation *op;
    Contract contract;
  };
  llvm::ArrayRef<Entry> entries() const { return opContracts; }

  /// Materialises extents at one place of a function whose tensors have become
  /// buffers: `read` gives dimension `index` of a function argument, `scalar`
  /// the value that replaced a scalar.
  struct Source {
    llvm::function_ref<mlir::Value(mlir::BlockArgument, int64_t)> read;
    llvm::function_ref<mlir::Value(mlir::Value)> scalar;
  };
  mlir::Value materialize(mlir::OpBuilder &builder, mlir::Location loc,
                          DimClass dim, const Source &source) const;

private:
  using Dim = std::pair<mlir::Value, int64_t>; ///< and its index

  void join(mlir::Operation *op);
  unsigned nodeOf(mlir::Value value, int64_t index);
  unsigned nodeOf(mlir::Operation *op, llvm::StringRef symbol);
  void joinShape(mlir::Operation *op, const Contract::Shape &shape);
  void joinTies();
  void collectGates();
  void nameClasses();
  void learnExtents();
  void learn(DimClass dim, int64_t extent);
  mlir::Value materializeDerived(mlir::OpBuilder &builder, mlir::Location loc,
                                 DimClass dim, const Source &source) const;

  mlir::func::FuncOp function;
  std::vector<Entry> opContracts;
  llvm::IntEqClasses classes;
  unsigned nodes = 0;
  llvm::DenseMap<Dim, unsigned> valueNodes;
  std::map<std::pair<mlir::Operation *, std::string>, unsigned> symbolNodes;
  std::vector<std::pair<unsigned, unsigned>> ties;
  std::vector<std::pair<Dim, unsigned>> gateNodes; ///< and an op's symbol
  llvm::DenseMap<Dim, llvm::SmallVector<DimClass, 1>> gates;
  llvm::DenseMap<DimClass, int64_t> extents;
  std::optional<Contradiction> contradiction;
  llvm::DenseMap<DimClass, llvm::StringRef> names;
  std::vector<std::unique_ptr<std::string>> ownedNames;
  llvm::DenseMap<mlir::Value, llvm::StringRef> roles;
};

} // namespace tessera::bsa

#endif // BSA_ANALYSIS_FUNCTIONCONTRACT_H
