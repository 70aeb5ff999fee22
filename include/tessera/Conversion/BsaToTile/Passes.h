// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From `bsa` functions to `tile` kernels.

#ifndef TESSERA_CONVERSION_BSATOTILE_PASSES_H
#define TESSERA_CONVERSION_BSATOTILE_PASSES_H

#include "tessera/Launch/Entry.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>
#include <vector>

namespace tessera {

#define GEN_PASS_DECL
#include "tessera/Conversion/BsaToTile/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "tessera/Conversion/BsaToTile/Passes.h.inc"

/// What the pass does, as its options say; gives what each kernel wants at a
/// launch.
mlir::FailureOr<std::vector<launch::Entry>>
convertBsaToTile(mlir::ModuleOp module,
                 const ConvertBsaToTilePassOptions &options);

} // namespace tessera

#endif // TESSERA_CONVERSION_BSATOTILE_PASSES_H
