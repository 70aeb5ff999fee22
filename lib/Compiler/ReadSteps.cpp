// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/ReadSteps.h"

#include "StepReader.h"
#include "tessera/Conversion/TileToNVVM/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::program;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

FailureOr<Index> StepReader::kernelOf(Operation *user, SymbolRefAttr name) {
  auto kernel =
      SymbolTable::lookupNearestSymbolFrom<tile::KernelOp>(user, name);
  auto [entry, isNew] =
      kernels.insert({kernel.getOperation(), Index(writer.kernels.size())});
  if (!isNew)
    return entry->second;
  Kernel row{};
  row.name = writer.text(kernel.getSymName());
  if (auto plan = kernel->getAttrOfType<StringAttr>(tile::kPlanAttrName))
    row.plan = writer.text(plan.strref());
  row.cubin = row.ptx = kNone;
  writer.kernels.push_back(row);
  return Index(writer.kernels.size() - 1);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

static int32_t dtypeOf(Type element) {
  if (element.isBF16())
    return TESSERA_BF16;
  if (element.isF16())
    return TESSERA_F16;
  return element.isF32() ? TESSERA_F32 : TESSERA_I32;
}

/// [column, token, panel, head, batch], the panel being a part of the features.
FailureOr<Index> StepReader::mapOf(tile::MakeMapOp op) {
  auto [entry, isNew] =
      maps.insert({op.getOperation(), Index(writer.maps.size())});
  if (!isNew)
    return entry->second;
  Value buffer = op.getBuffer();
  FailureOr<Memory> memory = memoryOf(op, buffer);
  if (failed(memory))
    return failure();
  require(ConstraintKind::Copied, *memory);
  tile::MapType type = op.getMap().getType();
  tile::BufferType tile = type.getTile();
  int64_t columns = tile.getPanelColumns();
  auto extent = [&](int64_t dim) { return *extentOf(buffer, dim); };
  auto stride = [&](int64_t dim) { return *strideOf(buffer, dim); };
  Map row{};
  if (auto name = dyn_cast<NameLoc>(op.getLoc()))
    row.name = writer.text(name.getName().strref());
  row.memory = *memory;
  row.dtype = dtypeOf(tile.getElement());
  row.rank = 5;
  row.swizzleBytes = int32_t(tile.getSwizzle());
  row.promotionBytes = int32_t(op.getPromote().value_or(0));
  Index dims[] = {writer.constant(columns), extent(2),
                  writer.constant(tile.getPanels()), extent(1), extent(0)};
  Index strides[] = {stride(2), writer.constant(columns), stride(1), stride(0)};
  int32_t box[] = {int32_t(columns), int32_t(type.getBoxRows()),
                   int32_t(type.getBoxPanels()), 1, 1};
  llvm::copy(dims, row.dims);
  llvm::copy(strides, row.strides);
  llvm::copy(box, row.box);
  writer.maps.push_back(row);
  return Index(writer.maps.size() - 1);
}

static Operand emptyOperand(OperandKind kind) {
  Operand row{};
  row.kind = kind;
  row.index = row.value = kNone;
  row.memory.index = kNone;
  return row;
}

FailureOr<Operand> StepReader::realOperand(tile::LaunchOp op, Value value) {
  APFloat number(0.0f);
  if (matchPattern(value, m_ConstantFloat(&number))) {
    Operand row = emptyOperand(OperandKind::ConstantF32);
    row.bits = uint32_t(number.bitcastToAPInt().getZExtValue());
    return row;
  }
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    Operand row = emptyOperand(OperandKind::F32);
    row.index = Index(argument.getArgNumber());
    return row;
  }
  InFlightDiagnostic error = op.emitOpError(
      "takes an f32 that is computed; on a GPU it is an argument or a "
      "constant: compute it before the call");
  error.attachNote(value.getLoc()) << "it comes from here";
  return error;
}

