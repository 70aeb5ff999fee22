// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every operation of the `tile` dialect builds on.

#ifndef TILE_OP_BASE_TD
#define TILE_OP_BASE_TD

include "Tile/IR/TileTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, traits>;

#endif // TILE_OP_BASE_TD
