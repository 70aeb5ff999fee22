// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `tile` dialect that write results to global memory.

#ifndef TILE_STORE_OPS_TD
#define TILE_STORE_OPS_TD

include "Tile/IR/TileOpBase.td"

//===----------------------------------------------------------------------===//
// Stores through shared memory
//===----------------------------------------------------------------------===//

def Tile_MakeStagingOp : Tile_Op<"make_staging", [HasParent<"KernelOp">,
    MemoryEffects<[MemAlloc]>]> {
  let summary = "Shared memory through which agents store";
  let description = [{
    Written `%out = tile.make_staging : !tile.staging<64x64xbf16, swizzle = 128, lanes = 3>`.

    Example: see `tile.store_async`.
  }];
  let results = (outs Tile_Staging:$staging);
  let assemblyFormat = "attr-dict `:` qualified(type($staging))";
}

// C1 the map has the tensor's shape and elements; so has the staging, but for
// its columns, of which the tensor has a multiple.  C2 the map's box is what a
// warp stores at a time: its 16 rows of the staging.
def Tile_StoreAsyncOp : Tile_Op<"store_async"> {
  let summary = "Store a tensor to global memory, asynchronously";
  let description = [{
    Puts the tensor into the agent's staging, part by part, and lets the copy
    engine take it from there. A lane of the staging is one agent's. Rows past the end of the sequence are not written.
    What is written can be relied on after `tile.store_wait`; an agent waits before
    it ends.

    With `add`, each element is added to what is there, and the sum is rounded; adds
    of several agents to one element are all made, in any order.

    Example:
    ```mlir
    #accumulator = #tile.layout<accumulator>
    #operand = #tile.layout<operand>
    #row = #tile.layout<row>

    // out = q k', the rows from `size` on 0; one tile of 64 rows a CTA.
    tile.kernel @products(%q: !tile.map<64x128xbf16, swizzle = 128>,
                          %k: !tile.map<64x128xbf16, swizzle = 128>,
                          %out: !tile.map<64x64xbf16, swizzle = 128, box = 16x64>,
                          %size: i32) {
      %c0 = arith.constant 0 : index
      %c64 = arith.constant 64 : index
      %cta = tile.cta
      %token = arith.muli %cta, %c64 : index
      %ring = tile.make_ring : !tile.ring<2 x 64x128xbf16, swizzle = 128>
      %staging = tile.make_staging : !tile.staging<64x64xbf16, swizzle = 128>
      tile.role @load agents(1) each thread registers(40) (%agent) {
        %qs = tile.acquire %ring[%agent] note(%size) : !tile.ring<2 x 64x128xbf16, swizzle = 128>
        tile.load %q[%c0, %c0, %token] into %qs : !tile.map<64x128xbf16, swizzle = 128>
        %ks = tile.acquire %ring[%agent] : !tile.ring<2 x 64x128xbf16, swizzle = 128>
        tile.load %k[%c0, %c0, %token] into %ks : !tile.map<64x128xbf16, swizzle = 128>
      }
      tile.role @multiply agents(1) each warpgroup registers(208) (%agent) {
        %qs = tile.wait %ring[%agent] : !tile.ring<2 x 64x128xbf16, swizzle = 128>
        %end = tile.note %qs : !tile.full<64x128xbf16, swizzle = 128>
        %query = tile.load_fragment %qs : !tile.full<64x128xbf16, swizzle = 128>
            -> tensor<64x128xbf16, #operand>
        %ks = tile.wait %ring[%agent] : !tile.ring<2 x 64x128xbf16, swizzle = 128>
        %pending = tile.mma %query, %ks transposed
            : tensor<64x128xbf16, #operand>, !tile.full<64x128xbf16, swizzle = 128>
            -> tensor<64x64xf32, #accumulator>
        %product = tile.mma_wait %pending : !tile.pending<tensor<64x64xf32, #accumulator>>
        // The product was the first to use the rows; %end is used later.
        tile.release %qs after(%end : i32) : !tile.full<64x128xbf16, swizzle = 128>
        tile.release %ks : !tile.full<64x128xbf16, swizzle = 128>
        %row = tile.row_numbers : tensor<64xi32, #row>
        %ends = tile.splat %end : tensor<64xi32, #row>
        %valid = arith.cmpi slt, %row, %ends : tensor<64xi32, #row>
        %one = arith.constant dense<1.0> : tensor<64xf32, #row>
        %none = arith.constant dense<0.0> : tensor<64xf32, #row>
        %factor = arith.select %valid, %one, %none : tensor<64xi1, #row>, tensor<64xf32, #row>
        %factors = tile.expand_rows %factor : tensor<64x64xf32, #accumulator>
        %kept = arith.mulf %product, %factors : tensor<64x64xf32, #accumulator>
        %rounded = arith.truncf %kept
            : tensor<64x64xf32, #accumulator> to tensor<64x64xbf16, #accumulator>
        tile.store_async %rounded through %staging[%agent] to %out[%c0, %c0, %token]
            : tensor<64x64xbf16, #accumulator>,
              !tile.staging<64x64xbf16, swizzle = 128>,
              !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
        tile.store_wait
      }
    }
    ```
  }];
  let arguments = (ins Tile_Halves:$value, Arg<Tile_Staging, "", [MemWrite]>:$staging,
                       Index:$lane, Tile_Map:$map, Index:$batch, Index:$head,
                       Index:$token, UnitAttr:$adds);
  let assemblyFormat = [{
    $value `through` $staging `[` $lane `]` (`add` $adds^)? `to`
    $map `[` $batch `,` $head `,` $token `]` attr-dict
    `:` type($value) `,` qualified(type($staging)) `,` qualified(type($map))
  }];
  let hasVerifier = 1;
}

def Tile_StoreWaitOp : Tile_Op<"store_wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "Wait until all that the agent stored is written";
  let description = [{
    Written `tile.store_wait`.

    Example: see `tile.store_async`.
  }];
  let assemblyFormat = "attr-dict";
}

//===----------------------------------------------------------------------===//
// Values of rows
//===----------------------------------------------------------------------===//

def Tile_StoreRowsOp : Tile_Op<"store_rows"> {
  let summary = "One value a row to global memory";
  let description = [{
    Writes the value of row r to `target[index + r]`, for r below `limit`.

    Written
    `tile.store_rows %lse, %out[%first] limit(%rows) : tensor<64xf32, #row>, memref<?xf32>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Tile_Rows:$value,
                       Arg<MemRefRankOf<[F32], [1]>, "", [MemWrite]>:$target,
                       Index:$index, Index:$limit);
  let assemblyFormat = [{
    $value `,` $target `[` $index `]` `limit` `(` $limit `)` attr-dict
    `:` type($value) `,` type($target)
  }];
}

#endif // TILE_STORE_OPS_TD
