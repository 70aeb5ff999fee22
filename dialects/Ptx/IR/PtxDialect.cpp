// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the `ptx` dialect.

#include "Ptx/IR/Ptx.h"
#include "PtxText.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::ptx;

#include "Ptx/IR/PtxDialect.cpp.inc"
#include "Ptx/IR/PtxEnums.cpp.inc"
#include "Ptx/IR/PtxInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "Ptx/IR/PtxAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "Ptx/IR/PtxOps.cpp.inc"

void PtxDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "Ptx/IR/PtxAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "Ptx/IR/PtxOps.cpp.inc"
      >();
}
