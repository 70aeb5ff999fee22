// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rings of the `tile` dialect, and numbers that CTAs share.

#ifndef TILE_RING_OPS_TD
#define TILE_RING_OPS_TD

include "Tile/IR/TileOpBase.td"

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

// C1 the box of the map is the whole tile.
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
  let hasVerifier = 1;
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

// C1 what it waits for was read from a stage by the role: the result of a
// `tile.load_fragment` or a `tile.note`.
def Tile_ReleaseOp : Tile_Op<"release"> {
  let summary = "Give a stage back to its producer";
  let description = [{
    What the agent read of the stage has arrived, and it does not read it any more.
    Products that read the stage itself have been waited for. Of what was read into
    registers, this is shown, on every path to the release, by

    - a product that takes the fragment and has been waited for;
    - a branch, a loop or a bulk store that a note decides;
    - or the release itself, which waits for the values that it names.

    A use that comes later shows nothing: loads from shared memory go on behind the
    operation that starts them, an arrival at a barrier does not wait for them, and
    the copy that refills the stage overtakes them. What nothing shows,
    `tile-complete-releases` adds, with a remark, and so does the lowering.

    ```
    %product = tile.mma_wait %pending : !tile.pending<tensor<64x64xf32, #accumulator>>
    tile.release %s : !tile.full<64x128xbf16, swizzle = 128>
    tile.release %t after(%note : i32) : !tile.full<64x128xbf16, swizzle = 128>
    ```

    `fenced` is for reads whose values are not at hand, in a branch before: the
    release waits for all that the agent has read.

    Example: see `tile.kernel`.
  }];
  let arguments = (ins Arg<Tile_FullStage, "", [MemWrite]>:$stage,
                       Variadic<AnyType>:$reads, UnitAttr:$fenced);
  let assemblyFormat = [{
    $stage (`after` `(` $reads^ `:` type($reads) `)`)? (`fenced` $fenced^)? attr-dict
    `:` qualified(type($stage))
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$stage), [{
    build($_builder, $_state, stage, ::mlir::ValueRange());
  }]>];
  let hasVerifier = 1;
}

// C1 the stage has the tensor's columns and elements, and so many rows.  C2 a
// constant row is a multiple of 64 within the stage.
def Tile_LoadFragmentOp : Tile_Op<"load_fragment"> {
  let summary = "64 rows of a stage as a left operand in registers";
  let description = [{
    Those from `row` on, a multiple of 64 within the stage, or from the first.

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

#endif // TILE_RING_OPS_TD
