// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations around the attention: between raster order and block order, and
// between index lists and block maps.

#ifndef BSA_ORDER_OPS_TD
#define BSA_ORDER_OPS_TD

include "Bsa/IR/BsaOpBase.td"

//===----------------------------------------------------------------------===//
// Block order
//===----------------------------------------------------------------------===//

// C1 one element type.  C2 text and its place come together.  C3 the result's
// length is a whole number of cubes.
def Bsa_PartitionOp : Bsa_TensorOp<"partition"> {
  let summary = "Raster order to block order";
  let description = [{
    Gathers the tokens of a raster grid (time, height, width; width fastest) into
    cubes, cubes likewise numbered, the valid tokens of a cube at the edge first
    and zeros behind them. Text tokens stand before (`prefix`) or after (`suffix`)
    the video in the input, and form blocks of their own in the same place of the
    result. `sizes` counts the valid tokens of each block.

    Example:
    ```mlir
    func.func @to_cubes(%x: tensor<1x12x?x128xbf16>, %t: i32, %h: i32, %w: i32)
        -> (tensor<1x12x?x128xbf16>, tensor<?xi32>) {
      %y, %sizes = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %h, %w)
          : tensor<1x12x?x128xbf16> -> tensor<1x12x?x128xbf16>, tensor<?xi32>
      return %y, %sizes : tensor<1x12x?x128xbf16>, tensor<?xi32>
    }
    ```
  }];
  let arguments = (ins
    Arg<Bsa_Sequence, "[B, H, text + time * height * width, D]">:$input,
    Arg<I32, "extent of the grid in time, tokens">:$time,
    Arg<I32, "extent in height">:$height, Arg<I32, "extent in width">:$width,
    Arg<Optional<I32>, "number of text tokens">:$text,
    Bsa_CubeAttr:$cube, OptionalAttr<Bsa_TextPlaceAttr>:$text_place);
  let results = (outs
    Res<Bsa_Sequence, "[B, H, blocks * volume, D]">:$output,
    Res<Bsa_Sizes, "[blocks]">:$sizes);
  let assemblyFormat = [{
    $input `by` qualified($cube) `grid` `(` $time `,` $height `,` $width `)`
    (`text` `(` $text^ $text_place `)`)? attr-dict
    `:` type($input) `->` type($output) `,` type($sizes)
  }];
  let hasVerifier = 1; // C1 C2 C3
}

// C1 one element type.  C2 text and its place come together.
def Bsa_UnpartitionOp : Bsa_TensorOp<"unpartition"> {
  let summary = "Block order back to raster order";
  let description = [{
    The inverse of `bsa.partition` for the same cube, grid and text: padding
    tokens are dropped.

    Example:
    ```mlir
    func.func @to_raster(%y: tensor<1x12x?x128xbf16>, %t: i32, %h: i32, %w: i32)
        -> tensor<1x12x?x128xbf16> {
      %x = bsa.unpartition %y by #bsa.cube<4x4x4> grid(%t, %h, %w)
          : tensor<1x12x?x128xbf16> -> tensor<1x12x?x128xbf16>
      return %x : tensor<1x12x?x128xbf16>
    }
    ```
  }];
  let arguments = (ins
    Arg<Bsa_Sequence, "[B, H, blocks * volume, D]">:$input,
    Arg<I32, "extent of the grid in time, tokens">:$time,
    Arg<I32, "extent in height">:$height, Arg<I32, "extent in width">:$width,
    Arg<Optional<I32>, "number of text tokens">:$text,
    Bsa_CubeAttr:$cube, OptionalAttr<Bsa_TextPlaceAttr>:$text_place);
  let results = (outs
    Res<Bsa_Sequence, "[B, H, text + time * height * width, D]">:$output);
  let assemblyFormat = [{
    $input `by` qualified($cube) `grid` `(` $time `,` $height `,` $width `)`
    (`text` `(` $text^ $text_place `)`)? attr-dict
    `:` type($input) `->` type($output)
  }];
  let hasVerifier = 1; // C1 C2
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Doors between tensors and maps
//===----------------------------------------------------------------------===//

// C1 shapes agree.  C2 the last dimension of index is the map's capacity.
def Bsa_MapFromListsOp : Bsa_TensorOp<"map_from_lists"> {
  let summary = "Make a block map from index lists";
  let description = [{
    `index[b, h, i, :count[b, h, i]]` are the key blocks of query block `i`:
    distinct, in range, in any order; in ascending order where the map's type says
    `ascending`: here that is the caller's claim. Entries past the count are never
    read. The count may also be one number for all lists, or absent: every list is
    full. Compiled host code checks lists that are arguments of the function and
    names the first offence.

    Example:
    ```mlir
    func.func @door(%index: tensor<1x12x?x76xi32>, %count: tensor<1x12x?xi32>)
        -> (tensor<1x12x?x76xi32>, tensor<1x12x?xi32>) {
      %map = bsa.map_from_lists %index, %count
          : tensor<1x12x?x76xi32>, tensor<1x12x?xi32>
          -> !bsa.block_map<64x64, capacity = 76>
      %i, %c = bsa.map_to_lists %map : !bsa.block_map<64x64, capacity = 76>
          -> tensor<1x12x?x76xi32>, tensor<1x12x?xi32>
      return %i, %c : tensor<1x12x?x76xi32>, tensor<1x12x?xi32>
    }
    ```
  }];
  let arguments = (ins
    Arg<Bsa_Index, "[B, H, Nq, capacity]">:$index,
    Arg<Optional<Bsa_Count>, "[B, H, Nq], or one for all">:$count);
  let results = (outs Res<Bsa_BlockMap, "the map">:$map);
  let assemblyFormat = [{
    $index (`,` $count^)? attr-dict
    `:` type($index) (`,` type($count)^)? `->` qualified(type($map))
  }];
  let hasFolder = 1;
}

// C1 shapes agree.  C2 the last dimension of index is the map's capacity.
def Bsa_MapToListsOp : Bsa_TensorOp<"map_to_lists"> {
  let summary = "The index lists of a block map";
  let description = [{
    The inverse of `bsa.map_from_lists`. Entries past the count are unspecified.

    Example: see `bsa.map_from_lists`.
  }];
  let arguments = (ins Arg<Bsa_BlockMap, "the map">:$map);
  let results = (outs
    Res<Bsa_Index, "[B, H, Nq, capacity]">:$index,
    Res<Bsa_CountTensor, "[B, H, Nq]">:$count);
  let assemblyFormat = [{
    $map attr-dict `:` qualified(type($map)) `->` type($index) `,` type($count)
  }];
  let hasFolder = 1;
}

#endif // BSA_ORDER_OPS_TD
