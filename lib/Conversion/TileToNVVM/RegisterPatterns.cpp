// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic on tensors, register by register.

#include "Hopper.h"
#include "Registers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace tessera;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

bool tessera::isFragment(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa_and_nonnull<tile::LayoutAttr>(tensor.getEncoding());
}

/// Two such elements lie in one register.
static bool is16Bit(Type element) {
  return element.isBF16() || element.isF16();
}

RegisterShape tessera::registersOf(RankedTensorType tensor) {
  Type element = tensor.getElementType();
  int64_t count = tensor.getNumElements() / (kWarpgroupWarps * kWarpThreads);
  if (tile::hasPlace(tensor, tile::Place::Row))
    return {element, 2};
  if (is16Bit(element))
    return {IntegerType::get(tensor.getContext(), 32), count / 2};
  return {element, count};
}

void tessera::populateRegisterTypes(TypeConverter &converter) {
  converter.addConversion([](Type type) { return type; });
  converter.addConversion(
      [](RankedTensorType type,
         SmallVectorImpl<Type> &types) -> std::optional<LogicalResult> {
        if (!isFragment(type))
          return std::nullopt;
        RegisterShape shape = registersOf(type);
        types.append(shape.count, shape.type);
        return success();
      });
  converter.addConversion(
      [](tile::PendingType type, SmallVectorImpl<Type> &types) {
        RegisterShape shape = registersOf(type.getTensor());
        types.append(shape.count, shape.type);
        return success();
      });
  auto stage =
      [](Type type,
         SmallVectorImpl<Type> &types) -> std::optional<LogicalResult> {
    if (!isa<tile::FreeStageType, tile::FullStageType>(type))
      return std::nullopt;
    types.append(3, IntegerType::get(type.getContext(), 32));
    return success();
  };
  converter.addConversion(stage);
  converter.addConversion(
      [](tile::RingType, SmallVectorImpl<Type> &) { return success(); });
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

namespace {

/// %t = op %x, %y : tensor  ==>  op on register i of each, for every i
class ElementwisePattern : public ConversionPattern {
public:
  ElementwisePattern(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<ValueRange> operands,
                  ConversionPatternRewriter &rewriter) const override {
    if (!op->hasTrait<OpTrait::Elementwise>() || op->getNumResults() != 1 ||
        !isFragment(op->getResult(0).getType()))
      return rewriter.notifyMatchFailure(op, "not arithmetic on a tensor");
    auto isHalves = [](Type type) {
      return isFragment(type) && is16Bit(getElementTypeOrSelf(type));
    };
    if (llvm::any_of(op->getOperandTypes(), isHalves) ||
        isHalves(op->getResult(0).getType()))
      return op->emitOpError("computes on a tensor of 16-bit elements; compute "
                             "in f32, and round with arith.truncf");
    auto shape =
        registersOf(cast<RankedTensorType>(op->getResult(0).getType()));
    SmallVector<Value> results;
    for (int64_t index = 0; index < shape.count; ++index) {
      OperationState state(op->getLoc(), op->getName());
      for (ValueRange operand : operands)
        state.operands.push_back(operand.size() == 1 ? operand[0]
                                                     : operand[index]);
      state.types.push_back(shape.type);
      state.addAttributes(op->getAttrs());
      results.push_back(rewriter.create(state)->getResult(0));
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

/// An op of one tensor whose registers come from `Make(hw, operands, index)`.
template <typename Op,
          SmallVector<Value> (*Make)(Hopper &, Op, ArrayRef<ValueRange>)>
class MadePattern : public ConversionPattern {
public:
  MadePattern(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, Op::getOperationName(), 2, context) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<ValueRange> operands,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isFragment(op->getResult(0).getType()))
      return rewriter.notifyMatchFailure(op, "not on a tensor");
    Hopper hw(rewriter, op->getLoc());
    SmallVector<Value> made = Make(hw, cast<Op>(op), operands);
    if (made.empty())
      return failure();
    rewriter.replaceOpWithMultiple(op, {made});
    return success();
  }
};

} // namespace

using Registers = SmallVector<Value>;

template <typename Op>
static RegisterShape shapeOf(Op op) {
  return registersOf(cast<RankedTensorType>(op->getResult(0).getType()));
}

static Registers makeConstant(Hopper &hw, arith::ConstantOp op,
                              ArrayRef<ValueRange>) {
  auto splat = dyn_cast<SplatElementsAttr>(op.getValue());
  RegisterShape shape = shapeOf(op);
  if (!splat) {
    op.emitOpError("is a tensor in registers with unequal elements; compute it "
                   "from tile.columns or tile.row_numbers");
    return {};
  }
  TypedAttr element = splat.getSplatValue<TypedAttr>();
  if (is16Bit(splat.getElementType())) {
    APInt bits = cast<FloatAttr>(element).getValue().bitcastToAPInt();
    element = hw.b.getI32IntegerAttr(
        int32_t(bits.concat(bits).getZExtValue())); // two to a register
  }
  Value value = arith::ConstantOp::create(hw.b, hw.loc, element);
  return Registers(shape.count, value);
}

static Registers makeSplat(Hopper &, tile::SplatOp op,
                           ArrayRef<ValueRange> operands) {
  return Registers(shapeOf(op).count, operands[0][0]);
}

static Registers makeExp2(Hopper &hw, math::Exp2Op,
                          ArrayRef<ValueRange> operands) {
  return llvm::map_to_vector(operands[0], [&](Value x) { return hw.exp2(x); });
}

static Registers makeLog2(Hopper &hw, math::Log2Op,
                          ArrayRef<ValueRange> operands) {
  return llvm::map_to_vector(operands[0], [&](Value x) { return hw.log2(x); });
}

static Registers makeQuotient(Hopper &hw, arith::DivFOp,
                              ArrayRef<ValueRange> operands) {
  Registers result;
  for (auto [x, y] : llvm::zip_equal(operands[0], operands[1]))
    result.push_back(arith::MulFOp::create(hw.b, hw.loc, x, hw.reciprocal(y)));
  return result;
}

static Registers makeHalves(Hopper &hw, arith::TruncFOp op,
                            ArrayRef<ValueRange> operands) {
  Type element = cast<RankedTensorType>(op.getType()).getElementType();
  ValueRange wide = operands[0];
  Registers result;
  for (size_t index = 0; index < wide.size(); index += 2)
    result.push_back(hw.pack(wide[index], wide[index + 1], element));
  return result;
}

static Registers makeOperand(Hopper &, tile::AsOperandOp,
                             ArrayRef<ValueRange> operands) {
  return Registers(operands[0]);
}

/// Register e of a row tensor spread to where it belongs.
static Registers makeExpanded(Hopper &, tile::ExpandRowsOp op,
                              ArrayRef<ValueRange> operands) {
  Registers result;
  for (int64_t index = 0; index < shapeOf(op).count; ++index)
    result.push_back(operands[0][index / 2 % 2]);
  return result;
}

static Value join(Hopper &hw, tile::Reduction kind, Value x, Value y) {
  if (kind == tile::Reduction::Add)
    return arith::AddFOp::create(hw.b, hw.loc, x, y);
  return arith::MaxNumFOp::create(hw.b, hw.loc, x, y);
}

static Registers makeFolded(Hopper &hw, tile::FoldOp op,
                            ArrayRef<ValueRange> operands) {
  Registers result(operands[0].take_front(4));
  for (size_t index = 4; index < operands[0].size(); ++index)
    result[index % 4] =
        join(hw, op.getKind(), result[index % 4], operands[0][index]);
  return result;
}

static Registers makeReduced(Hopper &hw, tile::RowReduceOp op,
                             ArrayRef<ValueRange> operands) {
  Registers result;
  for (size_t half = 0; half < 2; ++half) {
    Value joined;
    for (size_t index = 2 * half; index < operands[0].size();
         index += index % 2 == 0 ? 1 : 3)
      joined = joined ? join(hw, op.getKind(), joined, operands[0][index])
                      : operands[0][index];
    for (int64_t mask : {1, 2})
      joined = join(hw, op.getKind(), joined, hw.exchange(joined, mask));
    result.push_back(joined);
  }
  return result;
}

void tessera::populateRegisterPatterns(const TypeConverter &converter,
                                       RewritePatternSet &patterns) {
  patterns.add<ElementwisePattern, MadePattern<arith::ConstantOp, makeConstant>,
               MadePattern<arith::DivFOp, makeQuotient>,
               MadePattern<arith::TruncFOp, makeHalves>,
               MadePattern<math::Exp2Op, makeExp2>,
               MadePattern<math::Log2Op, makeLog2>,
               MadePattern<tile::AsOperandOp, makeOperand>,
               MadePattern<tile::ExpandRowsOp, makeExpanded>,
               MadePattern<tile::FoldOp, makeFolded>,
               MadePattern<tile::RowReduceOp, makeReduced>,
               MadePattern<tile::SplatOp, makeSplat>>(converter,
                                                      patterns.getContext());
}
