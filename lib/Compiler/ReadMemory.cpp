// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers and memory that steps take: back over extents, strides and integer
// arithmetic to the parameters of the record.
#include "StepReader.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::program;

/// Where a workspace's parts begin is a multiple of this, as allocators have
/// it.
static constexpr int64_t kAlignmentBytes = 256;

/// What is seen under other types: extents and strides stay.
static Value throughCasts(Value buffer) {
  while (auto cast = buffer.getDefiningOp<memref::CastOp>())
    buffer = cast.getSource();
  return buffer;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

FailureOr<Index> StepReader::number(Operation *user, Value value) {
  if (std::optional<Index> read =
          expressions.read(value, [&](Value value) { return leaf(value); }))
    return *read;
  InFlightDiagnostic error = user->emitOpError(
      "takes a number that integer arithmetic does not give; a GPU function "
      "computes with integers, extents and strides alone: compute it before "
      "the call, and pass it as an argument");
  error.attachNote(expressions.offender().getLoc()) << "it comes from here";
  return error;
}

Index StepReader::product(Index x, Index y) {
  if (writer.isConstant(x) && writer.isConstant(y))
    return writer.constant(writer.expression(x).value *
                           writer.expression(y).value);
  return writer.make(ExpressionKind::Multiply, x, y);
}

std::optional<Index> StepReader::extentOf(Value buffer, int64_t dim) {
  buffer = throughCasts(buffer);
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.isDynamicDim(dim))
    return writer.constant(type.getDimSize(dim));
  if (auto argument = dyn_cast<BlockArgument>(buffer))
    return writer.params[argument.getArgNumber()].dims[dim];
  auto alloc = buffer.getDefiningOp<memref::AllocOp>();
  if (!alloc)
    return std::nullopt;
  return expressions.read(alloc.getDynamicSizes()[type.getDynamicDimIndex(dim)],
                          [&](Value value) { return leaf(value); });
}

/// In elements; what is allocated has no gaps.
std::optional<Index> StepReader::strideOf(Value buffer, int64_t dim) {
  buffer = throughCasts(buffer);
  if (auto argument = dyn_cast<BlockArgument>(buffer))
    return writer.stride(Index(argument.getArgNumber()), Index(dim));
  Index stride = writer.constant(1);
  int64_t rank = cast<MemRefType>(buffer.getType()).getRank();
  for (int64_t inner = rank - 1; inner > dim; --inner) {
    std::optional<Index> extent = extentOf(buffer, inner);
    if (!extent)
      return std::nullopt;
    stride = product(stride, *extent);
  }
  return stride;
}

static DeviceNumber numberOf(tile::DeviceNumber number) {
  switch (number) {
  case tile::DeviceNumber::Multiprocessors:
    return DeviceNumber::Multiprocessors;
  case tile::DeviceNumber::L2Bytes:
    return DeviceNumber::L2Bytes;
  }
  llvm_unreachable("a number of no device");
}

std::optional<Index> StepReader::leaf(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    Index symbol = writer.params[argument.getArgNumber()].symbol;
    return symbol == kNone ? std::nullopt
                           : std::optional(writer.symbol(symbol));
  }
  Operation *op = value.getDefiningOp();
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    std::optional<int64_t> index = dim.getConstantIndex();
    return index ? extentOf(dim.getSource(), *index) : std::nullopt;
  }
  if (auto facts = dyn_cast<memref::ExtractStridedMetadataOp>(op)) {
    for (auto [dim, stride] : llvm::enumerate(facts.getStrides()))
      if (stride == value)
        return strideOf(facts.getSource(), int64_t(dim));
    return std::nullopt;
  }
  if (auto device = dyn_cast<tile::DeviceOp>(op))
    return writer.device(numberOf(device.getNumber()));
  if (auto resident = dyn_cast<tile::ResidentOp>(op)) {
    Or<Index> kernel = kernelOf(op, resident.getKernelAttr());
    return failed(kernel) ? std::nullopt
                          : std::optional(writer.device(
                                DeviceNumber::ResidentCtas, *kernel));
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

FailureOr<Memory> StepReader::memoryOf(Operation *user, Value buffer) {
  buffer = throughCasts(buffer);
  if (auto argument = dyn_cast<BlockArgument>(buffer))
    return Memory{MemoryKind::Param, Index(argument.getArgNumber())};
  auto alloc = buffer.getDefiningOp<memref::AllocOp>();
  if (!alloc) {
    InFlightDiagnostic error = user->emitOpError(
        "takes memory that is neither an argument nor allocated whole");
    error.attachNote(buffer.getLoc()) << "it comes from here";
    return error;
  }
  FailureOr<Index> index = bufferOf(alloc);
  if (failed(index))
    return failure();
  Buffer &row = writer.buffers[*index];
  Index step = Index(writer.steps.size());
  row.firstStep = row.firstStep == kNone ? step : row.firstStep;
  row.lastStep = step;
  return Memory{MemoryKind::Buffer, *index};
}

FailureOr<Index> StepReader::bufferOf(memref::AllocOp op) {
  auto [entry, isNew] =
      buffers.insert({op.getOperation(), Index(writer.buffers.size())});
  if (!isNew)
    return entry->second;
  MemRefType type = op.getType();
  Index bytes = writer.constant(type.getElementTypeBitWidth() / 8);
  for (int64_t dim = 0, next = 0; dim < type.getRank(); ++dim) {
    FailureOr<Index> extent = type.isDynamicDim(dim)
                                  ? number(op, op.getDynamicSizes()[next++])
                                  : writer.constant(type.getDimSize(dim));
    if (failed(extent))
      return failure();
    bytes = product(bytes, *extent);
  }
  Buffer row{};
  if (auto name = dyn_cast<NameLoc>(op.getLoc()))
    row.name = writer.text(name.getName().strref());
  row.bytes = bytes;
  row.offset = row.firstStep = row.lastStep = kNone;
  writer.buffers.push_back(row);
  return Index(writer.buffers.size() - 1);
}

void StepReader::require(ConstraintKind kind, const Memory &memory) {
  if (memory.kind != MemoryKind::Param)
    return;
  Constraint row = Writer::constraint(kind);
  row.param = memory.index;
  writer.add(row);
}

/// One behind the other.
void StepReader::placeBuffers() {
  Index end = writer.constant(0), unit = writer.constant(kAlignmentBytes);
  for (Buffer &row : writer.buffers) {
    row.offset = end;
    Index units = writer.make(ExpressionKind::CeilDiv, row.bytes, unit);
    Index whole = writer.make(ExpressionKind::Multiply, units, unit);
    end = writer.make(ExpressionKind::Add, end, whole);
  }
  writer.head.leastWorkspace = writer.head.bestWorkspace = end;
}
