// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "KernelBuilder.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

/// A constant is many things, and has a name of its own.
void kernels::setName(Value value, StringRef name) {
  Operation *op = value.getDefiningOp();
  if (op && op->hasTrait<OpTrait::ConstantLike>())
    return;
  auto attr = StringAttr::get(value.getContext(), name);
  value.setLoc(NameLoc::get(attr, value.getLoc()));
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static bool isFloat(Value x) {
  return isa<FloatType>(getElementTypeOrSelf(x.getType()));
}

template <typename FloatOp, typename IntegerOp>
static Value createFor(KernelBuilder &b, Value x, Value y) {
  return isFloat(x) ? FloatOp::create(b, x, y)->getResult(0)
                    : IntegerOp::create(b, x, y)->getResult(0);
}

Value kernels::add(KernelBuilder &b, Value x, Value y) {
  return createFor<arith::AddFOp, arith::AddIOp>(b, x, y);
}
Value kernels::subtract(KernelBuilder &b, Value x, Value y) {
  return createFor<arith::SubFOp, arith::SubIOp>(b, x, y);
}
Value kernels::multiply(KernelBuilder &b, Value x, Value y) {
  return createFor<arith::MulFOp, arith::MulIOp>(b, x, y);
}
Value kernels::divide(KernelBuilder &b, Value x, Value y) {
  return createFor<arith::DivFOp, arith::DivUIOp>(b, x, y);
}
Value kernels::remainder(KernelBuilder &b, Value x, Value y) {
  return arith::RemUIOp::create(b, x, y);
}
Value kernels::smaller(KernelBuilder &b, Value x, Value y) {
  return createFor<arith::MinNumFOp, arith::MinSIOp>(b, x, y);
}
Value kernels::larger(KernelBuilder &b, Value x, Value y) {
  return createFor<arith::MaxNumFOp, arith::MaxSIOp>(b, x, y);
}
Value kernels::isLess(KernelBuilder &b, Value x, Value y) {
  if (isFloat(x))
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, y);
}
Value kernels::isEqual(KernelBuilder &b, Value x, Value y) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, y);
}

Value kernels::constant(KernelBuilder &b, Type like, double number) {
  Type element = getElementTypeOrSelf(like);
  TypedAttr attr = isa<FloatType>(element)
                       ? TypedAttr(b.getFloatAttr(element, number))
                       : b.getIntegerAttr(element, int64_t(number));
  if (auto tensor = dyn_cast<RankedTensorType>(like))
    attr = SplatElementsAttr::get(tensor, Attribute(attr));
  return arith::ConstantOp::create(b, attr);
}

Scalar Scalar::i32() const {
  return {*b, arith::IndexCastOp::create(*b, b->getI32Type(), value)};
}
Scalar Scalar::index() const {
  return {*b, arith::IndexCastOp::create(*b, b->getIndexType(), value)};
}

//===----------------------------------------------------------------------===//
// Fragments
//===----------------------------------------------------------------------===//

template <typename Op>
static Fragment unary(Fragment x) {
  return {x.builder(), Op::create(x.builder(), x.get())};
}

Fragment kernels::exp2(Fragment x) { return unary<math::Exp2Op>(x); }
Fragment kernels::log2(Fragment x) { return unary<math::Log2Op>(x); }
Fragment kernels::negate(Fragment x) { return unary<arith::NegFOp>(x); }

Fragment kernels::fma(Fragment x, Fragment y, Fragment z) {
  return {x.builder(),
          math::FmaOp::create(x.builder(), x.get(), y.get(), z.get())};
}

Fragment kernels::splat(Scalar value, RankedTensorType like) {
  KernelBuilder &b = value.builder();
  Type type = RankedTensorType::get(like.getShape(), value.get().getType(),
                                    like.getEncoding());
  return {b, tile::SplatOp::create(b, type, value.get())};
}

Fragment kernels::expandRows(Fragment rows, RankedTensorType like) {
  KernelBuilder &b = rows.builder();
  Type type = RankedTensorType::get(
      like.getShape(), rows.tensorType().getElementType(), like.getEncoding());
  return {b, tile::ExpandRowsOp::create(b, type, rows.get())};
}

Fragment kernels::rowReduce(tile::Reduction kind, Fragment x) {
  KernelBuilder &b = x.builder();
  return {b, tile::RowReduceOp::create(b, tile::rowsOf(x.tensorType()), kind,
                                       x.get())};
}

Fragment kernels::foldAdd(Fragment x) {
  KernelBuilder &b = x.builder();
  return {b, tile::FoldOp::create(b, tile::withColumns(x.tensorType(), 8),
                                  tile::Reduction::Add, x.get())};
}

Fragment kernels::round(Fragment x, FloatType element) {
  KernelBuilder &b = x.builder();
  Type type = RankedTensorType::get(x.tensorType().getShape(), element,
                                    x.tensorType().getEncoding());
  return {b, arith::TruncFOp::create(b, type, x.get())};
}

Fragment kernels::asOperand(Fragment x) {
  KernelBuilder &b = x.builder();
  return {b, tile::AsOperandOp::create(
                 b, tile::withPlace(x.tensorType(), tile::Place::Operand),
                 x.get())};
}

