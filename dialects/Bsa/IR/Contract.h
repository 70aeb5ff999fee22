// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The contract of one `bsa` op: which dimensions of its operands and results
// agree, and which values its scalars and lists may take. Stated once by each
// op; verifiers, shape inference and the checks of compiled code are derived.

#ifndef BSA_IR_CONTRACT_H
#define BSA_IR_CONTRACT_H

#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/Value.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <optional>

namespace tessera::bsa {

/// Dimensions are named by short symbols ("B", "Sq", ..) that hold within one
/// op. A value that is absent (null) may be passed anywhere and says nothing.
class Contract {
public:
  /// One value and the symbols of its dimensions. A block map has the virtual
  /// dimensions [B, H, Nq, Nkv].
  struct Shape {
    mlir::Value value;
    llvm::StringRef role;
    llvm::SmallVector<llvm::StringRef, 4> symbols;
    unsigned broadcast; ///< bit d: dimension d may be 1 instead
    bool mayRepeat(int64_t dim) const { return broadcast >> dim & 1; }
  };
  /// blocks == ceil(length / block)
  struct Blocks {
    llvm::StringRef blocks, length;
    int64_t block;
  };
  /// whole is a multiple of part
  struct Multiple {
    llvm::StringRef whole, part;
  };
  /// Token counts of blocks: 0 .. block, the last block's within the length.
  struct Sizes {
    mlir::Value value;
    llvm::StringRef length;
    int64_t block;
  };
  /// Distinct ids in 0 .. keyBlocks-1, the first `count` of each list.
  struct Lists {
    mlir::Value index, count;
    llvm::StringRef keyBlocks;
    bool ascending;
  };
  /// minimum <= value <= maximum
  struct Range {
    mlir::Value value;
    llvm::StringRef role;
    int64_t minimum, maximum;
  };
  /// An f32 that is finite and above 0.
  struct Positive {
    mlir::Value value;
    llvm::StringRef role;
  };
  /// raster == text + time * height * width; packed == all blocks * volume.
  struct Grid {
    llvm::StringRef raster, packed, blocks;
    mlir::Value time, height, width, text;
    int64_t cube[3];
  };

  void shape(mlir::Value value, llvm::StringRef role,
             std::initializer_list<llvm::StringRef> symbols);
  void gate(mlir::Value value, llvm::StringRef role,
            std::initializer_list<llvm::StringRef> symbols);
  void fixed(llvm::StringRef symbol, int64_t extent, llvm::StringRef because);
  void blocks(llvm::StringRef blocks, llvm::StringRef length, int64_t block);
  void multiple(llvm::StringRef whole, llvm::StringRef part);
  /// [N], or [B or 1, N], by the value's rank.
  void sizes(mlir::Value value, llvm::StringRef role, llvm::StringRef blocks,
             llvm::StringRef length, int64_t block);
  void lists(mlir::Value index, mlir::Value count, llvm::StringRef keyBlocks,
             bool ascending);
  void range(mlir::Value value, llvm::StringRef role, int64_t minimum,
             int64_t maximum);
  void positive(mlir::Value value, llvm::StringRef role);
  void grid(const Grid &grid);

  /// The extent of `symbol`, if a static dimension gives it.
  std::optional<int64_t> staticExtent(llvm::StringRef symbol) const;

  struct Fixed {
    llvm::StringRef symbol;
    int64_t extent;
    llvm::StringRef because;
  };
  llvm::SmallVector<Shape> shapes;
  llvm::SmallVector<Fixed, 1> fixedSymbols;
  llvm::SmallVector<Blocks, 2> blockCounts;
  llvm::SmallVector<Multiple, 1> multiples;
  llvm::SmallVector<Sizes, 2> sizeLists;
  llvm::SmallVector<Lists, 1> listSets;
  llvm::SmallVector<Range, 2> ranges;
  llvm::SmallVector<Positive, 1> positives;
  llvm::SmallVector<Grid, 1> grids;
  /// Role of each operand and result that a call could be asked for.
  llvm::SmallVector<std::pair<mlir::Value, llvm::StringRef>> roles;
};

/// The contract's say on static dimensions, as a verifier.
llvm::LogicalResult verifyContract(mlir::Operation *op);

using NamedValue = std::pair<llvm::StringRef, mlir::Value>;

/// All values (absent ones aside) have the first one's element type.
llvm::LogicalResult verifyOneElementType(mlir::Operation *op,
                                         llvm::ArrayRef<NamedValue> values);

/// Reads dimension `index` of `value` as an SSA value of type `index`.
using ReadDim =
    llvm::function_ref<mlir::Value(mlir::Value value, int64_t index)>;

/// The run-time extent of `symbol` within `contract`: read from a shape of a
/// `known` value that carries it, or computed from block counts and grids.
/// Null if the contract does not determine it.
mlir::Value resolveSymbol(mlir::OpBuilder &builder, mlir::Location loc,
                          const Contract &contract, llvm::StringRef symbol,
                          llvm::function_ref<bool(mlir::Value)> known,
                          ReadDim read);

/// The raster length, packed length or block count of a grid, whichever
/// `symbol` names, from its scalars.
mlir::Value resolveGrid(mlir::OpBuilder &builder, mlir::Location loc,
                        const Contract::Grid &grid, llvm::StringRef symbol);

/// `reifyResultShapes` of every op with a contract.
llvm::LogicalResult
reifyFromContract(mlir::OpBuilder &builder, mlir::Operation *op,
                  mlir::ReifiedRankedShapedTypeDims &shapes);

} // namespace tessera::bsa

#endif // BSA_IR_CONTRACT_H
