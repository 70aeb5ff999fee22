// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Entries.h"

#include "Bsa/IR/Bsa.h"
#include "Tile/IR/Tile.h"
#include "tessera/Conversion/BsaToTile/Passes.h"
#include "tessera/Kernels/AttendPlan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace tessera;
using launch::ParameterKind;

//===----------------------------------------------------------------------===//
// Before the conversion
//===----------------------------------------------------------------------===//

/// Which parameters each argument and result of the function stands for; none
/// where it is not one attention of its arguments.
static std::optional<std::vector<std::vector<ParameterKind>>>
rolesOf(func::FuncOp function, bsa::AttendOp attend) {
  auto lists = attend.getMap().getDefiningOp<bsa::MapFromListsOp>();
  if (!lists || !lists.getCount() ||
      !isa<RankedTensorType>(lists.getCount().getType()))
    return std::nullopt;
  auto end = cast<func::ReturnOp>(function.getBody().front().getTerminator());
  if (!llvm::equal(end.getOperands(), attend->getResults()))
    return std::nullopt;
  std::pair<Value, ParameterKind> roles[] = {
      {attend.getQuery(), ParameterKind::QueryMap},
      {attend.getKey(), ParameterKind::KeyMap},
      {attend.getValue(), ParameterKind::ValueMap},
      {lists.getIndex(), ParameterKind::Index},
      {lists.getCount(), ParameterKind::Count},
      {attend.getQSizes(), ParameterKind::QuerySizes},
      {attend.getKvSizes(), ParameterKind::KeySizes},
      {attend.getScale(), ParameterKind::Scale}};
  for (auto [value, kind] : roles)
    if (value && !isa<BlockArgument>(value))
      return std::nullopt;
  std::vector<std::vector<ParameterKind>> kinds;
  for (BlockArgument argument : function.getArguments()) {
    std::vector<ParameterKind> &mine = kinds.emplace_back();
    for (auto [value, kind] : roles)
      if (value == argument)
        mine.push_back(kind);
    if (mine.empty())
      return std::nullopt;
  }
  kinds.push_back({ParameterKind::OutputMap});
  if (attend.getLse())
    kinds.push_back({ParameterKind::Lse});
  return kinds;
}

static AttendShape shapeOf(bsa::AttendOp attend) {
  auto query = cast<RankedTensorType>(attend.getQuery().getType());
  auto map = cast<bsa::BlockMapType>(attend.getMap().getType());
  return {cast<FloatType>(query.getElementType()), query.getShape().back(),
          map.getQueryBlock(), map.getKeyBlock(), map.getCapacity()};
}

static int32_t fixedExtent(Value tensor, int64_t dim) {
  int64_t extent = cast<RankedTensorType>(tensor.getType()).getDimSize(dim);
  return ShapedType::isDynamic(extent) ? 0 : int32_t(extent);
}

/// What the function says of a launch.
static launch::Entry describe(func::FuncOp function, bsa::AttendOp attend) {
  AttendShape shape = shapeOf(attend);
  launch::Entry entry;
  entry.kernel = function.getName().str();
  if (auto roles = rolesOf(function, attend))
    entry.arguments = std::move(*roles);
  entry.dtype = shape.element.isBF16() ? TESSERA_BF16 : TESSERA_F16;
  entry.headDim = int32_t(shape.headDim);
  entry.queryBlock = int32_t(shape.queryBlock);
  entry.keyBlock = int32_t(shape.keyBlock);
  entry.capacity = int32_t(shape.capacity);
  entry.hasLse = bool(attend.getLse());
  entry.hasQuerySizes = bool(attend.getQSizes());
  entry.hasKeySizes = bool(attend.getKvSizes());
  entry.hasScale = bool(attend.getScale());
  entry.batch = fixedExtent(attend.getQuery(), 0);
  entry.heads = fixedExtent(attend.getQuery(), 1);
  entry.keyHeads = fixedExtent(attend.getKey(), 1);
  entry.queryLength = fixedExtent(attend.getQuery(), 2);
  entry.keyLength = fixedExtent(attend.getKey(), 2);
  entry.marksPerTile = int32_t(shape.warpgroupsPerTile());
  return entry;
}

