// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Hopper.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera;

Value Hopper::i32(int64_t value) {
  return arith::ConstantIntOp::create(b, loc, value, 32);
}

/// Text with $0, $1, .. for results, then operands.
SmallVector<Value> Hopper::assembly(StringRef text, StringRef constraints,
                                    ValueRange operands, TypeRange results) {
  SmallVector<Type> types(results);
  Type result = types.empty() ? LLVM::LLVMVoidType::get(b.getContext())
                : types.size() == 1
                    ? types.front()
                    : LLVM::LLVMStructType::getLiteral(b.getContext(), types);
  auto op = LLVM::InlineAsmOp::create(
      b, loc, types.empty() ? TypeRange() : TypeRange(result), operands, text,
      constraints, /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::tailcallkind::TailCallKind::None,
      LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT),
      ArrayAttr());
  if (types.size() < 2)
    return SmallVector<Value>(op->getResults());
  SmallVector<Value> values;
  for (int64_t index = 0, end = types.size(); index < end; ++index)
    values.push_back(
        LLVM::ExtractValueOp::create(b, loc, op->getResult(0), index));
  return values;
}

Value Hopper::intrinsic(StringRef name, Type result, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(name),
                                       operands)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Who runs
//===----------------------------------------------------------------------===//

Value Hopper::threadId() {
  return NVVM::ThreadIdXOp::create(b, loc, b.getI32Type());
}
Value Hopper::ctaId() {
  return NVVM::BlockIdXOp::create(b, loc, b.getI32Type());
}
Value Hopper::ctaCount() {
  return NVVM::GridDimXOp::create(b, loc, b.getI32Type());
}

Value Hopper::uniform(Value value) {
  return assembly("shfl.sync.idx.b32 $0, $1, 0, 31, -1;", "=r,r", value,
                  b.getI32Type())[0];
}

void Hopper::setMaxRegisters(int64_t registers, bool raise) {
  assembly(llvm::formatv("setmaxnreg.{0}.sync.aligned.u32 {1};",
                         raise ? "inc" : "dec", registers)
               .str(),
           "", {});
}

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

void Hopper::initBarrier(Value barrier, int64_t arrivals) {
  assembly("mbarrier.init.shared::cta.b64 [$0], $1;", "r,r,~{memory}",
           {barrier, i32(arrivals)});
}

void Hopper::fenceBarrierInit() {
  assembly("fence.mbarrier_init.release.cluster;", "~{memory}", {});
}

void Hopper::syncThreads() { assembly("bar.sync 0;", "~{memory}", {}); }

void Hopper::syncWarp() {
  assembly("bar.warp.sync 0xffffffff;", "~{memory}", {});
}

void Hopper::syncNamed(Value id, int64_t threads) {
  assembly("bar.sync $0, $1;", "r,r,~{memory}", {id, i32(threads)});
}

Value Hopper::anyNamed(Value id, int64_t threads, Value says) {
  Value flag = arith::ExtUIOp::create(b, loc, b.getI32Type(), says);
  Value any = assembly("{\n.reg .pred mine, ours;\n"
                       "setp.ne.u32 mine, $1, 0;\n"
                       "bar.red.or.pred ours, $2, $3, mine;\n"
                       "selp.u32 $0, 1, 0, ours;\n}",
                       "=r,r,r,r,~{memory}", {flag, id, i32(threads)},
                       b.getI32Type())[0];
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, any, i32(0));
}

void Hopper::arrive(Value barrier) {
  assembly("mbarrier.arrive.shared::cta.b64 _, [$0];", "r,~{memory}", barrier);
}

void Hopper::arriveExpecting(Value barrier, int64_t bytes) {
  assembly("mbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], $1;",
           "r,r,~{memory}", {barrier, i32(bytes)});
}

