// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Bsa/IR/Contract.h"
#include "Bsa/IR/Bsa.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera::bsa;

//===----------------------------------------------------------------------===//
// Stating a contract
//===----------------------------------------------------------------------===//

void Contract::shape(Value value, StringRef role,
                     std::initializer_list<StringRef> symbols) {
  if (!value)
    return;
  shapes.push_back({value, role, symbols, /*broadcast=*/0});
  roles.push_back({value, role});
}

void Contract::gate(Value value, StringRef role,
                    std::initializer_list<StringRef> symbols) {
  shape(value, role, symbols);
  if (value)
    shapes.back().broadcast = ~0U;
}

void Contract::fixed(StringRef symbol, int64_t extent, StringRef because) {
  fixedSymbols.push_back({symbol, extent, because});
}

void Contract::blocks(StringRef blocks, StringRef length, int64_t block) {
  blockCounts.push_back({blocks, length, block});
}

void Contract::multiple(StringRef whole, StringRef part) {
  multiples.push_back({whole, part});
}

void Contract::sizes(Value value, StringRef role, StringRef blocks,
                     StringRef length, int64_t block) {
  if (!value)
    return;
  if (cast<RankedTensorType>(value.getType()).getRank() == 1) {
    shape(value, role, {blocks});
  } else {
    shape(value, role, {"B", blocks});
    shapes.back().broadcast = 1; // one row of sizes serves every batch entry
  }
  if (!length.empty())
    sizeLists.push_back({value, length, block});
}

void Contract::lists(Value index, Value count, StringRef keyBlocks,
                     bool ascending) {
  listSets.push_back({index, count, keyBlocks, ascending});
}

void Contract::range(Value value, StringRef role, int64_t minimum,
                     int64_t maximum) {
  if (!value)
    return;
  ranges.push_back({value, role, minimum, maximum});
  roles.push_back({value, role});
}

void Contract::positive(Value value, StringRef role) {
  if (!value)
    return;
  positives.push_back({value, role});
  roles.push_back({value, role});
}

void Contract::grid(const Grid &grid) {
  grids.push_back(grid);
  range(grid.time, "time", 1, INT32_MAX);
  range(grid.height, "height", 1, INT32_MAX);
  range(grid.width, "width", 1, INT32_MAX);
  range(grid.text, "text", 0, INT32_MAX);
}

