// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products and tensors in registers of the `tile` dialect.

#ifndef TILE_TENSOR_OPS_TD
#define TILE_TENSOR_OPS_TD

include "Tile/IR/TileOpBase.td"

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
  let arguments = (ins AnyTypeOf<[F32, I32, I1]>:$value);
  let results = (outs Tile_Splat:$result);
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

#endif // TILE_TENSOR_OPS_TD
