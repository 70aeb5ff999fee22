// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TESSERA_CONVERSION_PASSES_TD
#define TESSERA_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertBsaToVectorPass : Pass<"convert-bsa-to-vector", "::mlir::ModuleOp"> {
  let summary = "Lower bsa to loops over vectors in memory, for the host";
  let description = [{
    Every op over query blocks, alone or inside `bsa.fused`, becomes one
    `scf.parallel` over (batch, head, block); inside it vector code works on
    views of buffers and on scratch of the iteration.

    ```
    func @f(%q: tensor<?x12x?x128xbf16>, ..) -> tensor<?x12x?x128xbf16>
      ==>
    func @f(%q: memref<?x12x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>>, ..,
            %o: memref<?x12x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>>)
    ```
    Results become buffers that the caller gives, after the inputs; what is
    neither argument nor result is allocated and freed. No `bsa` op is left.
    `bsa.attention` must have been expanded. Fails at head dimensions outside 32
    to 256, blocks above 256 and anything not a multiple of 8, and at tensor ops
    of other dialects.
  }];
  let options = [
    Option<"lanes", "lanes", "int64_t", /*default=*/"16",
           "f32 elements of a vector register: 8 or 16">,
    Option<"tileRows", "tile-rows", "int64_t", /*default=*/"8",
           "rows of a register tile: 1, 2, 4 or 8">,
    Option<"tileVectors", "tile-vectors", "int64_t", /*default=*/"2",
           "vector registers across a register tile">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

#endif // TESSERA_CONVERSION_PASSES_TD
