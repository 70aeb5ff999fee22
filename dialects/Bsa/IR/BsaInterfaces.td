// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every `bsa` op can say about itself: its contract.

#ifndef BSA_INTERFACES_TD
#define BSA_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Bsa_ContractOpInterface : OpInterface<"ContractOpInterface"> {
  let cppNamespace = "::tessera::bsa";
  let description = [{
    An op states once, by naming the dimensions of its operands and results,
    which of them agree and which values its scalars may take. From this one
    statement come the verifier's shape checks, result shapes
    (`ReifyRankedShapedTypeOpInterface`) and the checks that compiled code makes
    of its arguments when it is called.
  }];
  let methods = [InterfaceMethod<
    "Name the dimensions of all operands and results in `contract`.",
    "void", "describeContract", (ins "::tessera::bsa::Contract &":$contract)>];
  let verify = [{ return ::tessera::bsa::verifyContract($_op); }];
}

/// Computes its results one query block at a time: row block (b, h, i) of every
/// result depends on row block (b, h, i) of its query-side operands and on the
/// whole of its key-side operands. Such ops may share one `bsa.fused` region.
def Bsa_QueryBlockwise : NativeOpTrait<"QueryBlockwise"> {
  let cppNamespace = "::tessera::bsa";
}

#endif // BSA_INTERFACES_TD
