// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instructions as assembly text.

#include "tessera/Conversion/PtxToLLVM/Passes.h"

#include "Ptx/IR/Ptx.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
#include "llvm/ADT/StringExtras.h"

namespace tessera {
#define GEN_PASS_DEF_CONVERTPTXTOLLVMPASS
#include "tessera/Conversion/PtxToLLVM/Passes.h.inc"
} // namespace tessera

using namespace mlir;
using namespace tessera;

static std::string registerLetter(Type type) {
  if (type.isF32())
    return "f";
  if (type.isInteger(32))
    return "r";
  if (type.isInteger(64) || isa<LLVM::LLVMPointerType>(type))
    return "l";
  llvm_unreachable("no op of ptx has a value of such a type");
}

/// How LLVM hands registers over: results, then operands, those that are tied
/// by the number of their result.
static std::string constraintsOf(ptx::InstructionOpInterface op) {
  SmallVector<std::string> words;
  for (Type type : op->getResultTypes())
    words.push_back("=" + registerLetter(type));
  OperandRange tied = op.getTied();
  unsigned firstTied = tied.empty() ? 0 : tied.getBeginOperandIndex();
  for (OpOperand &operand : op->getOpOperands()) {
    unsigned index = operand.getOperandNumber() - firstTied;
    bool isTied =
        operand.getOperandNumber() >= firstTied && index < tied.size();
    words.push_back(isTied ? std::to_string(index)
                           : registerLetter(operand.get().getType()));
  }
  if (!isMemoryEffectFree(op))
    words.push_back("~{memory}");
  return llvm::join(words, ",");
}

namespace {

class InstructionPattern
    : public OpInterfaceRewritePattern<ptx::InstructionOpInterface> {
public:
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ptx::InstructionOpInterface op,
                                PatternRewriter &rewriter) const override {
    MLIRContext *context = op->getContext();
    SmallVector<Type> results(op->getResultTypes());
    if (results.size() > 1)
      results = {LLVM::LLVMStructType::getLiteral(context, results)};
    auto assembly = LLVM::InlineAsmOp::create(
        rewriter, op->getLoc(), results, op->getOperands(), op.getPtx(),
        constraintsOf(op), /*has_side_effects=*/!isMemoryEffectFree(op),
        /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
        LLVM::AsmDialectAttr::get(context, LLVM::AsmDialect::AD_ATT),
        /*operand_attrs=*/ArrayAttr());
    SmallVector<Value> values(assembly->getResults());
    if (op->getNumResults() > 1) {
      Value all = values.pop_back_val();
      for (unsigned index = 0; index < op->getNumResults(); ++index)
        values.push_back(
            LLVM::ExtractValueOp::create(rewriter, op->getLoc(), all, index));
    }
    rewriter.replaceOp(op, values);
    return success();
  }
};

template <typename Op>
class IntrinsicPattern : public OpRewritePattern<Op> {
public:
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, op.getType(), rewriter.getStringAttr(Op::kIntrinsic),
        op->getOperands());
    return success();
  }
};

/// The address fills the lowest bits, in units of 16 bytes.
class DescriptorPattern : public OpRewritePattern<ptx::WgmmaDescriptorOp> {
public:
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ptx::WgmmaDescriptorOp op,
                                PatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto constant = [&](TypedAttr value) -> Value {
      return LLVM::ConstantOp::create(rewriter, loc, value);
    };
    uint64_t layout = op.getLayoutBits();
    auto low = static_cast<int32_t>(layout);
    auto high = static_cast<int64_t>(layout - static_cast<uint32_t>(low));
    Value units = LLVM::LShrOp::create(rewriter, loc, op.getAddress(),
                                       constant(rewriter.getI32IntegerAttr(4)));
    Value word = LLVM::OrOp::create(rewriter, loc, units,
                                    constant(rewriter.getI32IntegerAttr(low)));
    Value wide =
        LLVM::ZExtOp::create(rewriter, loc, rewriter.getI64Type(), word);
    rewriter.replaceOpWithNewOp<LLVM::OrOp>(
        op, wide, constant(rewriter.getI64IntegerAttr(high)));
    return success();
  }
};

class ConvertPtxToLLVM
    : public tessera::impl::ConvertPtxToLLVMPassBase<ConvertPtxToLLVM> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<InstructionPattern, IntrinsicPattern<ptx::Ex2Op>,
                 IntrinsicPattern<ptx::Lg2Op>, DescriptorPattern>(
        &getContext());
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
