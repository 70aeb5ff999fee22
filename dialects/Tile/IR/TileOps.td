// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `tile` dialect: the program here, the others by what they are
// about.

#ifndef TILE_OPS_TD
#define TILE_OPS_TD

include "Tile/IR/TileOpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

// C1 a kernel has one block: rings, then roles, uniform scalars anywhere.
// C2 it gives no results.  C3 it has at least one role.  C4 no operation gives a
// map, memory, a ring or staging but those that make them.  C5 a lane of
// staging exists and one agent stores through it, as far as constants and agents'
// numbers say.  C6 assemblers take its name.
def Tile_KernelOp : Tile_Op<"kernel", [FunctionOpInterface, IsolatedFromAbove,
    Symbol, NoTerminator, SingleBlock]> {
  let summary = "The program of one CTA";
  let description = [{
    Arguments are tensor maps, memrefs in global memory, and scalars. Before the
    roles stand rings and scalars that all roles see. The roles begin together,
    once every ring is ready, and the kernel ends with the last of them.

    Example:
    ```mlir
    #accumulator = #tile.layout<accumulator>
    #operand = #tile.layout<operand>
    #row = #tile.layout<row>

    // out[t] = the largest product of query[t] with a key of the listed tiles, in
    // each of which only the keys below the tile's size count.
    tile.kernel @largest(%query: !tile.map<64x128xbf16, swizzle = 128>,
                         %keys: !tile.map<64x128xbf16, swizzle = 128>,
                         %list: memref<?xi32>, %sizes: memref<?xi32>, %tiles: index,
                         %started: memref<?xi32>, %out: memref<?xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c64 = arith.constant 64 : index
      %cta = tile.cta
      %first = arith.muli %cta, %c64 : index
      %ring = tile.make_ring : !tile.ring<4 x 64x128xbf16, swizzle = 128>
      tile.role @load agents(1) each thread registers(40) (%agent) {
        // No CTA runs more than one ahead of those before it.
        %one = arith.constant 1 : i32
        %before = arith.index_cast %cta : index to i32
        %enough = arith.subi %before, %one : i32
        tile.await %started[%c0] reaches %enough : memref<?xi32>
        %old = tile.atomic_add %one to %started[%c0] : memref<?xi32>
        %qs = tile.acquire %ring[%agent] : !tile.ring<4 x 64x128xbf16, swizzle = 128>
        tile.load %query[%c0, %c0, %first] into %qs : !tile.map<64x128xbf16, swizzle = 128>
        scf.for %i = %c0 to %tiles step %c1 {
          %id = memref.load %list[%i] : memref<?xi32>
          %tile = arith.index_cast %id : i32 to index
          %size = memref.load %sizes[%tile] : memref<?xi32>
          %token = arith.muli %tile, %c64 : index
          %stage = tile.acquire %ring[%agent] note(%size) : !tile.ring<4 x 64x128xbf16, swizzle = 128>
          tile.load %keys[%c0, %c0, %token] into %stage : !tile.map<64x128xbf16, swizzle = 128>
        }
      }
      tile.role @multiply agents(1) each warpgroup registers(208) (%agent) {
        %none = arith.constant dense<0xFF800000> : tensor<64x64xf32, #accumulator>
        %none_rows = arith.constant dense<0xFF800000> : tensor<64xf32, #row>
        %column = tile.columns : tensor<64x64xi32, #accumulator>
        %qs = tile.wait %ring[%agent] : !tile.ring<4 x 64x128xbf16, swizzle = 128>
        %rows = tile.load_fragment %qs : !tile.full<64x128xbf16, swizzle = 128>
            -> tensor<64x128xbf16, #operand>
        tile.release %qs after(%rows : tensor<64x128xbf16, #operand>)
            : !tile.full<64x128xbf16, swizzle = 128>
        %largest = scf.for %i = %c0 to %tiles step %c1 iter_args(%before = %none_rows)
            -> (tensor<64xf32, #row>) {
          %stage = tile.wait %ring[%agent] : !tile.ring<4 x 64x128xbf16, swizzle = 128>
          %note = tile.note %stage : !tile.full<64x128xbf16, swizzle = 128>
          %pending = tile.mma %rows, %stage transposed
              : tensor<64x128xbf16, #operand>, !tile.full<64x128xbf16, swizzle = 128>
              -> tensor<64x64xf32, #accumulator>
          %product = tile.mma_wait %pending : !tile.pending<tensor<64x64xf32, #accumulator>>
          tile.release %stage after(%note : i32) : !tile.full<64x128xbf16, swizzle = 128>
          %end = tile.splat %note : tensor<64x64xi32, #accumulator>
          %valid = arith.cmpi slt, %column, %end : tensor<64x64xi32, #accumulator>
          %masked = arith.select %valid, %product, %none
              : tensor<64x64xi1, #accumulator>, tensor<64x64xf32, #accumulator>
          %here = tile.row_reduce max %masked : tensor<64x64xf32, #accumulator>
          %after = arith.maxnumf %before, %here : tensor<64xf32, #row>
          scf.yield %after : tensor<64xf32, #row>
        }
        tile.store_rows %largest, %out[%first] limit(%c64)
            : tensor<64xf32, #row>, memref<?xf32>
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
    TypeAttrOf<FunctionType>:$function_type,
    OptionalAttr<DictArrayAttr>:$arg_attrs,
    OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() {
      return getFunctionType().getInputs();
    }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() {
      return getFunctionType().getResults();
    }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
  }];
}

// C1 there is an agent.  C2 registers are a multiple of 8 in 24..256, as setmaxnreg
// wants.  C3 only warpgroups have tensors and products.  C4 tensors have a layout.
def Tile_RoleOp : Tile_Op<"role", [HasParent<"KernelOp">, NoTerminator,
    SingleBlock]> {
  let summary = "What some warps of the CTA do";
  let description = [{
    `agents` agents, `each` a thread, a warp or a warpgroup, carry out the body,
    concurrently with one another and with the other roles; the body's argument
    numbers the agent. A thread has a warp of its own, which idles beside it.
    `registers` is the budget of each thread.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$agents,
                       Tile_AgentKindAttr:$each, OptionalAttr<I64Attr>:$registers);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `agents` `(` $agents `)` `each` $each
    (`registers` `(` $registers^ `)`)? custom<AgentBody>($body)
    attr-dict-with-keyword
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::BlockArgument getAgent() { return getBody().getArgument(0); }
    /// Warps that an agent occupies.
    int64_t getWarps() { return getEach() == AgentKind::Warpgroup ? 4 : 1; }
  }];
}

class Tile_Special<string mnemonic, string text>
    : Tile_Op<mnemonic, [Pure]> {
  let summary = text;
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict";
}

def Tile_CtaOp : Tile_Special<"cta", "Number of this CTA in the grid"> {
  let description = "Example: see `tile.kernel`.";
}
def Tile_CtasOp : Tile_Special<"ctas", "CTAs in the grid"> {
  let description = "Example: see `tile.kernel`.";
}

include "Tile/IR/TileLaunchOps.td"
include "Tile/IR/TileRingOps.td"
include "Tile/IR/TileTensorOps.td"
include "Tile/IR/TileStoreOps.td"

#endif // TILE_OPS_TD
