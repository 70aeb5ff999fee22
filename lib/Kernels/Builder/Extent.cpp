// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "tessera/Kernels/Extent.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tessera::kernels {

Extent::Extent(KernelBuilder &b, Value value) : builder(&b), value(value) {
  if (std::optional<int64_t> known = getConstantIntValue(value))
    *this = Extent(*known);
}

std::optional<int64_t> Extent::constant() const {
  return builder ? std::nullopt : std::optional(number);
}

Value Extent::get(KernelBuilder &b) const {
  return builder ? value : arith::ConstantIndexOp::create(b, number);
}

/// `fold` of two constants, else an `Op` where the first that is none was made.
template <typename Op, typename Fold>
static Extent combine(Extent x, Extent y, KernelBuilder *b, Fold fold) {
  if (!b)
    return {fold(*x.constant(), *y.constant())};
  return {*b, Op::create(*b, x.get(*b), y.get(*b))};
}

static KernelBuilder *either(KernelBuilder *x, KernelBuilder *y) {
  return x ? x : y;
}

Extent operator+(Extent x, Extent y) {
  return combine<arith::AddIOp>(x, y, either(x.builder, y.builder),
                                std::plus<int64_t>());
}
Extent operator*(Extent x, Extent y) {
  if (x == Extent(1))
    return y;
  if (y == Extent(1))
    return x;
  return combine<arith::MulIOp>(x, y, either(x.builder, y.builder),
                                std::multiplies<int64_t>());
}
Extent floorDiv(Extent x, Extent y) {
  return combine<arith::FloorDivSIOp>(x, y, either(x.builder, y.builder),
                                      std::divides<int64_t>());
}
Extent ceilDiv(Extent x, Extent y) {
  return combine<arith::CeilDivSIOp>(
      x, y, either(x.builder, y.builder),
      [](int64_t a, int64_t b) { return llvm::divideCeilSigned(a, b); });
}
Extent min(Extent x, Extent y) {
  return combine<arith::MinSIOp>(
      x, y, either(x.builder, y.builder),
      [](int64_t a, int64_t b) { return std::min(a, b); });
}

Extent ifLess(Extent x, Extent y, Extent yes, Extent no) {
  KernelBuilder *b = either(x.builder, y.builder);
  if (!b)
    return x.number < y.number ? yes : no;
  Value less = arith::CmpIOp::create(*b, arith::CmpIPredicate::slt, x.get(*b),
                                     y.get(*b));
  return {*b, arith::SelectOp::create(*b, less, yes.get(*b), no.get(*b))};
}

} // namespace tessera::kernels