std::optional<int64_t> Contract::staticExtent(StringRef symbol) const {
  for (const Shape &shape : shapes) {
    auto type = dyn_cast<RankedTensorType>(shape.value.getType());
    if (!type)
      continue;
    for (auto [index, name] : llvm::enumerate(shape.symbols))
      if (name == symbol && !type.isDynamicDim(index) &&
          !shape.mayRepeat(index))
        return type.getDimSize(index);
  }
  for (const Blocks &blocks : blockCounts)
    if (blocks.blocks == symbol)
      if (std::optional<int64_t> length = staticExtent(blocks.length))
        return llvm::divideCeil(*length, blocks.block);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Verifying static dimensions
//===----------------------------------------------------------------------===//

namespace {
/// The static extent of a symbol and who said so.
struct Extent {
  int64_t extent;
  std::string source;
};
using Extents = llvm::MapVector<StringRef, Extent>;
} // namespace

static LogicalResult learn(Operation *op, Extents &extents, StringRef symbol,
                           const Extent &extent) {
  auto [known, isNew] = extents.insert({symbol, extent});
  if (isNew || known->second.extent == extent.extent)
    return success();
  return op->emitOpError() << "has " << symbol << " = " << extent.extent
                           << " from " << extent.source << " but " << symbol
                           << " = " << known->second.extent << " from "
                           << known->second.source << "; make them equal";
}

static LogicalResult learnShape(Operation *op, Extents &extents,
                                const Contract::Shape &shape) {
  auto type = dyn_cast<RankedTensorType>(shape.value.getType());
  if (!type) // a block map: its dimensions are virtual
    return success();
  for (auto [index, symbol] : llvm::enumerate(shape.symbols)) {
    int64_t extent = type.getDimSize(index);
    bool mustBeStatic = symbol == "D" || symbol == "capacity";
    if (mustBeStatic && ShapedType::isDynamic(extent))
      return op->emitOpError()
             << "has a dynamic last dimension in " << shape.role << ", " << type
             << "; " << (symbol == "D" ? "the number of features" : symbol)
             << " must be static";
    if (ShapedType::isDynamic(extent) ||
        (shape.mayRepeat(index) && extent == 1))
      continue;
    std::string source = ("dim " + Twine(index) + " of " + shape.role).str();
    if (failed(learn(op, extents, symbol, {extent, source})))
      return failure();
  }
  return success();
}

static LogicalResult checkBlocks(Operation *op, Extents &extents,
                                 const Contract::Blocks &blocks) {
  if (blocks.block < 1)
    return op->emitOpError()
           << "cuts " << blocks.length << " into blocks of " << blocks.block
           << " tokens; a block holds at least 1";
  auto length = extents.find(blocks.length);
  if (length == extents.end())
    return success();
  std::string source =
      ("ceil(" + blocks.length + " / " + Twine(blocks.block) + "), " +
       blocks.length + " = " + Twine(length->second.extent))
          .str();
  int64_t count = llvm::divideCeil(length->second.extent, blocks.block);
  return learn(op, extents, blocks.blocks, {count, source});
}

static LogicalResult checkMultiple(Operation *op, const Extents &extents,
                                   const Contract::Multiple &multiple) {
  auto whole = extents.find(multiple.whole), part = extents.find(multiple.part);
  if (whole == extents.end() || part == extents.end())
    return success();
  int64_t w = whole->second.extent, p = part->second.extent;
  if (p != 0 && w % p == 0)
    return success();
  return op->emitOpError() << "has " << multiple.whole << " = " << w << " from "
                           << whole->second.source << ", not a multiple of "
                           << multiple.part << " = " << p << " from "
                           << part->second.source
                           << "; every query head needs one key/value head";
}

//===----------------------------------------------------------------------===//
// Verifying constants
//===----------------------------------------------------------------------===//

/// What a call would be refused for is refused when it is written.
static LogicalResult checkConstant(Operation *op,
                                   const Contract::Range &range) {
  APInt found;
  if (!matchPattern(range.value, m_ConstantInt(&found)) ||
      (found.sge(range.minimum) && found.sle(range.maximum)))
    return success();
  return op->emitOpError() << "has " << range.role << " "
                           << found.getSExtValue() << "; " << range.minimum
                           << " to " << range.maximum << " is accepted";
}

static LogicalResult checkConstant(Operation *op,
                                   const Contract::Positive &positive) {
  APFloat found(0.0F);
  if (!matchPattern(positive.value, m_ConstantFloat(&found)) ||
      (found.isFinite() && !found.isZero() && !found.isNegative()))
    return success();
  return op->emitOpError() << "has " << positive.role << " "
                           << found.convertToDouble()
                           << "; a finite number above 0 is accepted";
}

LogicalResult tessera::bsa::verifyContract(Operation *op) {
  Contract contract;
  cast<ContractOpInterface>(op).describeContract(contract);
  Extents extents;
  for (const Contract::Fixed &fixed : contract.fixedSymbols)
    extents.insert({fixed.symbol, {fixed.extent, fixed.because.str()}});
  for (const Contract::Shape &shape : contract.shapes)
    if (failed(learnShape(op, extents, shape)))
      return failure();
  for (const Contract::Blocks &blocks : contract.blockCounts)
    if (failed(checkBlocks(op, extents, blocks)))
      return failure();
  for (const Contract::Multiple &multiple : contract.multiples)
    if (failed(checkMultiple(op, extents, multiple)))
      return failure();
  for (const Contract::Range &range : contract.ranges)
    if (failed(checkConstant(op, range)))
      return failure();
  for (const Contract::Positive &positive : contract.positives)
    if (failed(checkConstant(op, positive)))
      return failure();
  return success();
}

LogicalResult tessera::bsa::verifyOneElementType(Operation *op,
                                                 ArrayRef<NamedValue> values) {
  auto [firstName, first] = values.front();
  Type expected = getElementTypeOrSelf(first);
  for (auto [name, value] : values) {
    if (!value || getElementTypeOrSelf(value) == expected)
      continue;
    return op->emitOpError()
           << "has " << name << " elements of " << getElementTypeOrSelf(value)
           << " but " << firstName << " elements of " << expected
           << "; use one element type";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Shapes at run time
//===----------------------------------------------------------------------===//

namespace {
/// Index arithmetic on one builder and location.
struct IndexMath {
  OpBuilder &builder;
  Location loc;

  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  }
  Value add(Value a, Value b) {
    return arith::AddIOp::create(builder, loc, a, b);
  }
  Value mul(Value a, Value b) {
    return arith::MulIOp::create(builder, loc, a, b);
  }
  Value ceilDiv(Value a, int64_t b) {
    return arith::CeilDivUIOp::create(builder, loc, a, constant(b));
  }
  Value cast(Value scalar) {
    return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                      scalar);
  }
};
} // namespace

Value tessera::bsa::resolveGrid(OpBuilder &builder, Location loc,
                                const Contract::Grid &grid, StringRef symbol) {
  IndexMath math{builder, loc};
  Value time = math.cast(grid.time), height = math.cast(grid.height),
        width = math.cast(grid.width);
  Value text = grid.text ? math.cast(grid.text) : Value();
  if (symbol == grid.raster) {
    Value video = math.mul(math.mul(time, height), width);
    return text ? math.add(video, text) : video;
  }
  int64_t volume = grid.cube[0] * grid.cube[1] * grid.cube[2];
  Value blocks = math.mul(math.mul(math.ceilDiv(time, grid.cube[0]),
                                   math.ceilDiv(height, grid.cube[1])),
                          math.ceilDiv(width, grid.cube[2]));
  if (text)
    blocks = math.add(blocks, math.ceilDiv(text, volume));
  if (symbol == grid.packed)
    return math.mul(blocks, math.constant(volume));
  return blocks;
}

Value tessera::bsa::resolveSymbol(OpBuilder &builder, Location loc,
                                  const Contract &contract, StringRef symbol,
                                  llvm::function_ref<bool(Value)> known,
                                  ReadDim read) {
  IndexMath math{builder, loc};
  for (const Contract::Fixed &fixed : contract.fixedSymbols)
    if (fixed.symbol == symbol)
      return math.constant(fixed.extent);
  for (const Contract::Shape &shape : contract.shapes) {
    if (!known(shape.value))
      continue;
    for (auto [index, name] : llvm::enumerate(shape.symbols))
      if (name == symbol && !shape.mayRepeat(index))
        return read(shape.value, index);
  }
  for (const Contract::Grid &grid : contract.grids)
    if (symbol == grid.raster || symbol == grid.packed || symbol == grid.blocks)
      return resolveGrid(builder, loc, grid, symbol);
  for (const Contract::Blocks &blocks : contract.blockCounts)
    if (blocks.blocks == symbol)
      if (Value length =
              resolveSymbol(builder, loc, contract, blocks.length, known, read))
        return math.ceilDiv(length, blocks.block);
  return {};
}

/// The extents of one result, whose shape the contract states.
static FailureOr<SmallVector<OpFoldResult>>
reifyShape(OpBuilder &builder, Operation *op, const Contract &contract,
           const Contract::Shape &shape) {
  auto type = cast<RankedTensorType>(shape.value.getType());
  SmallVector<OpFoldResult> extents;
  for (auto [index, symbol] : llvm::enumerate(shape.symbols)) {
    if (!type.isDynamicDim(index)) {
      extents.push_back(builder.getIndexAttr(type.getDimSize(index)));
      continue;
    }
    Value extent = resolveSymbol(
        builder, op->getLoc(), contract, symbol,
        [&](Value value) {
          return value.getDefiningOp() != op &&
                 isa<RankedTensorType>(value.getType());
        },
        [&](Value value, int64_t dim) -> Value {
          return builder.createOrFold<tensor::DimOp>(op->getLoc(), value, dim);
        });
    if (!extent)
      return failure();
    extents.push_back(extent);
  }
  return extents;
}

LogicalResult
tessera::bsa::reifyFromContract(OpBuilder &builder, Operation *op,
                                ReifiedRankedShapedTypeDims &shapes) {
  Contract contract;
  cast<ContractOpInterface>(op).describeContract(contract);
  for (OpResult result : op->getResults()) {
    shapes.emplace_back();
    const auto *shape =
        llvm::find_if(contract.shapes, [&](const Contract::Shape &shape) {
          return shape.value == result;
        });
    if (!isa<RankedTensorType>(result.getType()))
      continue;
    if (shape == contract.shapes.end())
      return failure();
    FailureOr<SmallVector<OpFoldResult>> extents =
        reifyShape(builder, op, contract, *shape);
    if (failed(extents))
      return failure();
    shapes.back() = std::move(*extents);
  }
  return success();
}