FailureOr<Operand> StepReader::operand(tile::LaunchOp op, unsigned position,
                                       tile::KernelOp kernel) {
  Value value = op.getInputs()[position];
  FailureOr<Operand> row = failure();
  if (auto map = value.getDefiningOp<tile::MakeMapOp>()) {
    FailureOr<Index> index = mapOf(map);
    if (failed(index))
      return failure();
    row = emptyOperand(OperandKind::Map);
    row->index = *index;
  } else if (isa<MemRefType>(value.getType())) {
    FailureOr<Memory> memory = memoryOf(op, value);
    if (failed(memory))
      return failure();
    require(ConstraintKind::Dense, *memory);
    row = emptyOperand(OperandKind::Address);
    row->memory = *memory;
  } else if (value.getType().isF32()) {
    row = realOperand(op, value);
  } else {
    FailureOr<Index> integer = number(op, value);
    if (failed(integer))
      return failure();
    row = emptyOperand(OperandKind::I32);
    row->value = writer.within(*integer, NumberRange::Signed32);
  }
  if (succeeded(row))
    if (auto name = dyn_cast<NameLoc>(kernel.getArgument(position).getLoc()))
      row->name = writer.text(name.getName().strref());
  return row;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

static Action emptyAction(ActionKind kind) {
  Action row{};
  row.kind = kind;
  row.kernel = row.threads = row.sharedBytes = row.cluster = kNone;
  for (Index &grid : row.grid)
    grid = kNone;
  row.from.index = row.to.index = kNone;
  return row;
}

FailureOr<Action> StepReader::launch(tile::LaunchOp op) {
  auto kernel = SymbolTable::lookupNearestSymbolFrom<tile::KernelOp>(
      op, op.getKernelAttr());
  FailureOr<LaunchNeeds> needs = launchNeeds(kernel, threadReleases);
  FailureOr<Index> index = kernelOf(op, op.getKernelAttr());
  FailureOr<Index> grid = number(op, op.getGrid());
  if (failed(needs) || failed(index) || failed(grid))
    return failure();
  Action row = emptyAction(ActionKind::Launch);
  row.flags = op.getCooperative() ? kCooperative : 0;
  row.kernel = *index;
  row.grid[0] = *grid;
  row.grid[1] = row.grid[2] = writer.constant(1);
  row.threads = writer.constant(needs->threads);
  row.sharedBytes = writer.constant(needs->sharedBytes);
  row.operands = {uint32_t(writer.operands.size()),
                  uint32_t(op.getInputs().size())};
  for (unsigned position = 0; position < op.getInputs().size(); ++position) {
    FailureOr<Operand> read = operand(op, position, kernel);
    if (failed(read))
      return failure();
    writer.operands.push_back(*read);
  }
  return row;
}

FailureOr<Action> StepReader::action(Operation *op) {
  if (!op)
    return emptyAction(ActionKind::Nothing);
  if (auto launched = dyn_cast<tile::LaunchOp>(op))
    return launch(launched);
  bool isZero = isa<tile::ZeroOp>(op);
  Action row = emptyAction(isZero ? ActionKind::Zero : ActionKind::Copy);
  FailureOr<Memory> to =
      memoryOf(op, isZero ? cast<tile::ZeroOp>(op).getBuffer()
                          : cast<memref::CopyOp>(op).getTarget());
  if (failed(to))
    return failure();
  row.to = *to;
  if (isZero)
    return row;
  FailureOr<Memory> from = memoryOf(op, cast<memref::CopyOp>(op).getSource());
  if (failed(from))
    return failure();
  row.from = *from;
  return row;
}

/// `ways`: an operation for each, null where there is nothing to do.
LogicalResult StepReader::addStep(ArrayRef<Operation *> ways, Index choice) {
  SmallVector<Action> actions;
  for (Operation *op : ways) {
    FailureOr<Action> read = action(op);
    if (failed(read))
      return failure();
    actions.push_back(*read);
  }
  Step row{};
  row.actions = {uint32_t(writer.actions.size()), uint32_t(actions.size())};
  llvm::append_range(writer.actions, actions);
  row.choice = choice;
  row.after = {uint32_t(writer.edges.size()), 0};
  if (!writer.steps.empty()) {
    writer.edges.push_back({Index(writer.steps.size() - 1), 0});
    row.after.count = 1;
  }
  writer.steps.push_back(row);
  return success();
}

LogicalResult StepReader::readChoice(tile::ChooseOp op) {
  FailureOr<Index> which = number(op, op.getWhich());
  if (failed(which))
    return failure();
  SmallVector<SmallVector<Operation *>> ways;
  size_t length = 0;
  for (Region &region : op.getAlternatives()) {
    SmallVector<Operation *> &way = ways.emplace_back();
    for (Operation &step : region.front())
      if (isa<tile::LaunchOp, tile::ZeroOp>(step))
        way.push_back(&step);
    length = std::max(length, way.size());
  }
  // The last of each way at a time: fills may come before it.
  for (size_t number = 0; number < length; ++number) {
    SmallVector<Operation *> now;
    for (ArrayRef<Operation *> way : ways) {
      size_t missing = length - way.size();
      now.push_back(number < missing ? nullptr : way[number - missing]);
    }
    if (failed(addStep(now, *which)))
      return failure();
  }
  return success();
}

LogicalResult StepReader::readStep(Operation &op) {
  if (auto choice = dyn_cast<tile::ChooseOp>(op))
    return readChoice(choice);
  if (isa<tile::LaunchOp, tile::ZeroOp, memref::CopyOp>(op))
    return addStep(&op, kNone);
  if (isa<memref::AllocOp, func::ReturnOp>(op) || isMemoryEffectFree(&op))
    return success(); // read where it is used
  return op.emitOpError(
      "is no step that a GPU carries out; there are launches, "
      "fills, copies and choices between them");
}

LogicalResult StepReader::read() {
  for (Operation &op : function.getBody().front())
    if (failed(readStep(op)))
      return failure();
  placeBuffers();
  return success();
}

LogicalResult tessera::readSteps(func::FuncOp function, Writer &writer,
                                 bool threadReleases) {
  return StepReader(function, writer, threadReleases).read();
}
