// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attributes of the `tile` dialect.

#ifndef TILE_ATTRS_TD
#define TILE_ATTRS_TD

include "Tile/IR/TileDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Tile_Place : I32EnumAttr<"Place", "how a tensor lies in registers", [
    I32EnumAttrCase<"Accumulator", 0, "accumulator">,
    I32EnumAttrCase<"Operand", 1, "operand">,
    I32EnumAttrCase<"Row", 2, "row">]> {
  let cppNamespace = "::tessera::tile";
  let genSpecializedAttr = 0;
}

def Tile_LayoutAttr : AttrDef<Tile_Dialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "How a tensor lies in the registers of a warpgroup";
  let description = [{
    `accumulator`: [64, n] as a product leaves it; a thread has two elements of
    every eight columns in two rows eight apart. `operand`: [64, k] of a 16-bit
    type as the left operand of a product. `row`: [64], one element for each row,
    held by every thread that has a part of that row.

    Example: `#tile.layout<accumulator>`
  }];
  let parameters = (ins EnumParameter<Tile_Place>:$place);
  let assemblyFormat = "`<` $place `>`";
}

def Tile_Reduction : I32EnumAttr<"Reduction", "how elements are joined", [
    I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Max", 1, "max">]> {
  let cppNamespace = "::tessera::tile";
  let genSpecializedAttr = 0;
}

def Tile_ReductionAttr : EnumAttr<Tile_Dialect, Tile_Reduction, "reduction"> {
  let summary = "How elements are joined: their sum or the largest";
  let description = [{
    Ops write the bare word.

    Example: `#tile<reduction max>`
  }];
}

def Tile_AgentKind : I32EnumAttr<"AgentKind", "what an agent is", [
    I32EnumAttrCase<"Thread", 0, "thread">, I32EnumAttrCase<"Warp", 1, "warp">,
    I32EnumAttrCase<"Warpgroup", 2, "warpgroup">]> {
  let cppNamespace = "::tessera::tile";
  let genSpecializedAttr = 0;
}

def Tile_AgentKindAttr : EnumAttr<Tile_Dialect, Tile_AgentKind, "agent"> {
  let summary = "What an agent is: a thread, a warp or a warpgroup";
  let description = [{
    Roles write the bare word.

    Example: `#tile<agent warpgroup>`
  }];
}

#endif // TILE_ATTRS_TD
