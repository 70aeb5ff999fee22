// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TESSERA_CONVERSION_PTXTOLLVM_PASSES_TD
#define TESSERA_CONVERSION_PTXTOLLVM_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertPtxToLLVMPass : Pass<"convert-ptx-to-llvm"> {
  let summary = "Write instructions as the text that their definitions hold";
  let description = [{
    An instruction of `ptx` becomes an `llvm.inline_asm` of its text; the constraints
    follow from the types of its operands and results, and it has side effects, memory
    among them, if the op has. `ptx.ex2` and `ptx.lg2` become intrinsics,
    `ptx.wgmma.descriptor` arithmetic.

    ```
    %value = ptx.ld.shared %address
      ==>
    %value = llvm.inline_asm has_side_effects asm_dialect = att
        "ld.shared.u32 $0, [$1];", "=r,r,~{memory}" %address : (i32) -> i32
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // TESSERA_CONVERSION_PTXTOLLVM_PASSES_TD
