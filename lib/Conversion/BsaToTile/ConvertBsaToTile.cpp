// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "tessera/Conversion/BsaToTile/Passes.h"

#include "Bsa/IR/Bsa.h"
#include "Tile/IR/Tile.h"
#include "tessera/Kernels/AttendForward.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tessera {
#define GEN_PASS_DEF_CONVERTBSATOTILEPASS
#include "tessera/Conversion/BsaToTile/Passes.h.inc"
} // namespace tessera

using namespace mlir;
using namespace tessera;
using launch::ParameterKind;

namespace {

/// A function that is one attention over lists.
struct AttendFunction {
  func::FuncOp function;
  bsa::AttendOp attend;
  bsa::MapFromListsOp lists;
};

} // namespace

/// Each op of the function is one we know, and the attention takes arguments
/// and gives the results.
static FailureOr<AttendFunction> matchFunction(func::FuncOp function) {
  AttendFunction found{function, {}, {}};
  for (Operation &op : function.getBody().front()) {
    if (auto attend = dyn_cast<bsa::AttendOp>(op); attend && !found.attend)
      found.attend = attend;
    else if (auto lists = dyn_cast<bsa::MapFromListsOp>(op);
             lists && !found.lists)
      found.lists = lists;
    else if (!isa<func::ReturnOp>(op))
      return op.emitOpError("has no GPU kernel yet; a GPU function is one "
                            "bsa.attend over bsa.map_from_lists of its "
                            "arguments, compile others for the host");
  }
  if (!found.attend || found.attend.getMap().getDefiningOp() != found.lists)
    return function.emitOpError("is no attention over lists; a GPU function is "
                                "one bsa.attend over bsa.map_from_lists of "
                                "its arguments");
  auto returned =
      cast<func::ReturnOp>(function.getBody().front().getTerminator());
  if (!llvm::equal(returned.getOperands(), found.attend->getResults()))
    return returned.emitOpError("gives other results than those of the "
                                "attention, in their order");
  return found;
}

static FailureOr<AttendShape> shapeOf(const AttendFunction &found) {
  bsa::AttendOp attend = found.attend;
  auto query = cast<RankedTensorType>(attend.getQuery().getType());
  auto output = cast<RankedTensorType>(attend.getOutput().getType());
  auto map = cast<bsa::BlockMapType>(attend.getMap().getType());
  if (output.getElementType() != query.getElementType())
    return attend.emitOpError("gives ")
           << output.getElementType() << " on a GPU; expected the query's "
           << query.getElementType();
  AttendShape shape;
  shape.element = cast<FloatType>(query.getElementType());
  shape.headDim = query.getShape().back();
  shape.queryBlock = map.getQueryBlock();
  shape.keyBlock = map.getKeyBlock();
  shape.capacity = map.getCapacity();
  shape.hasLse = bool(attend.getLse());
  shape.hasQuerySizes = bool(attend.getQSizes());
  shape.hasKeySizes = bool(attend.getKvSizes());
  if (llvm::Error error = checkShape(shape))
    return attend.emitOpError() << toString(std::move(error));
  return shape;
}

static FailureOr<AttendPlan>
planFor(const AttendFunction &found, const AttendShape &shape,
        const ConvertBsaToTilePassOptions &options) {
  PlanHints hints{options.keyLength, options.l2Bytes};
  bsa::AttendOp attend = found.attend;
  int64_t keys =
      cast<RankedTensorType>(attend.getKey().getType()).getDimSize(2);
  if (!ShapedType::isDynamic(keys))
    hints.keyLength = keys;
  llvm::Expected<AttendPlan> plan =
      parsePlan(options.plan, choosePlan(shape, hints));
  llvm::Error error = plan ? checkPlan(shape, *plan) : plan.takeError();
  if (error)
    return attend.emitOpError() << toString(std::move(error));
  return *plan;
}

/// What each argument of the function is to the kernel, and each result.
static FailureOr<std::vector<std::vector<ParameterKind>>>
rolesOf(const AttendFunction &found) {
  bsa::AttendOp attend = found.attend;
  bsa::MapFromListsOp lists = found.lists;
  func::FuncOp function = found.function;
  std::pair<Value, ParameterKind> roles[] = {
      {attend.getQuery(), ParameterKind::QueryMap},
      {attend.getKey(), ParameterKind::KeyMap},
      {attend.getValue(), ParameterKind::ValueMap},
      {lists.getIndex(), ParameterKind::Index},
      {lists.getCount(), ParameterKind::Count},
      {attend.getQSizes(), ParameterKind::QuerySizes},
      {attend.getKvSizes(), ParameterKind::KeySizes},
      {attend.getScale(), ParameterKind::Scale}};
  std::vector<std::vector<ParameterKind>> kinds;
  for (BlockArgument argument : function.getArguments()) {
    std::vector<ParameterKind> &mine = kinds.emplace_back();
    for (auto [value, kind] : roles)
      if (value == argument)
        mine.push_back(kind);
    if (mine.empty())
      return function.emitOpError("has an argument, number ")
             << argument.getArgNumber() << ", that the attention does not take";
  }
  kinds.push_back({ParameterKind::OutputMap});
  if (attend.getLse())
    kinds.push_back({ParameterKind::Lse});
  return kinds;
}

static FailureOr<launch::Entry>
convert(func::FuncOp function, const ConvertBsaToTilePassOptions &options) {
  FailureOr<AttendFunction> found = matchFunction(function);
  if (failed(found))
    return failure();
  FailureOr<AttendShape> shape = shapeOf(*found);
  if (failed(shape))
    return failure();
  FailureOr<AttendPlan> chosen = planFor(*found, *shape, options);
  auto roles = rolesOf(*found);
  if (failed(chosen) || failed(roles))
    return failure();
  OpBuilder builder(function->getContext());
  builder.setInsertionPointAfter(function);
  std::string name = function.getSymName().str();
  launch::Entry entry = describeAttendForward(name, *shape, *chosen);
  entry.hasScale = bool(found->attend.getScale());
  entry.arguments = *roles;
  Location loc = found->attend.getLoc();
  function.erase();
  buildAttendForward(builder, loc, name, *shape, *chosen);
  return entry;
}

FailureOr<std::vector<launch::Entry>>
tessera::convertBsaToTile(ModuleOp module,
                          const ConvertBsaToTilePassOptions &options) {
  std::vector<launch::Entry> entries;
  for (auto function :
       llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    if (!function.isPublic() || function.isExternal())
      continue;
    FailureOr<launch::Entry> entry = convert(function, options);
    if (failed(entry))
      return failure();
    entries.push_back(std::move(*entry));
  }
  return entries;
}

namespace {

class ConvertBsaToTile
    : public tessera::impl::ConvertBsaToTilePassBase<ConvertBsaToTile> {
public:
  using ConvertBsaToTilePassBase::ConvertBsaToTilePassBase;

  void runOnOperation() override {
    if (failed(convertBsaToTile(getOperation(), {plan, keyLength, l2Bytes})))
      signalPassFailure();
  }
};

} // namespace
