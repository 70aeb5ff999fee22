// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A whole number that is known when a call is made: from extents, strides and
// numbers of the device, by integer arithmetic in the function that launches. A
// constant where all of that is static.
#ifndef TESSERA_KERNELS_EXTENT_H
#define TESSERA_KERNELS_EXTENT_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <optional>

namespace tessera::kernels {

using KernelBuilder = mlir::ImplicitLocOpBuilder;

class Extent {
public:
  Extent(int64_t constant = 0) : number(constant) {} // NOLINT: a number is one
  /// `value`, an index, computed by what `b` has written or will write.
  Extent(KernelBuilder &b, mlir::Value value);

  std::optional<int64_t> constant() const;
  /// As an index where `b` stands.
  mlir::Value get(KernelBuilder &b) const;

  friend Extent operator+(Extent x, Extent y);
  friend Extent operator*(Extent x, Extent y);
  friend Extent floorDiv(Extent x, Extent y);
  friend Extent ceilDiv(Extent x, Extent y);
  friend Extent min(Extent x, Extent y);
  /// `yes` where x < y, else `no`.
  friend Extent ifLess(Extent x, Extent y, Extent yes, Extent no);
  friend bool operator==(const Extent &, const Extent &) = default;

private:
  KernelBuilder *builder = nullptr; ///< null: a constant
  mlir::Value value;
  int64_t number = 0;
};

} // namespace tessera::kernels

#endif // TESSERA_KERNELS_EXTENT_H
