// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One tile.kernel and its launch, built together: a kernel captures what it
// uses where it uses it, and so has one parameter for each captured value.
#ifndef TESSERA_LIB_KERNELS_BUILDER_KERNELSCOPE_H
#define TESSERA_LIB_KERNELS_BUILDER_KERNELSCOPE_H

#include "KernelBuilder.h"
#include "tessera/Kernels/LaunchSite.h"

namespace tessera::kernels {

class KernelScope {
public:
  /// Opens the kernel; `does` is what it is called for, e.g. "attend_wave".
  KernelScope(LaunchSite &site, llvm::StringRef does);

  /// Stands in the kernel.
  KernelBuilder b;

  // Captures. The names are for whoever reads the kernel.
  TensorMap map(llvm::StringRef name, mlir::Value buffer, tile::MapType type,
                std::optional<int64_t> promote = {});
  // `isNatural`: the caller promises that no integer of it is negative.
  Memory memory(llvm::StringRef name, mlir::Value buffer,
                bool isNatural = false);
  Memory scratch(llvm::StringRef name, mlir::Type element, Extent count,
                 Fill fill);
  /// As an index; a constant is one inside.
  Scalar number(llvm::StringRef name, Extent extent, bool isNatural = false);
  /// An f32.
  Scalar number(llvm::StringRef name, mlir::Value scalar);

  /// Says of the kernel what it was made from.
  void describe(llvm::StringRef plan);
  /// CTAs that share out `items`, `itemsPerCta` at a time: no more than are
  /// resident.
  Extent persistentGrid(Extent items, int64_t itemsPerCta);
  /// Closes the kernel and writes its launch.
  void launch(Extent grid, bool isCooperative);

private:
  /// The parameter of type `inside` that `outside` is given as.
  mlir::Value capture(llvm::StringRef name, mlir::Value outside,
                      mlir::Type inside,
                      llvm::function_ref<mlir::Value()> operand);
  void markNatural(mlir::Value parameter, bool isNatural);

  LaunchSite &site;
  tile::KernelOp kernel;
  llvm::DenseMap<std::pair<mlir::Value, mlir::Type>, mlir::Value> captured;
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<bool> naturals; ///< by parameter
};

} // namespace tessera::kernels

#endif // TESSERA_LIB_KERNELS_BUILDER_KERNELSCOPE_H
