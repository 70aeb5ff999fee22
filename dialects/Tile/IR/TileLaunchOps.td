// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `tile` dialect around kernels: the kernels of a chip, and
// the steps by which a function over buffers launches them.

#ifndef TILE_LAUNCH_OPS_TD
#define TILE_LAUNCH_OPS_TD

include "Tile/IR/TileOpBase.td"
include "mlir/IR/SymbolInterfaces.td"

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

// C1 it holds kernels alone.
def Tile_ChipModuleOp : Tile_Op<"module", [IsolatedFromAbove, NoTerminator,
    SingleBlock, Symbol, SymbolTable, NoRegionArguments]> {
  let summary = "The kernels made for one chip";
  let description = [{
    Its name is the chip's, so that what a function launches says for which chip:
    `@sm_90a::@attend`.

    Example: see `tile.launch`.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

//===----------------------------------------------------------------------===//
// What a launch takes
//===----------------------------------------------------------------------===//

// C1 the buffer is [batch, head, token, feature] with unit stride of features:
// what five coordinates of the copy engine can say.  C2 it has the elements of
// the map and its columns as features.  C3 `promote` is 64, 128 or 256.
def Tile_MakeMapOp : Tile_Op<"make_map", [Pure]> {
  let summary = "A buffer seen through the copy engine";
  let description = [{
    `promote` is how many bytes the L2 fetches at once of what is read; it suits
    what is read whole and by many.

    Example: see `tile.launch`.
  }];
  let arguments = (ins AnyStridedMemRef:$buffer, OptionalAttr<I64Attr>:$promote);
  let results = (outs Tile_Map:$map);
  let assemblyFormat = [{
    $buffer (`promote` `(` $promote^ `)`)? attr-dict `:` type($buffer) `->`
    qualified(type($map))
  }];
  let hasVerifier = 1;
}

def Tile_DeviceNumber : I32EnumAttr<"DeviceNumber", "what is asked of a device", [
    I32EnumAttrCase<"Multiprocessors", 0, "multiprocessors">,
    I32EnumAttrCase<"L2Bytes", 1, "l2_bytes">]> {
  let cppNamespace = "::tessera::tile";
  let genSpecializedAttr = 0;
}

def Tile_DeviceNumberAttr
    : EnumAttr<Tile_Dialect, Tile_DeviceNumber, "device_number"> {
  let summary = "What is asked of a device";
  let description = [{
    `multiprocessors`: how many the context may use. `l2_bytes`: of the second-level
    cache. Ops write the bare word.

    Example: `#tile<device_number l2_bytes>`
  }];
}

def Tile_DeviceOp : Tile_Op<"device", [Pure]> {
  let summary = "A number of the device that a call runs on";
  let description = "Example: see `tile.launch`.";
  let arguments = (ins Tile_DeviceNumberAttr:$number);
  let results = (outs Index:$result);
  let assemblyFormat = "$number attr-dict";
}

// C1 the kernel exists.
def Tile_ResidentOp : Tile_Op<"resident", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "CTAs of a kernel that the context holds at a time";
  let description = "Example: see `tile.launch`.";
  let arguments = (ins SymbolRefAttr:$kernel);
  let results = (outs Index:$result);
  let assemblyFormat = "$kernel attr-dict";
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

// C1 the kernel exists.  C2 it takes as many operands, each of its type: a map as
// it is, a number as i32 or index, memory by its elements.
def Tile_LaunchOp : Tile_Op<"launch", [MemoryEffects<[MemRead, MemWrite]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Launch a kernel";
  let description = [{
    A step of a function over buffers: `grid` CTAs, none where it is 0. An operand
    is a map, a buffer, of which the kernel gets the address and sees a dense vector,
    an integer of 32 bits, or an f32. `cooperative` lets CTAs wait for one another:
    all of them are resident, or the launch fails.

    Steps are carried out in their order. Grids and operands come from arguments,
    their extents and strides, and numbers of the device, by integer arithmetic.

    Example:
    ```mlir
    // out[i] = the sum of numbers[list[i]]: the CTAs take the entries in turn.
    func.func @sums(%numbers: memref<?x1x?x64xbf16, strided<[?, ?, ?, 1]>>,
                    %list: memref<?xi32>, %out: memref<?xf32>) {
      %c0 = arith.constant 0 : index
      %count = memref.dim %list, %c0 : memref<?xi32>
      %resident = tile.resident @sm_90a::@count_off
      %grid = arith.minsi %count, %resident : index
      %map = tile.make_map %numbers promote(256)
          : memref<?x1x?x64xbf16, strided<[?, ?, ?, 1]>> -> !tile.map<64x64xbf16, swizzle = 128>
      %next = memref.alloc() : memref<1xi32>
      %l2 = tile.device l2_bytes
      %few = arith.cmpi slt, %count, %l2 : index
      %one = arith.constant 1 : index
      %which = arith.select %few, %c0, %one : index
      tile.choose %which {
        tile.launch @sm_90a::@static grid(%grid) (%map, %out, %count)
            : !tile.map<64x64xbf16, swizzle = 128>, memref<?xf32>, index
      }, {
        tile.zero %next : memref<1xi32>
        tile.launch @sm_90a::@count_off grid(%grid) cooperative (%map, %out, %count, %next)
            : !tile.map<64x64xbf16, swizzle = 128>, memref<?xf32>, index, memref<1xi32>
      }
      return
    }
    tile.module @sm_90a {
      tile.kernel @static(%numbers: !tile.map<64x64xbf16, swizzle = 128>,
                          %out: memref<?xf32>, %count: index) {
        tile.role @work agents(1) each thread (%agent) {
        }
      }
      tile.kernel @count_off(%numbers: !tile.map<64x64xbf16, swizzle = 128>,
                             %out: memref<?xf32>, %count: index, %next: memref<?xi32>) {
        tile.role @work agents(1) each thread (%agent) {
        }
      }
    }
    ```
  }];
  let arguments = (ins SymbolRefAttr:$kernel, Index:$grid, UnitAttr:$cooperative,
      Variadic<AnyTypeOf<[Tile_Map, AnyStridedMemRef, I32, Index, F32]>>:$inputs);
  let assemblyFormat = [{
    $kernel `grid` `(` $grid `)` (`cooperative` $cooperative^)? `(` $inputs `)`
    attr-dict (`:` qualified(type($inputs))^)?
  }];
}

def Tile_ZeroOp : Tile_Op<"zero"> {
  let summary = "Fill a buffer with zeros";
  let description = [{
    A step, as a launch is: what kernels count in begins at 0 in each call, however
    the call before ended.

    Example: see `tile.launch`.
  }];
  let arguments = (ins Arg<AnyNon0RankedMemRef, "", [MemWrite]>:$buffer);
  let assemblyFormat = "$buffer attr-dict `:` type($buffer)";
}

// C1 there are at least two.  C2 each is a straight line of launches, fills, and
// what has no effect.
def Tile_ChooseOp : Tile_Op<"choose", [NoRegionArguments, NoTerminator,
    RecursiveMemoryEffects]> {
  let summary = "One of several ways, decided by facts of the call";
  let description = [{
    Carries out the alternative of that number, counted from 0. Each has its own
    operands and grid. The first is the one to take where a call cannot decide.

    Example: see `tile.launch`.
  }];
  let arguments = (ins Index:$which);
  let regions = (region VariadicRegion<SizedRegion<1>>:$alternatives);
  let assemblyFormat = "$which $alternatives attr-dict";
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

#endif // TILE_LAUNCH_OPS_TD
