// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From instructions of `ptx` to assembly text.

#ifndef TESSERA_CONVERSION_PTXTOLLVM_PASSES_H
#define TESSERA_CONVERSION_PTXTOLLVM_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace tessera {

#define GEN_PASS_DECL
#include "tessera/Conversion/PtxToLLVM/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "tessera/Conversion/PtxToLLVM/Passes.h.inc"

} // namespace tessera

#endif // TESSERA_CONVERSION_PTXTOLLVM_PASSES_H
