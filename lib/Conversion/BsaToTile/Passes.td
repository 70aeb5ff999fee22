// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TESSERA_CONVERSION_BSATOTILE_PASSES_TD
#define TESSERA_CONVERSION_BSATOTILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertBsaToTilePass : Pass<"convert-bsa-to-tile", "::mlir::ModuleOp"> {
  let summary = "Turn functions over bsa into launches of tile kernels";
  let description = [{
    A public function becomes one over buffers, its results the last of them, and
    every op that computes one or more launches of kernels of the chip:

    ```
    func.func @f(%q, %k, %v, %index, %count) -> tensor {
      %map = bsa.map_from_lists %index, %count
      %o = bsa.attend query(%q) key(%k) value(%v) at(%map)
      return %o
    }
      ==>
    func.func @f(%q: memref<..>, .., %o: memref<..>) {
      %marks = memref.alloc(%tiles)
      tile.choose %order {
        %query = tile.make_map %q ..
        tile.launch @sm_90a::@f_attend_ticket grid(%grid) (%query, .., %marks, %state)
      }, {
        ..
      }
      return
    }
    tile.module @sm_90a { tile.kernel @f_attend_ticket .. }
    ```
    Nothing is allocated in steps, and no buffer is freed: they are parts of the
    workspace of a call. Fails at an op that has no kernel, and quotes why each
    recipe does not take it.
  }];
  let options = [
    Option<"chip", "chip", "std::string", "\"sm_90a\"", "The GPU to make kernels for">,
    Option<"plan", "plan", "std::string", "\"\"",
           "How to build the kernels, as a plan prints; what it leaves out, and "
           "an empty one, is chosen">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::tessera::tile::TileDialect"];
}

#endif // TESSERA_CONVERSION_BSATOTILE_PASSES_TD
