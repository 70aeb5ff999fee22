// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an op says of the assembly text that it becomes.

#ifndef PTX_INTERFACES_TD
#define PTX_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Ptx_InstructionOpInterface : OpInterface<"InstructionOpInterface"> {
  let cppNamespace = "::tessera::ptx";
  let description = [{
    An op that becomes assembly text. Each result and operand is a register; which
    kind follows from its type. An op with memory effects keeps its place among
    those and LLVM makes no copy of it; one without may be moved, copied and
    dropped.
  }];
  let methods = [
    InterfaceMethod<
      "The text: $0 is the first result, the operands follow the results.",
      "std::string", "getPtx">,
    InterfaceMethod<
      "Operands that share their registers with the first results, one by one.",
      "::mlir::OperandRange", "getTied", (ins), "",
      [{ return $_op->getOperands().take_front(0); }]>];
}

#endif // PTX_INTERFACES_TD
