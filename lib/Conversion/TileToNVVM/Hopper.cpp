// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Hopper.h"
#include "Ptx/IR/Ptx.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tessera;

void tessera::onlyIf(Hopper &hw, Value condition, function_ref<void()> body) {
  if (matchPattern(condition, m_One()))
    return body();
  auto branch =
      scf::IfOp::create(hw.b, hw.loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(hw.b);
  hw.b.setInsertionPointToStart(branch.thenBlock());
  body();
}

Value Hopper::i32(int64_t value) {
  return arith::ConstantIntOp::create(b, loc, value, 32);
}

Value Hopper::i32(Value index) {
  return arith::IndexCastOp::create(b, loc, b.getI32Type(), index);
}
Value Hopper::add(Value x, Value y) {
  return arith::AddIOp::create(b, loc, x, y);
}
Value Hopper::multiply(Value x, int64_t y) {
  return arith::MulIOp::create(b, loc, x, i32(y));
}
Value Hopper::shiftRight(Value x, int64_t bits) {
  return arith::ShRUIOp::create(b, loc, x, i32(bits));
}
Value Hopper::bitsOf(Value x, int64_t mask) {
  return arith::AndIOp::create(b, loc, x, i32(mask));
}

//===----------------------------------------------------------------------===//
// Who runs
//===----------------------------------------------------------------------===//

Value Hopper::allLanes() { return i32(-1); }

Value Hopper::threadId() {
  return NVVM::ThreadIdXOp::create(b, loc, b.getI32Type());
}
Value Hopper::ctaId() {
  return NVVM::BlockIdXOp::create(b, loc, b.getI32Type());
}
Value Hopper::ctaCount() {
  return NVVM::GridDimXOp::create(b, loc, b.getI32Type());
}

Value Hopper::shuffle(Value value, NVVM::ShflKind kind, int64_t lane) {
  constexpr int64_t kLastLane = 31;
  return NVVM::ShflOp::create(b, loc, value.getType(), allLanes(), value,
                              i32(lane), i32(kLastLane), kind, UnitAttr());
}

Value Hopper::uniform(Value value) {
  return shuffle(value, NVVM::ShflKind::idx, 0);
}

Value Hopper::agreed(Value condition) {
  return NVVM::VoteSyncOp::create(b, loc, b.getI1Type(), allLanes(), condition,
                                  NVVM::VoteSyncKind::any);
}

void Hopper::setMaxRegisters(int64_t registers, bool raise) {
  NVVM::SetMaxRegisterOp::create(b, loc, static_cast<uint32_t>(registers),
                                 raise ? NVVM::SetMaxRegisterAction::increase
                                       : NVVM::SetMaxRegisterAction::decrease);
}

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

void Hopper::initBarrier(Value barrier, int64_t arrivals) {
  ptx::MBarrierInitOp::create(b, loc, barrier, i32(arrivals));
}

void Hopper::fenceBarrierInit() { NVVM::FenceMbarrierInitOp::create(b, loc); }
void Hopper::syncThreads() { NVVM::BarrierOp::create(b, loc); }
void Hopper::syncWarp() { NVVM::SyncWarpOp::create(b, loc, allLanes()); }

void Hopper::syncNamed(Value id, int64_t threads) {
  NVVM::BarrierOp::create(b, loc, TypeRange(), id, i32(threads),
                          NVVM::BarrierReductionAttr(), Value());
}

Value Hopper::anyNamed(Value id, int64_t threads, Value says) {
  Value flag = arith::ExtUIOp::create(b, loc, b.getI32Type(), says);
  Value any = ptx::BarRedOrOp::create(b, loc, flag, id, i32(threads));
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, any, i32(0));
}

void Hopper::arrive(Value barrier) {
  ptx::MBarrierArriveOp::create(b, loc, barrier);
}

void Hopper::arriveExpecting(Value barrier, int64_t bytes) {
  ptx::MBarrierArriveExpectTxOp::create(b, loc, barrier, i32(bytes));
}

