// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Hopper.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/FormatVariadic.h"

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

Value Hopper::agreed(Value condition) {
  Value flag = arith::ExtUIOp::create(b, loc, b.getI32Type(), condition);
  Value any = assembly("{\n.reg .pred mine, ours;\n"
                       "setp.ne.u32 mine, $1, 0;\n"
                       "vote.sync.any.pred ours, mine, 0xffffffff;\n"
                       "selp.u32 $0, 1, 0, ours;\n}",
                       "=r,r", flag, b.getI32Type())[0];
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, any, i32(0));
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

/// A dead use makes the assembler wait for nothing, so the address depends on
/// the registers: bit 1 of a square is 0, which assemblers do not know. That
/// they still do not, the check of the machine code says.
void Hopper::arriveAfter(Value barrier, ValueRange loaded) {
  std::string text = "{\n.reg .b32 all;\nmov.b32 all, $1;\n",
              constraints = "r,r";
  for (size_t index = 2; index <= loaded.size(); ++index) {
    text += llvm::formatv("or.b32 all, all, ${0};\n", index).str();
    constraints += ",r";
  }
  text += "mul.lo.u32 all, all, all;\nand.b32 all, all, 2;\n"
          "add.u32 all, all, $0;\n"
          "mbarrier.arrive.shared::cta.b64 _, [all];\n}";
  SmallVector<Value> operands = llvm::to_vector(loaded);
  operands.insert(operands.begin(), barrier);
  assembly(text, constraints + ",~{memory}", operands);
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

SmallVector<Value> Hopper::loadMatrices(Value address) {
  return assembly("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
                  "{$0, $1, $2, $3}, [$4];",
                  "=r,=r,=r,=r,r,~{memory}", address,
                  SmallVector<Type>(4, b.getI32Type()));
}

void Hopper::storeMatrices(Value address, ValueRange matrices) {
  SmallVector<Value> operands{address};
  operands.append(matrices.begin(), matrices.end());
  assembly("stmatrix.sync.aligned.m8n8.x4.shared.b16 [$0], {$1, $2, $3, $4};",
           "r,r,r,r,r,~{memory}", operands);
}

void Hopper::fenceCopyEngine() {
  assembly("fence.proxy.async.shared::cta;", "~{memory}", {});
}

void Hopper::storeTensor(Value address, Value map, ValueRange at) {
  SmallVector<Value> operands{address, map};
  operands.append(at.begin(), at.end());
  assembly("cp.async.bulk.tensor.5d.global.shared::cta.bulk_group "
           "[$1, {$2, $3, $4, $5, $6}], [$0];",
           "r,l,r,r,r,r,r,~{memory}", operands);
}

void Hopper::addTensor(Value address, Value map, ValueRange at) {
  SmallVector<Value> operands{address, map};
  operands.append(at.begin(), at.end());
  assembly("cp.reduce.async.bulk.tensor.5d.global.shared::cta.add.tile."
           "bulk_group [$1, {$2, $3, $4, $5, $6}], [$0];",
           "r,l,r,r,r,r,r,~{memory}", operands);
}

void Hopper::commitStores() {
  assembly("cp.async.bulk.commit_group;", "~{memory}", {});
}
void Hopper::waitStoresRead() {
  assembly("cp.async.bulk.wait_group.read 0;", "~{memory}", {});
}
void Hopper::waitStoresWritten() {
  assembly("cp.async.bulk.wait_group 0;", "~{memory}", {});
}

//===----------------------------------------------------------------------===//
// Numbers that CTAs share
//===----------------------------------------------------------------------===//

Value Hopper::atomicAdd(Value address, Value value, bool ordered) {
  return assembly(llvm::formatv("atom.{0}.gpu.global.add.u32 $0, [$1], $2;",
                                ordered ? "acq_rel" : "relaxed")
                      .str(),
                  "=r,l,r,~{memory}", {address, value}, b.getI32Type())[0];
}

void Hopper::waitAtLeast(Value address, Value value) {
  assembly("{\n.reg .pred enough;\n.reg .b32 now;\n"
           "WAIT_${:uid}:\n"
           "ld.relaxed.gpu.global.b32 now, [$0];\n"
           "setp.ge.s32 enough, now, $1;\n"
           "@enough bra DONE_${:uid};\n"
           "nanosleep.u32 40;\n"
           "bra WAIT_${:uid};\n"
           "DONE_${:uid}:\n}",
           "l,r,~{memory}", {address, value});
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

/// The matrix descriptor of a buffer whose rows run along m or n (`alongRows`)
/// or along k. Rows of a panel go in groups of eight, of which the next follows
/// at once (stride); the next panel of columns follows after the whole panel
/// (leading, used where columns run along n).
Value Hopper::descriptor(tile::BufferType buffer, bool alongRows,
                         Value address) {
  int64_t leading = alongRows ? 1 : buffer.getPanelBytes() / 16;
  int64_t stride = 8 * buffer.getSwizzle() / 16;
  int64_t swizzle = buffer.getSwizzle() == 128  ? 1
                    : buffer.getSwizzle() == 64 ? 2
                                                : 3;
  Value low =
      arith::OrIOp::create(b, loc, shiftRight(address, 4), i32(leading << 16));
  Value wide = arith::ExtUIOp::create(b, loc, b.getI64Type(), low);
  Value high = arith::ConstantIntOp::create(
      b, loc, (swizzle << 62) | (stride << 32), 64);
  return arith::OrIOp::create(b, loc, wide, high);
}

/// Bytes from the start of a buffer to what step `step` of 16 along k reads.
static int64_t stepOffset(tile::BufferType buffer, bool alongRows,
                          int64_t step) {
  if (!alongRows)
    return step * 16 * buffer.getSwizzle();
  int64_t along = step * 16 * buffer.getElementBytes();
  return along / buffer.getSwizzle() * buffer.getPanelBytes() +
         along % buffer.getSwizzle();
}

/// One instruction for each 16 of k. Operands: results, accumulators if there
/// are any, the left matrix in registers or its descriptor, the right one's.
static std::string productText(const Hopper::Product &product,
                               bool accumulates) {
  int64_t count = product.columns / 2;
  int64_t left = accumulates ? 2 * count : count;
  int64_t right = left + (product.left ? 1 : product.depth / 4);
  std::string type = product.element.isBF16() ? "bf16" : "f16";
  std::string text = "{\n.reg .pred add, fresh;\n.reg .b64 at, from;\n"
                     "setp.eq.u32 add, 0, 0;\nsetp.ne.u32 fresh, 0, 0;\n"
                     "wgmma.fence.sync.aligned;\n";
  llvm::raw_string_ostream out(text);
  for (int64_t step = 0; step < product.depth / 16; ++step) {
    out << llvm::formatv("add.s64 at, ${0}, {1};\n", right,
                         stepOffset(product.right, product.transposed, step) /
                             16);
    if (product.left)
      out << llvm::formatv("add.s64 from, ${0}, {1};\n", left,
                           stepOffset(product.left, true, step) / 16);
    out << llvm::formatv("wgmma.mma_async.sync.aligned.m64n{0}k16.f32.{1}.{1} "
                         "{2}, {3}, at, {4}, "
                         "1, 1{5}, {6};\n",
                         product.columns, type, group(0, count),
                         product.left ? "from" : group(left + 4 * step, 4),
                         accumulates || step > 0 ? "add" : "fresh",
                         product.left ? ", 0" : "", product.transposed ? 0 : 1);
  }
  out << "wgmma.commit_group.sync.aligned;\n}";
  return text;
}

SmallVector<Value> Hopper::multiply(const Product &product, ValueRange left,
                                    Value right, ValueRange accumulators) {
  int64_t count = product.columns / 2;
  std::string constraints;
  for (int64_t index = 0; index < count; ++index)
    constraints += "=f,";
  for (size_t index = 0; index < accumulators.size(); ++index)
    constraints += std::to_string(index) + ",";
  SmallVector<Value> operands(accumulators);
  if (product.left) {
    constraints += "l,";
    operands.push_back(descriptor(product.left, true, left[0]));
  } else {
    for (size_t index = 0; index < left.size(); ++index)
      constraints += "r,";
    operands.append(left.begin(), left.end());
  }
  operands.push_back(descriptor(product.right, product.transposed, right));
  return assembly(productText(product, !accumulators.empty()),
                  constraints + "l,~{memory}", operands,
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
