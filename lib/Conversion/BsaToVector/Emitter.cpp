// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Emitter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace tessera;

//===----------------------------------------------------------------------===//
// Integers
//===----------------------------------------------------------------------===//

Value Emitter::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}
Value Emitter::i32(int64_t value) {
  return arith::ConstantIntOp::create(b, loc, value, 32);
}
Value Emitter::add(Value x, Value y) {
  return b.createOrFold<arith::AddIOp>(loc, x, y);
}
Value Emitter::sub(Value x, Value y) {
  return b.createOrFold<arith::SubIOp>(loc, x, y);
}
Value Emitter::mul(Value x, Value y) {
  return b.createOrFold<arith::MulIOp>(loc, x, y);
}
Value Emitter::div(Value x, Value y) {
  return b.createOrFold<arith::DivUIOp>(loc, x, y);
}
Value Emitter::min(Value x, Value y) {
  return b.createOrFold<arith::MinSIOp>(loc, x, y);
}
Value Emitter::max(Value x, Value y) {
  return b.createOrFold<arith::MaxSIOp>(loc, x, y);
}
Value Emitter::less(Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::slt, x, y);
}
Value Emitter::both(Value x, Value y) {
  return b.createOrFold<arith::AndIOp>(loc, x, y);
}
Value Emitter::select(Value condition, Value x, Value y) {
  return b.createOrFold<arith::SelectOp>(loc, condition, x, y);
}
Value Emitter::toIndex(Value integer) {
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), integer);
}
Value Emitter::toI32(Value index) {
  return arith::IndexCastOp::create(b, loc, b.getI32Type(), index);
}

//===----------------------------------------------------------------------===//
// f32
//===----------------------------------------------------------------------===//

