// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What can become kernels on a GPU, and how: one row a recipe.
#ifndef TESSERA_KERNELS_RECIPE_H
#define TESSERA_KERNELS_RECIPE_H

#include "tessera/Kernels/LaunchSite.h"

#include <string>

namespace tessera::kernels {

struct Recipe {
  llvm::StringLiteral name;
  /// Why it cannot compute the op on that chip, as a sentence goes on after the
  /// recipe's name; "" if it can.
  std::string (*whyNot)(mlir::Operation *op, llvm::StringRef chip);
  /// Builds kernels and launches. `plan` says how, as far as it does; an error
  /// has been reported at the op.
  mlir::LogicalResult (*build)(LaunchSite &site, mlir::Operation *op,
                               llvm::StringRef plan);
};

llvm::ArrayRef<Recipe> recipes();

} // namespace tessera::kernels

#endif // TESSERA_KERNELS_RECIPE_H