void Hopper::wait(Value barrier, Value parity) {
  assembly("{\n.reg .pred done;\n"
           "WAIT_${:uid}:\n"
           "mbarrier.try_wait.parity.shared::cta.b64 done, [$0], $1;\n"
           "@done bra DONE_${:uid};\n"
           "bra WAIT_${:uid};\n"
           "DONE_${:uid}:\n}",
           "r,r,~{memory}", {barrier, parity});
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

Value Hopper::loadShared(Value address) {
  return assembly("ld.shared.u32 $0, [$1];", "=r,r,~{memory}", address,
                  b.getI32Type())[0];
}

void Hopper::storeShared(Value address, Value value) {
  assembly("st.shared.u32 [$0], $1;", "r,r,~{memory}", {address, value});
}

void Hopper::loadTensor(Value address, Value map, ValueRange at,
                        Value barrier) {
  SmallVector<Value> operands{address, map, barrier};
  operands.append(at.begin(), at.end());
  assembly("cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_"
           "tx::bytes [$0], [$1, {$3, $4, $5, $6, $7}], [$2];",
           "r,l,r,r,r,r,r,r,~{memory}", operands);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// `{$first, .., $last}`
static std::string group(int64_t first, int64_t count) {
  std::string text = "{";
  for (int64_t index = 0; index < count; ++index)
    text += llvm::formatv("{0}${1}", index ? ", " : "", first + index).str();
  return text + "}";
}

/// The matrix descriptor of `right`. Rows of a panel go in groups of eight; the
/// next group follows at once (stride), the next panel of columns after the
/// whole panel (leading, used where columns run along n).
Value Hopper::descriptor(const Product &product, Value address) {
  tile::BufferType buffer = product.right;
  int64_t leading = product.transposed ? 1 : buffer.getPanelBytes() / 16;
  int64_t stride = 8 * buffer.getSwizzle() / 16;
  int64_t swizzle = buffer.getSwizzle() == 128  ? 1
                    : buffer.getSwizzle() == 64 ? 2
                                                : 3;
  Value low = arith::OrIOp::create(
      b, loc, arith::ShRUIOp::create(b, loc, address, i32(4)),
      i32(leading << 16));
  Value wide = arith::ExtUIOp::create(b, loc, b.getI64Type(), low);
  Value high = arith::ConstantIntOp::create(
      b, loc, (swizzle << 62) | (stride << 32), 64);
  return arith::OrIOp::create(b, loc, wide, high);
}

/// Bytes from the start of the right buffer to what step `step` of 16 reads.
static int64_t stepOffset(const Hopper::Product &product, int64_t step) {
  tile::BufferType buffer = product.right;
  if (!product.transposed)
    return step * 16 * buffer.getSwizzle();
  int64_t along = step * 16 * buffer.getElementBytes();
  return along / buffer.getSwizzle() * buffer.getPanelBytes() +
         along % buffer.getSwizzle();
}

SmallVector<Value> Hopper::multiply(const Product &product, ValueRange left,
                                    Value right, ValueRange accumulators) {
  int64_t count = product.columns / 2, leftCount = left.size();
  bool accumulate = !accumulators.empty();
  int64_t firstLeft = accumulate ? 2 * count : count;
  std::string type = product.element.isBF16() ? "bf16" : "f16";
  std::string text = "{\n.reg .pred add, fresh;\n.reg .b64 at;\n"
                     "setp.eq.u32 add, 0, 0;\nsetp.ne.u32 fresh, 0, 0;\n"
                     "wgmma.fence.sync.aligned;\n";
  for (int64_t step = 0; step < product.depth / 16; ++step) {
    text += llvm::formatv("add.s64 at, ${0}, {1};\n", firstLeft + leftCount,
                          stepOffset(product, step) / 16)
                .str();
    text +=
        llvm::formatv("wgmma.mma_async.sync.aligned.m64n{0}k16.f32.{1}.{1} ",
                      product.columns, type)
            .str();
    text += group(0, count) + ", " + group(firstLeft + 4 * step, 4);
    text += llvm::formatv(", at, {0}, 1, 1, {1};\n",
                          accumulate || step > 0 ? "add" : "fresh",
                          product.transposed ? 0 : 1)
                .str();
  }
  text += "wgmma.commit_group.sync.aligned;\n}";

  std::string constraints;
  for (int64_t index = 0; index < count; ++index)
    constraints += "=f,";
  for (int64_t index = 0; accumulate && index < count; ++index)
    constraints += std::to_string(index) + ",";
  for (int64_t index = 0; index < leftCount; ++index)
    constraints += "r,";
  SmallVector<Value> operands(accumulators);
  operands.append(left.begin(), left.end());
  operands.push_back(descriptor(product, right));
  return assembly(text, constraints + "l,~{memory}", operands,
                  SmallVector<Type>(count, b.getF32Type()));
}

SmallVector<Value> Hopper::waitProducts(ValueRange accumulators,
                                        int64_t inFlight) {
  std::string constraints;
  for (size_t index = 0; index < accumulators.size(); ++index)
    constraints += "=f,";
  for (size_t index = 0; index < accumulators.size(); ++index)
    constraints += std::to_string(index) + ",";
  return assembly(
      llvm::formatv("wgmma.wait_group.sync.aligned {0};", inFlight).str(),
      constraints + "~{memory}", accumulators, accumulators.getTypes());
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value Hopper::exp2(Value x) {
  return intrinsic("llvm.nvvm.ex2.approx.ftz", b.getF32Type(), x);
}
Value Hopper::log2(Value x) {
  return intrinsic("llvm.nvvm.lg2.approx.ftz.f", b.getF32Type(), x);
}
Value Hopper::reciprocal(Value x) {
  return intrinsic("llvm.nvvm.rcp.approx.ftz.f", b.getF32Type(), x);
}

Value Hopper::exchange(Value value, int64_t laneMask) {
  return assembly(
      llvm::formatv("shfl.sync.bfly.b32 $0, $1, {0}, 31, -1;", laneMask).str(),
      value.getType().isF32() ? "=f,f" : "=r,r", value, value.getType())[0];
}

Value Hopper::pack(Value low, Value high, Type element) {
  Type pair = VectorType::get({2}, element);
  Value packed = intrinsic(element.isBF16() ? "llvm.nvvm.ff2bf16x2.rn"
                                            : "llvm.nvvm.ff2f16x2.rn",
                           pair, {high, low});
  return LLVM::BitcastOp::create(b, loc, b.getI32Type(), packed);
}