void Hopper::wait(Value barrier, Value parity) {
  ptx::MBarrierWaitOp::create(b, loc, barrier, parity);
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

Value Hopper::loadShared(Value address) {
  return ptx::LdSharedOp::create(b, loc, address);
}

void Hopper::storeShared(Value address, Value value) {
  ptx::StSharedOp::create(b, loc, address, value);
}

void Hopper::loadTensor(Value address, Value map, ValueRange at,
                        Value barrier) {
  ptx::CpAsyncBulkTensorLoadOp::create(b, loc, address, map, barrier, at);
}

SmallVector<Value> Hopper::loadMatrices(Value address) {
  SmallVector<Type> types(4, b.getI32Type());
  return ptx::LdMatrixOp::create(b, loc, types, address).getMatrices();
}

void Hopper::storeMatrices(Value address, ValueRange matrices) {
  ptx::StMatrixOp::create(b, loc, address, matrices);
}

void Hopper::fenceCopyEngine() {
  NVVM::FenceProxyOp::create(
      b, loc, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(b.getContext(),
                                 NVVM::SharedSpace::shared_cta));
}

void Hopper::storeTensor(Value address, Value map, ValueRange at) {
  ptx::CpAsyncBulkTensorStoreOp::create(b, loc, address, map, at);
}

void Hopper::addTensor(Value address, Value map, ValueRange at) {
  ptx::CpReduceAsyncBulkTensorAddOp::create(b, loc, address, map, at);
}

void Hopper::commitStores() { NVVM::CpAsyncBulkCommitGroupOp::create(b, loc); }
void Hopper::waitStoresRead() {
  NVVM::CpAsyncBulkWaitGroupOp::create(b, loc, 0, b.getUnitAttr());
}
void Hopper::waitStoresWritten() {
  NVVM::CpAsyncBulkWaitGroupOp::create(b, loc, 0, UnitAttr());
}

//===----------------------------------------------------------------------===//
// Numbers that CTAs share
//===----------------------------------------------------------------------===//

Value Hopper::atomicAdd(Value address, Value value, bool ordered) {
  return ptx::AtomAddOp::create(b, loc, address, value,
                                ordered ? ptx::Order::AcquireRelease
                                        : ptx::Order::Relaxed);
}

void Hopper::waitAtLeast(Value address, Value value) {
  ptx::WaitAtLeastOp::create(b, loc, address, value);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The descriptor of a buffer whose rows run along m or n (`alongRows`) or
/// along k. Rows of a panel go in groups of eight; the next panel of columns
/// follows after the whole panel, which a step of k along a row never reaches.
Value Hopper::descriptor(tile::BufferType buffer, bool alongRows,
                         Value address) {
  int64_t leading = alongRows ? 16 : buffer.getPanelBytes();
  return ptx::WgmmaDescriptorOp::create(
      b, loc, address, leading, 8 * buffer.getSwizzle(), buffer.getSwizzle());
}

/// Bytes from the start of a buffer to what each step of 16 along k reads.
static SmallVector<int64_t> stepOffsets(tile::BufferType buffer, bool alongRows,
                                        int64_t depth) {
  SmallVector<int64_t> offsets;
  for (int64_t k = 0; k < depth; k += 16) {
    int64_t along = k * buffer.getElementBytes();
    offsets.push_back(alongRows ? along / buffer.getSwizzle() *
                                          buffer.getPanelBytes() +
                                      along % buffer.getSwizzle()
                                : k * buffer.getSwizzle());
  }
  return offsets;
}

SmallVector<Value> Hopper::multiply(const Product &product, ValueRange left,
                                    Value right, ValueRange accumulators) {
  Value leftDescriptor;
  DenseI64ArrayAttr leftOffsets;
  if (product.left) {
    leftDescriptor = descriptor(product.left, true, left[0]);
    leftOffsets =
        b.getDenseI64ArrayAttr(stepOffsets(product.left, true, product.depth));
    left = {};
  }
  Value rightDescriptor = descriptor(product.right, product.transposed, right);
  return ptx::WgmmaOp::create(
             b, loc, accumulators, left, leftDescriptor, rightDescriptor,
             product.columns, product.element, leftOffsets,
             stepOffsets(product.right, product.transposed, product.depth),
             /*transpose=*/!product.transposed)
      .getProducts();
}

SmallVector<Value> Hopper::waitProducts(ValueRange accumulators,
                                        int64_t inFlight) {
  return ptx::WgmmaWaitOp::create(b, loc, inFlight, accumulators).getProducts();
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value Hopper::exp2(Value x) { return ptx::Ex2Op::create(b, loc, x); }
Value Hopper::log2(Value x) { return ptx::Lg2Op::create(b, loc, x); }
Value Hopper::reciprocal(Value x) {
  return NVVM::RcpApproxFtzF32Op::create(b, loc, b.getF32Type(), x);
}

Value Hopper::exchange(Value value, int64_t laneMask) {
  return shuffle(value, NVVM::ShflKind::bfly, laneMask);
}

Value Hopper::pack(Value low, Value high, Type element) {
  Type pair = VectorType::get({2}, element);
  auto round = [&](auto op) -> Value {
    return decltype(op)::create(b, loc, pair, high, low,
                                /*random_bits=*/Value(),
                                NVVM::FPRoundingMode::RN);
  };
  Value packed = element.isBF16() ? round(NVVM::ConvertF32x2ToBF16x2Op())
                                  : round(NVVM::ConvertF32x2ToF16x2Op());
  return LLVM::BitcastOp::create(b, loc, b.getI32Type(), packed);
}
