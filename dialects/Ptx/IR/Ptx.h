// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `ptx` dialect: instructions that `nvvm` does not say whole.

#ifndef PTX_IR_PTX_H
#define PTX_IR_PTX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/LLVMIR/LLVMTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "Ptx/IR/PtxDialect.h.inc"
#include "Ptx/IR/PtxEnums.h.inc"

#include "Ptx/IR/PtxInterfaces.h.inc"

#define GET_ATTRDEF_CLASSES
#include "Ptx/IR/PtxAttrs.h.inc"

#define GET_OP_CLASSES
#include "Ptx/IR/PtxOps.h.inc"

#endif // PTX_IR_PTX_H
