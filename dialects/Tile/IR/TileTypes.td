// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types of the `tile` dialect and the tensors its ops take.

#ifndef TILE_TYPES_TD
#define TILE_TYPES_TD

include "Tile/IR/TileAttrs.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/CommonTypeConstraints.td"

class Tile_Type<string name, string typeMnemonic> : TypeDef<Tile_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Tile_Buffer : Tile_Type<"Buffer", "buffer"> {
  let summary = "A matrix in shared memory";
  let description = [{
    `rows` by `columns`, stored in panels as wide as the swizzle's span (128, 64
    or 32 bytes), one panel after the other, each row of a panel with its 16-byte
    pieces exchanged as the copy engine and the matrix unit expect.

    Example: `!tile.buffer<64x128xbf16, swizzle = 128>`
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns,
                        "::mlir::Type":$element,
                        TypeParameter<"int64_t", "bytes">:$swizzle);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getElementBytes() const;
    int64_t getBytes() const { return getRows() * getColumns() * getElementBytes(); }
    /// Columns of one panel, and bytes from one panel to the next.
    int64_t getPanelColumns() const { return getSwizzle() / getElementBytes(); }
    int64_t getPanelBytes() const { return getRows() * getSwizzle(); }
    int64_t getPanels() const { return getColumns() / getPanelColumns(); }
  }];
}

def Tile_Map : Tile_Type<"Map", "map"> {
  let summary = "Global memory seen through the copy engine, a tile at a time";
  let description = [{
    A tensor map over [batch, head, token, feature], whatever the strides. A load
    or a store moves `rows` tokens of one head; tokens past the end read as 0 and
    are not written. The copy engine moves a `box` at a time: the whole tile, or, of
    a map that is stored to, the rows of one warp and the columns of the staging.

    Example: `!tile.map<64x128xbf16, swizzle = 128, box = 16x64>`
  }];
  let parameters = (ins "::tessera::tile::BufferType":$tile,
                        TypeParameter<"int64_t", "rows of a box">:$boxRows,
                        TypeParameter<"int64_t", "columns of a box">:$boxColumns);
  let builders = [TypeBuilderWithInferredContext<(ins
      "::tessera::tile::BufferType":$tile), [{
    return $_get(tile.getContext(), tile, tile.getRows(), tile.getColumns());
  }]>];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isWhole() const {
      return getBoxRows() == getTile().getRows() &&
             getBoxColumns() == getTile().getColumns();
    }
    /// Panels side by side in a box.
    int64_t getBoxPanels() const {
      return getBoxColumns() / getTile().getPanelColumns();
    }
  }];
}

def Tile_Ring : Tile_Type<"Ring", "ring"> {
  let summary = "Stages of shared memory that go round between two roles";
  let description = [{
    `lanes` independent rings of `stages` stages. A stage holds one buffer and one
    i32, the note; `buffer = none` leaves the note alone. `readers` agents read
    each stage, and all must release it before it is filled again.

    Example: `!tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>`
  }];
  let parameters = (ins
    "int64_t":$stages, "::tessera::tile::BufferType":$buffer,
    TypeParameter<"int64_t", "independent rings">:$lanes,
    TypeParameter<"int64_t", "agents that read each stage">:$readers);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Tile_Staging : Tile_Type<"Staging", "staging"> {
  let summary = "Shared memory through which agents store";
  let description = [{
    `lanes` buffers of 64 rows, one an agent, which the copy engine reads as the
    agent's rows leave for global memory; a wider tensor goes through it in parts.

    Example: `!tile.staging<64x64xbf16, swizzle = 128, lanes = 3>`
  }];
  let parameters = (ins
    "::tessera::tile::BufferType":$buffer,
    TypeParameter<"int64_t", "buffers, one an agent">:$lanes);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Tile_FreeStage : Tile_Type<"FreeStage", "free"> {
  let summary = "A stage that its producer has taken and not yet filled";
  let description = [{
    Comes from `tile.acquire`; one `tile.load` or `tile.commit` fills it.

    Example: `!tile.free<64x128xbf16, swizzle = 128>`
  }];
  let parameters = (ins "::tessera::tile::BufferType":$buffer);
  let hasCustomAssemblyFormat = 1;
}

def Tile_FullStage : Tile_Type<"FullStage", "full"> {
  let summary = "A stage that holds data, until it is released";
  let description = [{
    Comes from `tile.wait`; `tile.release` ends it.

    Example: `!tile.full<64x128xbf16, swizzle = 128>`
  }];
  let parameters = (ins "::tessera::tile::BufferType":$buffer);
  let hasCustomAssemblyFormat = 1;
}

def Tile_Pending : Tile_Type<"Pending", "pending"> {
  let summary = "A product that has been started";
  let description = [{
    Nothing may be done with it but wait for it.

    Example: `!tile.pending<tensor<64x64xf32, #tile.layout<accumulator>>>`
  }];
  let parameters = (ins "::mlir::RankedTensorType":$tensor);
  let assemblyFormat = "`<` $tensor `>`";
}

class Tile_Fragment<string place, list<Type> elements, string text>
    : ConfinedType<RankedTensorOf<elements>,
        [CPred<"::tessera::tile::hasPlace($_self, ::tessera::tile::Place::"
               # place # ")">], text, "::mlir::RankedTensorType">;

def Tile_Accumulator : Tile_Fragment<"Accumulator", [F32],
    "tensor [64, n] of f32 laid out as an accumulator">;
def Tile_Halves : Tile_Fragment<"Accumulator", [BF16, F16],
    "tensor [64, n] of bf16 or f16 laid out as an accumulator">;
def Tile_Columns : Tile_Fragment<"Accumulator", [I32],
    "tensor [64, n] of i32 laid out as an accumulator">;
def Tile_ColumnFlags : Tile_Fragment<"Accumulator", [I1],
    "tensor [64, n] of i1 laid out as an accumulator">;
def Tile_Operand : Tile_Fragment<"Operand", [BF16, F16],
    "tensor [64, k] of bf16 or f16 laid out as a left operand">;
def Tile_Rows : Tile_Fragment<"Row", [F32], "tensor [64] of f32, one for each row">;
def Tile_RowNumbers : Tile_Fragment<"Row", [I32], "tensor [64] of i32, one for each row">;
def Tile_Flags : Tile_Fragment<"Row", [I1], "tensor [64] of i1, one for each row">;
def Tile_Splat : AnyTypeOf<[Tile_Accumulator, Tile_Columns, Tile_ColumnFlags,
    Tile_Rows, Tile_RowNumbers, Tile_Flags],
    "tensor of f32, i32 or i1 laid out as an accumulator or as rows",
    "::mlir::RankedTensorType">;

#endif // TILE_TYPES_TD
