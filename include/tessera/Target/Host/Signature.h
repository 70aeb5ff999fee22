// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a compiled function checks when it is called: the compiler's side of
// tessera_rt_signature (tessera-c/Runtime.h, which gives the meaning of every
// field). The C header, the checks and the tools' generated input come from it.

#ifndef TESSERA_TARGET_HOST_SIGNATURE_H
#define TESSERA_TARGET_HOST_SIGNATURE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/LLVM.h"
#include "tessera-c/Runtime.h"
#include <string>
#include <vector>

namespace tessera::host {

/// One argument. Results of the function are outputs, after all inputs.
struct SignatureParam {
  std::string name, hint;
  int32_t kind = TESSERA_RT_INPUT;
  int32_t dtype = TESSERA_F32;
  int32_t broadcast = 0;
  llvm::SmallVector<tessera_rt_ref, TESSERA_MAX_RANK> dims;
  int64_t minimum = 0, maximum = 0;
};

struct SignatureConstraint {
  int32_t kind = 0, flags = 0;
  int64_t value = 0;
  llvm::SmallVector<int64_t, TESSERA_RT_MAX_OPERANDS> operands;
};

struct Signature {
  std::string function;
  std::vector<SignatureParam> params;
  std::vector<SignatureConstraint> constraints;
  std::vector<std::string> symbols;
};

/// Reads the signature off a function over `bsa` ops, before any lowering.
/// Argument names are those of the `bsa.name` argument and result attributes,
/// else of the operand they feed. Emits an error where a function cannot be
/// called from outside (a block map as argument, say).
mlir::FailureOr<Signature> readSignature(mlir::func::FuncOp function);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_SIGNATURE_H
