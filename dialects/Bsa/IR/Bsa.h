// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `bsa` dialect: types, attributes and operations.

#ifndef BSA_IR_BSA_H
#define BSA_IR_BSA_H

#include "Bsa/IR/Contract.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tessera::bsa {

/// See Bsa_QueryBlockwise.
template <typename ConcreteOp>
class QueryBlockwise
    : public mlir::OpTrait::TraitBase<ConcreteOp, QueryBlockwise> {};

} // namespace tessera::bsa

#include "Bsa/IR/BsaDialect.h.inc"
#include "Bsa/IR/BsaEnums.h.inc"
#include "Bsa/IR/BsaInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "Bsa/IR/BsaAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "Bsa/IR/BsaTypes.h.inc"

#define GET_OP_CLASSES
#include "Bsa/IR/BsaOps.h.inc"

#endif // BSA_IR_BSA_H
