// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products of a warpgroup: verifiers, and the text of a whole one.

#include "Ptx/IR/Ptx.h"
#include "PtxText.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::ptx;

constexpr int64_t kDescriptorUnit = 16;  // bytes
constexpr int64_t kRegistersPerStep = 4; // of the left matrix, 16 of k

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

LogicalResult WgmmaDescriptorOp::verify() {
  if (!llvm::is_contained({32u, 64u, 128u}, getSwizzle()))
    return emitOpError("has a swizzle of ")
           << getSwizzle() << " bytes; expected 32, 64 or 128";
  for (uint64_t bytes : {getLeading(), getStride()})
    if (bytes % kDescriptorUnit != 0 || bytes >= 1 << 18)
      return emitOpError("goes on after ")
             << bytes << " bytes; expected a multiple of " << kDescriptorUnit
             << " below " << (1 << 18);
  return success();
}

uint64_t WgmmaDescriptorOp::getLayoutBits() {
  uint64_t swizzle = getSwizzle() == 128 ? 1 : getSwizzle() == 64 ? 2 : 3;
  return swizzle << 62 | getStride() / kDescriptorUnit << 32 |
         getLeading() / kDescriptorUnit << 16;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

LogicalResult WgmmaOp::inferReturnTypes(MLIRContext *context,
                                        std::optional<Location>,
                                        Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  types.assign(adaptor.getN() / 2, Float32Type::get(context));
  return success();
}

LogicalResult WgmmaWaitOp::inferReturnTypes(MLIRContext *,
                                            std::optional<Location>,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  llvm::append_range(types, adaptor.getPending().getTypes());
  return success();
}

OperandRange WgmmaOp::getTied() { return getAccumulators(); }
OperandRange WgmmaWaitOp::getTied() { return getPending(); }

static LogicalResult verifyOffsets(WgmmaOp op, ArrayRef<int64_t> offsets) {
  for (int64_t bytes : offsets)
    if (bytes < 0 || bytes % kDescriptorUnit != 0)
      return op.emitOpError("reads a matrix at ")
             << bytes << " bytes; expected a multiple of " << kDescriptorUnit;
  return success();
}

LogicalResult WgmmaOp::verify() {
  uint64_t n = getN(), steps = getRightOffsets().size();
  if (n < 8 || n > 256 || n % 8 != 0)
    return emitOpError("has ")
           << n << " columns; expected a multiple of 8 in 8 .. 256";
  if (steps == 0)
    return emitOpError("has no step of k; give an offset for each 16");
  if (!getAccumulators().empty() && getAccumulators().size() != n / 2)
    return emitOpError("has ") << getAccumulators().size() << " accumulators; "
                               << n << " columns are " << n / 2;
  if (bool(getLeft()) == !getLeftRegisters().empty())
    return emitOpError("takes its left matrix from registers or from shared "
                       "memory; give one of them");
  if (!getLeft() && getLeftRegisters().size() != kRegistersPerStep * steps)
    return emitOpError("has ")
           << getLeftRegisters().size() << " registers of the left matrix; "
           << steps << " steps of k take " << kRegistersPerStep * steps;
  ArrayRef<int64_t> left = getLeftOffsets().value_or(ArrayRef<int64_t>());
  if (left.size() != (getLeft() ? steps : 0))
    return emitOpError("has ")
           << left.size() << " offsets of the left matrix; expected "
           << (getLeft() ? steps : 0);
  return success(succeeded(verifyOffsets(*this, left)) &&
                 succeeded(verifyOffsets(*this, getRightOffsets())));
}

/// One block from the fence to the commit: between its instructions LLVM would
/// move accumulators, and ptxas then serialises the products. `fresh` is false:
/// the first step of a product without accumulators ignores what is there.
std::string WgmmaOp::getPtx() {
  int64_t count = static_cast<int64_t>(getNumResults());
  int64_t left = count + static_cast<int64_t>(getAccumulators().size());
  int64_t right =
      left + (getLeft() ? 1 : static_cast<int64_t>(getLeftRegisters().size()));
  StringRef type = isa<BFloat16Type>(getElement()) ? "bf16" : "f16";
  std::string text = "{\n.reg .pred add, fresh;\n.reg .b64 at, from;\n"
                     "setp.eq.u32 add, 0, 0;\nsetp.ne.u32 fresh, 0, 0;\n"
                     "wgmma.fence.sync.aligned;\n";
  llvm::raw_string_ostream out(text);
  for (auto [step, offset] : llvm::enumerate(getRightOffsets())) {
    out << llvm::formatv("add.s64 at, ${0}, {1};\n", right,
                         offset / kDescriptorUnit);
    if (getLeft())
      out << llvm::formatv("add.s64 from, ${0}, {1};\n", left,
                           (*getLeftOffsets())[step] / kDescriptorUnit);
    std::string leftText =
        getLeft() ? "from"
                  : registerList(left + kRegistersPerStep * int64_t(step),
                                 kRegistersPerStep);
    bool adds = !getAccumulators().empty() || step > 0;
    out << llvm::formatv("wgmma.mma_async.sync.aligned.m64n{0}k16.f32.{1}.{1} "
                         "{2}, {3}, at, {4}, 1, 1{5}, {6};\n",
                         getN(), type, registerList(0, count), leftText,
                         adds ? "add" : "fresh", getLeft() ? ", 0" : "",
                         getTranspose() ? 1 : 0);
  }
  out << "wgmma.commit_group.sync.aligned;\n}";
  return text;
}