VectorType Emitter::vectorType(int64_t lanes) {
  return VectorType::get({lanes}, b.getF32Type());
}
Value Emitter::f32(float value) { return f32(value, b.getF32Type()); }
Value Emitter::f32(float value, Type like) {
  TypedAttr attr = b.getF32FloatAttr(value);
  if (auto vector = dyn_cast<VectorType>(like))
    attr = DenseElementsAttr::get(vector, value);
  return arith::ConstantOp::create(b, loc, attr);
}
Value Emitter::addf(Value x, Value y) {
  return arith::AddFOp::create(b, loc, x, y);
}
Value Emitter::subf(Value x, Value y) {
  return arith::SubFOp::create(b, loc, x, y);
}
Value Emitter::mulf(Value x, Value y) {
  return arith::MulFOp::create(b, loc, x, y);
}
Value Emitter::fma(Value x, Value y, Value z) {
  return math::FmaOp::create(b, loc, x, y, z);
}
Value Emitter::maxf(Value x, Value y) {
  Value larger = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, y);
  return arith::SelectOp::create(b, loc, larger, x, y);
}
Value Emitter::equalf(Value x, Value y) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y);
}
Value Emitter::splat(Value scalar, int64_t lanes) {
  return vector::BroadcastOp::create(b, loc, vectorType(lanes), scalar);
}
Value Emitter::sumLanes(Value vector) {
  return vector::ReductionOp::create(b, loc, vector::CombiningKind::ADD, vector,
                                     arith::FastMathFlags::reassoc);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// A value of `like`'s shape with other elements.
static Type withElement(Type like, Type element) {
  if (auto vector = dyn_cast<VectorType>(like))
    return vector.clone(element);
  return element;
}

static Type elementOf(Value view) {
  return cast<MemRefType>(view.getType()).getElementType();
}

static Value widen(Emitter &e, Value loaded) {
  Type element = getElementTypeOrSelf(loaded);
  if (!isa<FloatType>(element) || element.isF32())
    return loaded;
  return arith::ExtFOp::create(
      e.b, e.loc, withElement(loaded.getType(), e.b.getF32Type()), loaded);
}

static Value narrow(Emitter &e, Value value, Type element) {
  if (!isa<FloatType>(element) || element.isF32())
    return value;
  return arith::TruncFOp::create(e.b, e.loc,
                                 withElement(value.getType(), element), value);
}

Value Emitter::load(Value view, ValueRange at) {
  return widen(*this, memref::LoadOp::create(b, loc, view, at));
}

void Emitter::store(Value value, Value view, ValueRange at) {
  memref::StoreOp::create(b, loc, narrow(*this, value, elementOf(view)), view,
                          at);
}

Value Emitter::loadVector(Value view, ValueRange at, int64_t lanes) {
  auto type = VectorType::get({lanes}, elementOf(view));
  return widen(*this, vector::LoadOp::create(b, loc, type, view, at));
}

void Emitter::storeVector(Value vector, Value view, ValueRange at) {
  vector::StoreOp::create(b, loc, narrow(*this, vector, elementOf(view)), view,
                          at);
}

void Emitter::prefetch(Value view, ValueRange at) {
  memref::PrefetchOp::create(b, loc, view, at, /*isWrite=*/false,
                             /*localityHint=*/2, /*isDataCache=*/true);
}

Value Emitter::scratch(ArrayRef<int64_t> shape, Type element) {
  return memref::AllocaOp::create(b, loc, MemRefType::get(shape, element),
                                  b.getI64IntegerAttr(64));
}

Value Emitter::extent(Value view, int64_t dim) {
  return b.createOrFold<memref::DimOp>(loc, view, dim);
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

void Emitter::loop(Value begin, Value end, int64_t step,
                   llvm::function_ref<void(Value)> body) {
  auto op = scf::ForOp::create(b, loc, begin, end, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(op.getBody()->getTerminator());
  body(op.getInductionVar());
}

Emitter::Carry
Emitter::loop(Value begin, Value end, const Carry &init,
              llvm::function_ref<Carry(Value, ValueRange)> body) {
  auto op = scf::ForOp::create(b, loc, begin, end, index(1), init);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  Carry next = body(op.getInductionVar(), op.getRegionIterArgs());
  scf::YieldOp::create(b, loc, next);
  return Carry(op.getResults());
}

void Emitter::when(Value condition, llvm::function_ref<void()> body) {
  auto op = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  body();
}

SmallVector<Chunk> Emitter::chunks(int64_t columns) const {
  SmallVector<Chunk> result;
  int64_t column = 0;
  for (; column + plan.lanes <= columns; column += plan.lanes)
    result.push_back({column, plan.lanes});
  for (; column < columns; column += 8)
    result.push_back({column, 8});
  return result;
}

SmallVector<SmallVector<Chunk>> Emitter::chunkGroups(int64_t columns) const {
  SmallVector<SmallVector<Chunk>> groups;
  for (Chunk chunk : chunks(columns)) {
    if (groups.empty() ||
        static_cast<int64_t>(groups.back().size()) == plan.tileVectors)
      groups.emplace_back();
    groups.back().push_back(chunk);
  }
  return groups;
}

//===----------------------------------------------------------------------===//
// Exponential
//===----------------------------------------------------------------------===//

/// Bits of an f32 value as i32, and back.
static Value bitcast(Emitter &e, Value value, Type element) {
  return arith::BitcastOp::create(e.b, e.loc,
                                  withElement(value.getType(), element), value);
}

static Value integerLike(Emitter &e, Value like, int32_t value) {
  TypedAttr attr = e.b.getI32IntegerAttr(value);
  if (auto vector = dyn_cast<VectorType>(like.getType()))
    attr = DenseElementsAttr::get(vector.clone(e.b.getI32Type()), value);
  return arith::ConstantOp::create(e.b, e.loc, attr);
}

Value tessera::emitExp2(Emitter &e, Value x) {
  Type type = x.getType();
  // Adding 1.5 * 2^23 leaves the nearest integer in the low mantissa bits.
  Value magic = e.f32(12582912.0f, type);
  Value clamped = e.maxf(e.f32(-127.0f, type), x);
  Value shifted = e.addf(clamped, magic);
  Value fraction = e.subf(clamped, e.subf(shifted, magic));
  // 2^f on [-1/2, 1/2]: minimax polynomial in f with value 1 at 0.
  static constexpr float kCoefficients[] = {1.32647250e-03f, 9.67151299e-03f,
                                            5.55073358e-02f, 2.40222424e-01f,
                                            6.93147004e-01f, 1.0f};
  Value power = e.f32(kCoefficients[0], type);
  for (float coefficient : llvm::drop_begin(kCoefficients))
    power = e.fma(power, fraction, e.f32(coefficient, type));
  // The integer moves into the exponent; -127 gives the factor 0.
  Value bits = bitcast(e, shifted, e.b.getI32Type());
  Value exponent =
      arith::ShLIOp::create(e.b, e.loc, bits, integerLike(e, bits, 23));
  Value one = integerLike(e, bits, 0x3f800000);
  Value factor = bitcast(e, e.add(exponent, one), e.b.getF32Type());
  return e.mulf(power, factor);
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

SmallVector<Value> tessera::emitTranspose(Emitter &e, ArrayRef<Value> rows) {
  SmallVector<Value> tile(rows);
  int64_t size = rows.size();
  for (int64_t half = 1; half < size; half *= 2)
    for (int64_t row = 0; row < size; ++row) {
      if (row & half)
        continue;
      // Lanes of the second operand are numbered from `size` on.
      SmallVector<int64_t> upper, lower;
      for (int64_t lane = 0; lane < size; ++lane) {
        bool fromSecond = lane & half;
        upper.push_back(fromSecond ? size + lane - half : lane);
        lower.push_back(fromSecond ? size + lane : lane + half);
      }
      Value first = tile[row], second = tile[row + half];
      tile[row] = vector::ShuffleOp::create(e.b, e.loc, first, second, upper);
      tile[row + half] =
          vector::ShuffleOp::create(e.b, e.loc, first, second, lower);
    }
  return tile;
}
