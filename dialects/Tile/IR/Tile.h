// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `tile` dialect: types, attributes and operations.

#ifndef TILE_IR_TILE_H
#define TILE_IR_TILE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "Tile/IR/TileDialect.h.inc"
#include "Tile/IR/TileEnums.h.inc"

namespace tessera::tile {
/// On an argument of a kernel, a number or memory of numbers: none is negative.
inline constexpr llvm::StringLiteral kNaturalAttrName = "tile.natural";
/// On a kernel: the plan that it was made by, as text.
inline constexpr llvm::StringLiteral kPlanAttrName = "tile.plan";
/// Rows that one product of a warpgroup has.
inline constexpr int64_t kRows = 64;
/// Of these, the rows that each warp stores.
inline constexpr int64_t kWarpRows = 16;
/// Rows and columns of a buffer come by so many, and the copy engine moves up to
/// kMostRows of each at once.
inline constexpr int64_t kRowStep = 8, kMostRows = 256;
/// A thread's registers are handed out by so many (setmaxnreg).
inline constexpr int64_t kRegisterStep = 8, kLeastRegisters = 24,
                         kMostRegisters = 256;
/// Whether a tensor lies in registers by `#tile.layout<place>`.
bool hasPlace(mlir::Type type, Place place);
/// The same tensor by another layout, with other columns, or one element a row.
mlir::RankedTensorType withPlace(mlir::RankedTensorType type, Place place);
mlir::RankedTensorType withColumns(mlir::RankedTensorType type,
                                   int64_t columns);
mlir::RankedTensorType rowsOf(mlir::RankedTensorType type);
} // namespace tessera::tile

#define GET_ATTRDEF_CLASSES
#include "Tile/IR/TileAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "Tile/IR/TileTypes.h.inc"

#define GET_OP_CLASSES
#include "Tile/IR/TileOps.h.inc"

#endif // TILE_IR_TILE_H
