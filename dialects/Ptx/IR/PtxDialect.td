// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `ptx` dialect: instructions of sm_90a that `nvvm` does not say whole.

#ifndef PTX_DIALECT_TD
#define PTX_DIALECT_TD

include "mlir/IR/OpBase.td"

def Ptx_Dialect : Dialect {
  let name = "ptx";
  let cppNamespace = "::tessera::ptx";
  let summary = "Instructions of one thread that nvvm does not say whole";
  let description = [{
    One op an instruction, named like it, beside those of `nvvm`. What an
    instruction does follows from the op's operands and attributes alone; the text
    that it becomes stands in its definition and nowhere else.

    An address in shared memory is an i32, as PTX has it; a barrier is named by its
    address. An address in global memory is a pointer.
  }];
  let useDefaultAttributePrinterParser = 1;
}

#endif // PTX_DIALECT_TD
