// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See BufferBytes.h.
#include "BufferBytes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tessera::host {

static Value constant(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIntOp::create(builder, loc, value, 64);
}

Value addBytes(OpBuilder &builder, Location loc, Value x, Value y) {
  Value sum = builder.createOrFold<arith::AddIOp>(loc, x, y);
  return builder.createOrFold<arith::MinUIOp>(
      loc, sum, constant(builder, loc, kMostBytes));
}

Value multiplyBytes(OpBuilder &builder, Location loc, Value x, Value y) {
  auto product = arith::MulUIExtendedOp::create(builder, loc, x, y);
  Value most = constant(builder, loc, kMostBytes);
  Value low = builder.createOrFold<arith::MinUIOp>(loc, product.getLow(), most);
  Value fits =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                            product.getHigh(), constant(builder, loc, 0));
  return builder.createOrFold<arith::SelectOp>(loc, fits, low, most);
}

Value bufferBytes(OpBuilder &builder, Location loc, MemRefType type,
                  ValueRange sizes) {
  int64_t fixed = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t extent : type.getShape())
    if (!ShapedType::isDynamic(extent))
      fixed *= extent;
  Value bytes = constant(builder, loc, std::min(fixed, kMostBytes));
  for (Value size : sizes)
    bytes = multiplyBytes(
        builder, loc, bytes,
        arith::IndexCastOp::create(builder, loc, builder.getI64Type(), size));
  Value padded = builder.createOrFold<arith::AddIOp>(
      loc, bytes, constant(builder, loc, kCacheLineBytes - 1));
  return builder.createOrFold<arith::AndIOp>(
      loc, padded, constant(builder, loc, -kCacheLineBytes));
}

} // namespace tessera::host
