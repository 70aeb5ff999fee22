// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the launches of one op go: the function over buffers that it was in,
// and the module of kernels for the chip.
#ifndef TESSERA_KERNELS_LAUNCHSITE_H
#define TESSERA_KERNELS_LAUNCHSITE_H

#include "Tile/IR/Tile.h"
#include "tessera/Conversion/BsaToBuffers/FunctionBuffers.h"
#include "tessera/Kernels/Extent.h"

namespace tessera::kernels {

/// What a buffer between kernels holds before its first use: anything, or
/// zeros, which a step of the function writes in each call.
enum class Fill { None, Zero };

class LaunchSite {
public:
  LaunchSite(mlir::Operation *op, FunctionBuffers &memory,
             tile::ChipModuleOp kernels);

  /// The extent of the op's symbol, e.g. "Skv"; a number of the device.
  Extent extent(llvm::StringRef symbol);
  Extent device(tile::DeviceNumber number);
  /// CTAs of a kernel that the context holds at a time.
  Extent resident(mlir::SymbolRefAttr kernel);
  /// From one index of the first dimension to the next, in elements.
  Extent outerStride(mlir::Value buffer);
  /// The buffer or scalar that stands for a value of the op.
  mlir::Value buffer(mlir::Value tensor) const;
  mlir::Value scalar(mlir::Value value) const;
  const MapBuffer &lists(mlir::Value map) const;

  /// A buffer of the call that kernels share by its name.
  mlir::Value scratch(llvm::StringRef name, mlir::Type element, Extent count);
  /// One of several ways, each a straight line of launches.
  void choose(Extent which, int64_t ways,
              llvm::function_ref<void(int64_t)> writeWay);

  /// Where numbers and buffers are made, and where the next step goes.
  KernelBuilder &numbers() { return outer; }
  KernelBuilder &steps() { return inner; }
  tile::ChipModuleOp module() const { return kernels; }
  /// A kernel's name that is free: that of the function, and what it does.
  std::string kernelName(llvm::StringRef does);

private:
  struct Scratch {
    std::string name;
    Extent count;
    mlir::Value buffer;
  };

  mlir::Operation *op;
  FunctionBuffers &memory;
  tile::ChipModuleOp kernels;
  KernelBuilder outer, inner;
  std::vector<Scratch> buffers;
};

} // namespace tessera::kernels

#endif // TESSERA_KERNELS_LAUNCHSITE_H