Scalar kernels::any(Fragment flags) {
  KernelBuilder &b = flags.builder();
  return {b, tile::AnyOp::create(b, b.getI1Type(), flags.get())};
}

static Fragment compare(arith::CmpFPredicate predicate, Fragment x,
                        double number) {
  KernelBuilder &b = x.builder();
  return {b, arith::CmpFOp::create(b, predicate, x.get(),
                                   constant(b, x.tensorType(), number))};
}

Fragment kernels::notBelow(Fragment x, double limit) {
  return compare(arith::CmpFPredicate::UGE, x, limit);
}
Fragment kernels::differs(Fragment x, double number) {
  return compare(arith::CmpFPredicate::UNE, x, number);
}

RankedTensorType kernels::accumulatorType(Type element, int64_t columns) {
  auto layout =
      tile::LayoutAttr::get(element.getContext(), tile::Place::Accumulator);
  return RankedTensorType::get({tile::kRows, columns}, element, layout);
}
RankedTensorType kernels::rowType(Type element) {
  auto layout = tile::LayoutAttr::get(element.getContext(), tile::Place::Row);
  return RankedTensorType::get({tile::kRows}, element, layout);
}

//===----------------------------------------------------------------------===//
// Global memory
//===----------------------------------------------------------------------===//

Scalar Memory::load(Scalar index) const {
  return {*b, memref::LoadOp::create(*b, value, index.get())};
}

void Memory::store(Scalar stored, Scalar index) const {
  memref::StoreOp::create(*b, stored.get(), value, index.get());
}

//===----------------------------------------------------------------------===//
// Rings and products
//===----------------------------------------------------------------------===//

Scalar Stage::note(int64_t number) const {
  return {*b, tile::NoteOp::create(*b, b->getI32Type(), value, number)};
}

Fragment Stage::fragment(Scalar row) const {
  tile::BufferType buffer = cast<tile::FullStageType>(type()).getBuffer();
  auto layout = tile::LayoutAttr::get(b->getContext(), tile::Place::Operand);
  auto tensor = RankedTensorType::get({tile::kRows, buffer.getColumns()},
                                      buffer.getElement(), layout);
  return {*b, tile::LoadFragmentOp::create(*b, tensor, value, row.get())};
}

void Stage::release(ArrayRef<Handle> read) const {
  auto values =
      llvm::map_to_vector(read, [](Handle handle) { return handle.get(); });
  tile::ReleaseOp::create(*b, value, values);
}

Stage Ring::wait(Scalar lane) const {
  auto stage = tile::FullStageType::get(
      b->getContext(), cast<tile::RingType>(type()).getBuffer());
  return {*b, tile::WaitOp::create(*b, stage, value, lane.get())};
}

static Value acquire(KernelBuilder &b, Value ring, Scalar lane,
                     ArrayRef<Scalar> notes) {
  auto stage = tile::FreeStageType::get(
      b.getContext(), cast<tile::RingType>(ring.getType()).getBuffer());
  auto values = llvm::map_to_vector(notes, [](Scalar x) { return x.get(); });
  return tile::AcquireOp::create(b, stage, ring, lane.get(), values);
}

void Ring::load(Scalar lane, TensorMap map, Place place,
                ArrayRef<Scalar> notes) const {
  Value stage = acquire(*b, value, lane, notes);
  tile::LoadOp::create(*b, map.get(), place.batch.get(), place.head.get(),
                       place.token.get(), stage);
}

void Ring::send(Scalar lane, ArrayRef<Scalar> notes) const {
  tile::CommitOp::create(*b, acquire(*b, value, lane, notes));
}

Handle kernels::startProduct(Handle left, Stage right, bool isTransposed,
                             RankedTensorType type, Fragment accumulator,
                             Scalar row) {
  KernelBuilder &b = left.builder();
  auto pending = tile::PendingType::get(b.getContext(), type);
  return {b, tile::MmaOp::create(b, pending, left.get(), row.get(), right.get(),
                                 accumulator.get(), isTransposed)};
}

Fragment kernels::finish(Handle pending) {
  KernelBuilder &b = pending.builder();
  auto type = cast<tile::PendingType>(pending.type()).getTensor();
  return {b, tile::MmaWaitOp::create(b, type, pending.get())};
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

void kernels::ifThen(Scalar condition, function_ref<void()> body) {
  KernelBuilder &b = condition.builder();
  auto op = scf::IfOp::create(b, condition.get(), /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  body();
}

void kernels::role(KernelBuilder &b, StringRef name, int64_t agents,
                   tile::AgentKind each, int64_t registers,
                   function_ref<void(Scalar agent)> body) {
  auto op = tile::RoleOp::create(b, name, agents, each,
                                 b.getI64IntegerAttr(registers));
  OpBuilder::InsertionGuard guard(b);
  Block *block = b.createBlock(&op.getBody(), {}, b.getIndexType(), b.getLoc());
  setName(block->getArgument(0), agents > 1 ? "agent" : "one");
  body(Scalar(b, block->getArgument(0)));
}
