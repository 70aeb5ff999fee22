// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `bsa-refine-shapes`: from the joined contract of a function into its types.

#include "Bsa/Analysis/FunctionContract.h"
#include "Bsa/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tessera::bsa {
#define GEN_PASS_DEF_REFINESHAPESPASS
#include "Bsa/Transforms/Passes.h.inc"
} // namespace tessera::bsa

using namespace mlir;
using namespace tessera::bsa;

/// The type of `value` with every extent that the contract knows.
static RankedTensorType refine(const FunctionContract &contract, Value value,
                               RankedTensorType type) {
  SmallVector<int64_t> shape(type.getShape());
  for (auto [dim, extent] : llvm::enumerate(shape))
    if (ShapedType::isDynamic(extent))
      if (std::optional<DimClass> known = contract.dimOf(value, dim))
        extent = contract.staticExtent(*known).value_or(extent);
  return RankedTensorType::get(shape, type.getElementType(),
                               type.getEncoding());
}

/// Whether the op takes tensors of any extents that agree.
static bool isFlexible(Operation *op) {
  return isa<ContractOpInterface, FusedOp, YieldOp, tensor::CastOp,
             func::ReturnOp>(op);
}

/// True if that changed the type.
static bool refine(const FunctionContract &contract, Value value) {
  auto old = dyn_cast<RankedTensorType>(value.getType());
  RankedTensorType type = old ? refine(contract, value, old) : nullptr;
  if (type == old)
    return false;
  value.setType(type);
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  Value asWritten;
  for (OpOperand &use : llvm::make_early_inc_range(value.getUses())) {
    if (isFlexible(use.getOwner()))
      continue;
    if (!asWritten)
      asWritten = tensor::CastOp::create(builder, value.getLoc(), old, value);
    use.set(asWritten);
  }
  return true;
}

static void refineBorder(func::FuncOp function) {
  Operation *end = function.getBody().front().getTerminator();
  function.setFunctionType(FunctionType::get(
      function.getContext(), function.getBody().front().getArgumentTypes(),
      end->getOperandTypes()));
}

static LogicalResult checkExtents(func::FuncOp function,
                                  const FunctionContract &contract) {
  std::optional<FunctionContract::Contradiction> found =
      contract.findContradiction();
  if (!found)
    return success();
  StringRef name = contract.nameOf(found->dim);
  return function.emitOpError()
         << "has " << name << " = " << found->low << " in one type and " << name
         << " = " << found->high
         << " in another, and casts or maps between them; make them equal";
}

/// What a refined type says of a gate may be news of other extents: until
/// nothing changes.
static LogicalResult refine(func::FuncOp function) {
  bool changed = true;
  while (changed) {
    changed = false;
    FunctionContract contract(function);
    if (failed(checkExtents(function, contract)))
      return failure();
    for (BlockArgument argument : function.getArguments())
      changed |= refine(contract, argument);
    function.walk([&](Operation *op) {
      if (op == function || !isFlexible(op))
        return;
      for (Value result : op->getResults())
        changed |= refine(contract, result);
    });
  }
  refineBorder(function);
  return success();
}

namespace {
struct RefineShapes : tessera::bsa::impl::RefineShapesPassBase<RefineShapes> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      bool isWhole =
          !function.isExternal() && llvm::hasSingleElement(function.getBody());
      if (isWhole &&
          SymbolTable::symbolKnownUseEmpty(function, getOperation()) &&
          failed(refine(function)))
        return signalPassFailure();
    }
  }
};
} // namespace
