// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `tile` dialect.

#ifndef TILE_OPS_TD
#define TILE_OPS_TD

include "Tile/IR/TileTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

// C1 a kernel has one block: rings, then roles, uniform scalars anywhere.
// C2 it gives no results.  C3 it has at least one role.
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
      tile.role @load agents(1) warps(1) registers(40) (%agent) {
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
      tile.role @multiply agents(1) warps(4) registers(208) (%agent) {
        %none = arith.constant dense<0xFF800000> : tensor<64x64xf32, #accumulator>
        %none_rows = arith.constant dense<0xFF800000> : tensor<64xf32, #row>
        %column = tile.columns : tensor<64x64xi32, #accumulator>
        %qs = tile.wait %ring[%agent] : !tile.ring<4 x 64x128xbf16, swizzle = 128>
        %rows = tile.load_fragment %qs : !tile.full<64x128xbf16, swizzle = 128>
            -> tensor<64x128xbf16, #operand>
        tile.release %qs : !tile.full<64x128xbf16, swizzle = 128>
        %largest = scf.for %i = %c0 to %tiles step %c1 iter_args(%before = %none_rows)
            -> (tensor<64xf32, #row>) {
          %stage = tile.wait %ring[%agent] : !tile.ring<4 x 64x128xbf16, swizzle = 128>
          %note = tile.note %stage : !tile.full<64x128xbf16, swizzle = 128>
          %pending = tile.mma %rows, %stage transposed
              : tensor<64x128xbf16, #operand>, !tile.full<64x128xbf16, swizzle = 128>
              -> tensor<64x64xf32, #accumulator>
          %product = tile.mma_wait %pending : !tile.pending<tensor<64x64xf32, #accumulator>>
          tile.release %stage : !tile.full<64x128xbf16, swizzle = 128>
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

// C1 agents and warps are at least 1.  C2 registers are a multiple of 8 in
// 24..256, as setmaxnreg wants.
def Tile_RoleOp : Tile_Op<"role", [HasParent<"KernelOp">, NoTerminator,
    SingleBlock]> {
  let summary = "What some warps of the CTA do";
  let description = [{
    `agents` agents of `warps` warps each carry out the body, concurrently with
    one another and with the other roles; the body's argument numbers the agent.
    `registers` is the budget of each thread.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$agents, I64Attr:$warps,
                       OptionalAttr<I64Attr>:$registers);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `agents` `(` $agents `)` `warps` `(` $warps `)`
    (`registers` `(` $registers^ `)`)? custom<AgentBody>($body)
    attr-dict-with-keyword
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::BlockArgument getAgent() { return getBody().getArgument(0); }
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

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

def Tile_MakeRingOp : Tile_Op<"make_ring", [HasParent<"KernelOp">,
    MemoryEffects<[MemAlloc]>]> {
  let summary = "Shared memory that goes round between two roles";
  let description = [{
    All stages begin free.

    Written `%kv = tile.make_ring : !tile.ring<4 x 64x128xbf16, swizzle = 128>`.

    Example: see `tile.kernel`.
  }];
  let results = (outs Tile_Ring:$ring);
  let assemblyFormat = "attr-dict `:` qualified(type($ring))";
}

// C1 the stage is filled exactly once, in the block that acquires it.
def Tile_AcquireOp : Tile_Op<"acquire", [TypesMatchWith<
    "the stage is one of the ring", "ring", "stage",
    "FreeStageType::get($_ctxt, ::llvm::cast<RingType>($_self).getBuffer())">]> {
  let summary = "Take the next free stage of a ring, to fill it";
  let description = [{
    Waits until every reader has released what the stage held `stages`
    acquisitions ago; the first `stages` never wait. The notes are kept with the
    stage for its readers. One agent at a time fills a lane.

    Written
    `%s = tile.acquire %kv[%lane] note(%size) : !tile.ring<4 x 64x128xbf16, swizzle = 128>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Arg<Tile_Ring, "", [MemRead, MemWrite]>:$ring,
                       Index:$lane, Variadic<I32>:$notes);
  let results = (outs Tile_FreeStage:$stage);
  let assemblyFormat = [{
    $ring `[` $lane `]` (`note` `(` $notes^ `)`)? attr-dict `:` qualified(type($ring))
  }];
  let hasVerifier = 1;
}

def Tile_LoadOp : Tile_Op<"load", [TypesMatchWith<
    "map and stage hold the same tile", "map", "stage",
    "FreeStageType::get($_ctxt, ::llvm::cast<MapType>($_self).getTile())">]> {
  let summary = "Fill a stage from global memory, asynchronously";
  let description = [{
    Starts the copy and goes on; the stage is full when its bytes have landed.
    Tokens past the end of the sequence read as 0.

    Written
    `tile.load %k[%batch, %head, %token] into %s : !tile.map<64x128xbf16, swizzle = 128>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Tile_Map:$map, Index:$batch, Index:$head, Index:$token,
                       Arg<Tile_FreeStage, "", [MemWrite]>:$stage);
  let assemblyFormat = [{
    $map `[` $batch `,` $head `,` $token `]` `into` $stage attr-dict `:` qualified(type($map))
  }];
}

def Tile_CommitOp : Tile_Op<"commit"> {
  let summary = "Call a stage full as it is";
  let description = [{
    For a stage whose note is all it says.

    Written `tile.commit %s : !tile.free<none>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Arg<Tile_FreeStage, "", [MemWrite]>:$stage);
  let assemblyFormat = "$stage attr-dict `:` qualified(type($stage))";
}

def Tile_WaitOp : Tile_Op<"wait", [TypesMatchWith<
    "the stage is one of the ring", "ring", "stage",
    "FullStageType::get($_ctxt, ::llvm::cast<RingType>($_self).getBuffer())">]> {
  let summary = "Take the next stage of a ring, once it is full";
  let description = [{
    Every reader of a lane meets every stage, in the order they were filled.

    Written
    `%s = tile.wait %kv[%lane] : !tile.ring<4 x 64x128xbf16, swizzle = 128>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Arg<Tile_Ring, "", [MemRead, MemWrite]>:$ring, Index:$lane);
  let results = (outs Tile_FullStage:$stage);
  let assemblyFormat = "$ring `[` $lane `]` attr-dict `:` qualified(type($ring))";
}

// C1 the number is not negative.
def Tile_NoteOp : Tile_Op<"note"> {
  let summary = "A note of a stage";
  let description = [{
    The one of that number, from 0, that its producer gave; undefined where it
    gave fewer.

    Written `%size = tile.note %s : !tile.full<64x128xbf16, swizzle = 128>`, or
    `%head = tile.note %item number 2 : !tile.full<none>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Arg<Tile_FullStage, "", [MemRead]>:$stage,
                       DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>,
                                         "0">:$number);
  let results = (outs I32:$value);
  let assemblyFormat = [{
    $stage (`number` $number^)? attr-dict `:` qualified(type($stage))
  }];
}

def Tile_ReleaseOp : Tile_Op<"release"> {
  let summary = "Give a stage back to its producer";
  let description = [{
    The agent must not read the stage any more: products that read it have been
    waited for.

    Written `tile.release %s : !tile.full<64x128xbf16, swizzle = 128>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Arg<Tile_FullStage, "", [MemWrite]>:$stage);
  let assemblyFormat = "$stage attr-dict `:` qualified(type($stage))";
}

// C1 the stage has the tensor's columns and elements, and so many rows.
def Tile_LoadFragmentOp : Tile_Op<"load_fragment"> {
  let summary = "64 rows of a stage as a left operand in registers";
  let description = [{
    Those from `row` on, a multiple of 64, or from the first.

    ```
    %q = tile.load_fragment %s : !tile.full<64x128xbf16, swizzle = 128>
        -> tensor<64x128xbf16, #operand>
    %p = tile.load_fragment %t[%row] : !tile.full<128x128xbf16, swizzle = 128>
        -> tensor<64x128xbf16, #operand>
    ```

    Example: see `tile.store_async`.
  }];
  let arguments = (ins Arg<Tile_FullStage, "", [MemRead]>:$stage,
                       Optional<Index>:$row);
  let results = (outs Tile_Operand:$result);
  let assemblyFormat = [{
    $stage (`[` $row^ `]`)? attr-dict `:` qualified(type($stage)) `->` type($result)
  }];
  let hasVerifier = 1;
}

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
// its columns, of which the tensor has a multiple.
def Tile_StoreAsyncOp : Tile_Op<"store_async"> {
  let summary = "Store a tensor to global memory, asynchronously";
  let description = [{
    Puts the tensor into the agent's staging, part by part, and lets the copy
    engine take it from there. Rows past the end of the sequence are not written.
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
                          %out: !tile.map<64x64xbf16, swizzle = 128>, %size: i32) {
      %c0 = arith.constant 0 : index
      %c64 = arith.constant 64 : index
      %cta = tile.cta
      %token = arith.muli %cta, %c64 : index
      %ring = tile.make_ring : !tile.ring<2 x 64x128xbf16, swizzle = 128>
      %staging = tile.make_staging : !tile.staging<64x64xbf16, swizzle = 128>
      tile.role @load agents(1) warps(1) registers(40) (%agent) {
        %qs = tile.acquire %ring[%agent] note(%size) : !tile.ring<2 x 64x128xbf16, swizzle = 128>
        tile.load %q[%c0, %c0, %token] into %qs : !tile.map<64x128xbf16, swizzle = 128>
        %ks = tile.acquire %ring[%agent] : !tile.ring<2 x 64x128xbf16, swizzle = 128>
        tile.load %k[%c0, %c0, %token] into %ks : !tile.map<64x128xbf16, swizzle = 128>
      }
      tile.role @multiply agents(1) warps(4) registers(208) (%agent) {
        %qs = tile.wait %ring[%agent] : !tile.ring<2 x 64x128xbf16, swizzle = 128>
        %end = tile.note %qs : !tile.full<64x128xbf16, swizzle = 128>
        %query = tile.load_fragment %qs : !tile.full<64x128xbf16, swizzle = 128>
            -> tensor<64x128xbf16, #operand>
        tile.release %qs : !tile.full<64x128xbf16, swizzle = 128>
        %ks = tile.wait %ring[%agent] : !tile.ring<2 x 64x128xbf16, swizzle = 128>
        %pending = tile.mma %query, %ks transposed
            : tensor<64x128xbf16, #operand>, !tile.full<64x128xbf16, swizzle = 128>
            -> tensor<64x64xf32, #accumulator>
        %product = tile.mma_wait %pending : !tile.pending<tensor<64x64xf32, #accumulator>>
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
              !tile.staging<64x64xbf16, swizzle = 128>, !tile.map<64x64xbf16, swizzle = 128>
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
// Numbers that CTAs share
//===----------------------------------------------------------------------===//

def Tile_AtomicAddOp : Tile_Op<"atomic_add"> {
  let summary = "Add to a number that CTAs share";
  let description = [{
    Gives what was there before. `ordered`: whoever finds the sum there finds also
    what the agent wrote and added before.

    Written `%ticket = tile.atomic_add %one to %state[%c0] : memref<?xi32>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins I32:$value,
                       Arg<MemRefRankOf<[I32], [1]>, "", [MemRead, MemWrite]>:$memory,
                       Index:$index, UnitAttr:$ordered);
  let results = (outs I32:$before);
  let assemblyFormat = [{
    $value `to` $memory `[` $index `]` (`ordered` $ordered^)? attr-dict
    `:` type($memory)
  }];
}

def Tile_AwaitOp : Tile_Op<"await"> {
  let summary = "Wait until a number in global memory is large enough";
  let description = [{
    Waits while `memory[index]` is below `value`; other CTAs raise it, with
    `tile.atomic_add`. Nothing else that they write can be relied on.

    Written `tile.await %state[%c1] reaches %begun : memref<?xi32>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Arg<MemRefRankOf<[I32], [1]>, "", [MemRead, MemWrite]>:$memory,
                       Index:$index, I32:$value);
  let assemblyFormat = [{
    $memory `[` $index `]` `reaches` $value attr-dict `:` type($memory)
  }];
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

// C1 shapes agree: [64, k] times [k, n], the right one read as [n, k] where
// `transposed`.  C2 element types agree.  C3 the pending value has one use, a
// `tile.mma_wait` in the same block.
def Tile_MmaOp : Tile_Op<"mma", [AttrSizedOperandSegments]> {
  let summary = "Start a product";
  let description = [{
    `left` [64, k], in registers or the rows of a stage from `row` on (a multiple
    of 64, or the first), times the matrix in a stage, plus `accumulator` where one
    is given. `transposed` reads the right stage [n, k] as [k, n]. Stages are read
    until the product has been waited for.

    ```
    %p = tile.mma %q, %s transposed : tensor<64x128xbf16, #operand>,
        !tile.full<64x128xbf16, swizzle = 128> -> tensor<64x64xf32, #accumulator>
    ```

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Arg<AnyTypeOf<[Tile_Operand, Tile_FullStage]>, "", [MemRead]>:$left,
                       Optional<Index>:$row,
                       Arg<Tile_FullStage, "", [MemRead]>:$right,
                       Optional<Tile_Accumulator>:$accumulator,
                       UnitAttr:$transposed);
  let results = (outs Tile_Pending:$product);
  let assemblyFormat = [{
    $left (`[` $row^ `]`)? `,` $right (`transposed` $transposed^)? (`plus` $accumulator^)? attr-dict
    `:` qualified(type($left)) `,` qualified(type($right)) `->`
    custom<Product>(type($product), type($accumulator), ref($accumulator))
  }];
  let hasVerifier = 1;
}

def Tile_MmaWaitOp : Tile_Op<"mma_wait", [TypesMatchWith<
    "the tensor is the one that was pending", "product", "result",
    "::llvm::cast<PendingType>($_self).getTensor()">]> {
  let summary = "The result of a product, once it is there";
  let description = [{
    Waits for it and for every product started before it.

    Written
    `%s = tile.mma_wait %p : !tile.pending<tensor<64x64xf32, #accumulator>>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Tile_Pending:$product);
  let results = (outs Tile_Accumulator:$result);
  let assemblyFormat = "$product attr-dict `:` qualified(type($product))";
}

//===----------------------------------------------------------------------===//
// Tensors in registers
//===----------------------------------------------------------------------===//

def Tile_SplatOp : Tile_Op<"splat", [Pure, TypesMatchWith<
    "the scalar has the element type", "result", "value",
    "::llvm::cast<::mlir::RankedTensorType>($_self).getElementType()">]> {
  let summary = "One value everywhere";
  let description = [{
    Written `%x = tile.splat %limit : tensor<64x64xi32, #accumulator>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins AnyType:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def Tile_ColumnsOp : Tile_Op<"columns", [Pure]> {
  let summary = "The number of each element's column";
  let description = [{
    Written `%c = tile.columns : tensor<64x64xi32, #accumulator>`.

    Example: see `tile.kernel`.
  }];
  let results = (outs Tile_Columns:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Tile_RowNumbersOp : Tile_Op<"row_numbers", [Pure]> {
  let summary = "The number of each row";
  let description = [{
    Written `%r = tile.row_numbers : tensor<64xi32, #row>`.

    Example: see `tile.store_async`.
  }];
  let results = (outs Tile_RowNumbers:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Tile_FoldOp : Tile_Op<"fold", [Pure, TypesMatchWith<
    "eight columns are left", "value", "result",
    "withColumns(::llvm::cast<::mlir::RankedTensorType>($_self), 8)">]> {
  let summary = "Join the columns that are equal modulo 8";
  let description = [{
    Every thread joins what it holds; nothing is exchanged. What is left is
    joined by `tile.row_reduce`.

    Written `%l = tile.fold add %p : tensor<64x64xf32, #accumulator>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Tile_ReductionAttr:$kind, Tile_Accumulator:$value);
  let results = (outs Tile_Accumulator:$result);
  let assemblyFormat = "$kind $value attr-dict `:` type($value)";
}

def Tile_RowReduceOp : Tile_Op<"row_reduce", [Pure, TypesMatchWith<
    "one element a row is left", "value", "result",
    "rowsOf(::llvm::cast<::mlir::RankedTensorType>($_self))">]> {
  let summary = "Join the elements of each row";
  let description = [{
    The order of joining is fixed: a thread's own columns in ascending order, then
    the four threads of a row.

    Written `%m = tile.row_reduce max %s : tensor<64x64xf32, #accumulator>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Tile_ReductionAttr:$kind, Tile_Accumulator:$value);
  let results = (outs Tile_Rows:$result);
  let assemblyFormat = "$kind $value attr-dict `:` type($value)";
}

def Tile_AnyOp : Tile_Op<"any", [Pure]> {
  let summary = "Whether a row says yes";
  let description = [{
    The same for the whole agent, whose warps meet here.

    Written `%x = tile.any %overflowed : tensor<64xi1, #row>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Tile_Flags:$value);
  let results = (outs I1:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Tile_ExpandRowsOp : Tile_Op<"expand_rows", [Pure, TypesMatchWith<
    "the operand has one element a row", "result", "value",
    "rowsOf(::llvm::cast<::mlir::RankedTensorType>($_self))">]> {
  let summary = "One value a row, in every column";
  let description = [{
    Written `%x = tile.expand_rows %m : tensor<64x128xf32, #accumulator>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins AnyTypeOf<[Tile_Rows, Tile_Flags]>:$value);
  let results = (outs AnyTypeOf<[Tile_Accumulator, Tile_ColumnFlags]>:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def Tile_AsOperandOp : Tile_Op<"as_operand", [Pure, TypesMatchWith<
    "only the layout differs", "value", "result",
    "withPlace(::llvm::cast<::mlir::RankedTensorType>($_self), Place::Operand)">]> {
  let summary = "A result of one product as left operand of another";
  let description = [{
    Both layouts hold the same elements in the same threads; nothing moves.

    Written `%p = tile.as_operand %h : tensor<64x64xbf16, #accumulator>`.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Tile_Halves:$value);
  let results = (outs Tile_Operand:$result);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

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

#endif // TILE_OPS_TD
