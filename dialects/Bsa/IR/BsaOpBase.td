// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the definitions of `bsa` operations have in common.

#ifndef BSA_OP_BASE_TD
#define BSA_OP_BASE_TD

include "Bsa/IR/BsaAttrs.td"
include "Bsa/IR/BsaInterfaces.td"
include "Bsa/IR/BsaTypes.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Bsa_Op<string mnemonic, list<Trait> traits = []>
    : Op<Bsa_Dialect, mnemonic, traits>;

/// An op whose shapes follow from its contract.
class Bsa_TensorOp<string mnemonic, list<Trait> traits = []>
    : Bsa_Op<mnemonic, !listconcat([Pure,
        DeclareOpInterfaceMethods<Bsa_ContractOpInterface>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                                  ["reifyResultShapes"]>], traits)> {
  code reify = [{
    ::llvm::LogicalResult $cppClass::reifyResultShapes(
        ::mlir::OpBuilder &builder,
        ::mlir::ReifiedRankedShapedTypeDims &shapes) {
      return reifyFromContract(builder, getOperation(), shapes);
    }
  }];
  let extraClassDefinition = reify;
}

#endif // BSA_OP_BASE_TD