/// The plan with an order, where it leaves that to the call.
static std::string fixOrder(bsa::AttendOp attend, const GpuOptions &options) {
  AttendShape shape = shapeOf(attend);
  AttendPlan open;
  open.order = WorkOrder::Call;
  llvm::Expected<AttendPlan> plan = parsePlan(options.plan, open);
  if (!plan) { // The recipe says what is wrong.
    consumeError(plan.takeError());
    return options.plan;
  }
  if (plan->order != WorkOrder::Call)
    return options.plan;
  int64_t keys =
      cast<RankedTensorType>(attend.getKey().getType()).getDimSize(2);
  if (ShapedType::isDynamic(keys))
    keys = options.keyLength;
  bool isKnown = keys > 0 && options.l2Bytes > 0;
  size_t which =
      isKnown ? *orderAt(shape, keys, options.l2Bytes).constant() : 0;
  return (options.plan + ",order=" + nameOf(ordersFor(shape)[which])).str();
}

//===----------------------------------------------------------------------===//
// After it
//===----------------------------------------------------------------------===//

/// The box of one copy.
static launch::BoxShape boxOf(Type parameter) {
  auto map = dyn_cast<tile::MapType>(parameter);
  if (!map)
    return {};
  launch::BoxShape box;
  box.rows = int32_t(map.getBoxRows());
  box.columns = int32_t(map.getTile().getPanelColumns());
  box.panels = int32_t(map.getBoxPanels());
  box.swizzleBytes = int32_t(map.getTile().getSwizzle());
  return box;
}

/// Recipes name what they capture.
static ParameterKind kindOf(BlockArgument parameter) {
  auto name = cast<NameLoc>(parameter.getLoc()).getName();
  return launch::parameterKind(name.str().c_str());
}

static LogicalResult complete(launch::Entry &entry, tile::LaunchOp op) {
  auto kernel = SymbolTable::lookupNearestSymbolFrom<tile::KernelOp>(
      op, op.getKernelAttr());
  for (auto [parameter, operand] :
       llvm::zip_equal(kernel.getArguments(), op.getInputs())) {
    ParameterKind kind = kindOf(parameter);
    entry.parameters.push_back({kind, boxOf(parameter.getType())});
    if (kind == ParameterKind::State)
      entry.stateWords =
          int32_t(cast<MemRefType>(operand.getType()).getNumElements());
  }
  entry.wantsResidentGrid = op.getCooperative();
  entry.plan = kernel->getAttrOfType<StringAttr>(tile::kPlanAttrName).str();
  llvm::Expected<AttendPlan> plan = parsePlan(entry.plan);
  if (!plan)
    return op.emitOpError() << toString(plan.takeError());
  entry.tilesPerCta = int32_t(plan->tiles);
  return success();
}

/// Adds to `entries` what the launcher can launch.
static LogicalResult convert(func::FuncOp function, const GpuOptions &options,
                             std::vector<launch::Entry> &entries) {
  auto module = function->getParentOfType<ModuleOp>();
  auto attends = function.getOps<bsa::AttendOp>();
  launch::Entry entry;
  std::string name = function.getName().str(), plan = options.plan;
  // Of several, the recipes have their say first.
  if (llvm::hasSingleElement(attends)) {
    entry = describe(function, *attends.begin());
    plan = fixOrder(*attends.begin(), options);
  }
  if (failed(convertBsaToTile(function, options.chip, plan)))
    return failure();
  if (entry.arguments.empty())
    return success();
  auto made = module.lookupSymbol<func::FuncOp>(name);
  entries.push_back(std::move(entry));
  return complete(entries.back(), *made.getOps<tile::LaunchOp>().begin());
}

static bool hasBsa(func::FuncOp function) {
  return function
      .walk([](Operation *op) {
        return isa_and_nonnull<bsa::BsaDialect>(op->getDialect())
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

FailureOr<std::vector<launch::Entry>>
tessera::convertForLauncher(ModuleOp module, const GpuOptions &options) {
  std::vector<launch::Entry> entries;
  for (auto function :
       llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    if (!function.isPublic() || !hasBsa(function))
      continue;
    if (failed(convert(function, options, entries)))
      return failure();
  }
  return entries;
}

void tessera::renameKernels(ModuleOp module, ArrayRef<launch::Entry> entries) {
  for (const launch::Entry &entry : entries) {
    auto function = module.lookupSymbol<func::FuncOp>(entry.kernel);
    tile::LaunchOp op = *function.getOps<tile::LaunchOp>().begin();
    auto kernel = SymbolTable::lookupNearestSymbolFrom<tile::KernelOp>(
        op, op.getKernelAttr());
    function.erase();
    SymbolTable::setSymbolName(kernel, entry.kernel);
  }
}
