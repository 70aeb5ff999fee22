// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TESSERA_CONVERSION_BSATOTILE_PASSES_TD
#define TESSERA_CONVERSION_BSATOTILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertBsaToTilePass : Pass<"convert-bsa-to-tile", "::mlir::ModuleOp"> {
  let summary = "Turn functions over bsa into tile kernels";
  let description = [{
    A public function whose body is one `bsa.attend` of its arguments becomes a
    `tile.kernel` of its name:

    ```
    func.func @f(%q, %k, %v, %index, %count) -> (tensor, tensor) {
      %map = bsa.map_from_lists %index, %count
      %o, %lse = bsa.attend query(%q) key(%k) value(%v) at(%map)
      return %o, %lse
    }
      ==>
    tile.kernel @f(%q: !tile.map<..> {tile.name = "query"}, ..) {..}
    ```
    Fails at an op that has no kernel, and at shapes that no kernel covers.
  }];
  let options = [
    Option<"plan", "plan", "std::string", "\"\"",
           "How to build the kernels, as a plan prints; what it leaves out, and "
           "an empty one, is chosen">,
    Option<"keyLength", "key-length", "int64_t", "0",
           "Tokens of a head's keys, if the type does not say; 0: unknown">,
    Option<"l2Bytes", "l2-bytes", "int64_t", "0",
           "Second-level cache of the GPU; 0: unknown">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::tessera::tile::TileDialect"];
}

#endif // TESSERA_CONVERSION_BSATOTILE_PASSES_TD
