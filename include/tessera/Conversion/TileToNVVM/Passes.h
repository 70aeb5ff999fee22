// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From `tile` to one thread's program on sm_90a.

#ifndef TESSERA_CONVERSION_TILETONVVM_PASSES_H
#define TESSERA_CONVERSION_TILETONVVM_PASSES_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace tessera {

#define GEN_PASS_DECL
#include "tessera/Conversion/TileToNVVM/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "tessera/Conversion/TileToNVVM/Passes.h.inc"

} // namespace tessera

#endif // TESSERA_CONVERSION_TILETONVVM_PASSES_H
