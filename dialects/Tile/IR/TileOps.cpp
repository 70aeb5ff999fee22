// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Syntax of the `tile` operations, and verifiers of those inside a role.

#include "Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tessera::tile;

//===----------------------------------------------------------------------===//
// Syntax
//===----------------------------------------------------------------------===//

/// `(` agent `)` region
static ParseResult parseAgentBody(OpAsmParser &parser, Region &body) {
  OpAsmParser::Argument agent;
  agent.type = parser.getBuilder().getIndexType();
  return failure(parser.parseLParen() || parser.parseArgument(agent) ||
                 parser.parseRParen() || parser.parseRegion(body, agent));
}

static void printAgentBody(OpAsmPrinter &printer, Operation *, Region &body) {
  printer << '(';
  printer.printRegionArgument(body.getArgument(0), {}, /*omitType=*/true);
  printer << ") ";
  printer.printRegion(body, /*printEntryBlockArgs=*/false);
}

/// The tensor that a product will be; its accumulator, if any, is one too.
static ParseResult
parseProduct(OpAsmParser &parser, Type &product, Type &accumulator,
             const std::optional<OpAsmParser::UnresolvedOperand> &given) {
  RankedTensorType tensor;
  if (parser.parseType(tensor))
    return failure();
  product = PendingType::get(parser.getContext(), tensor);
  if (given)
    accumulator = tensor;
  return success();
}

static void printProduct(OpAsmPrinter &printer, MmaOp op, Type, Type, Value) {
  printer << op.getProduct().getType().getTensor();
}

#define GET_OP_CLASSES
#include "Tile/IR/TileOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

LogicalResult AcquireOp::verify() { // C1
  int64_t fillings = 0;
  for (Operation *user : getStage().getUsers()) {
    StringRef wrong;
    if (!isa<LoadOp, CommitOp>(user))
      wrong = "takes a stage that is handed on; fill it with a tile.load or "
              "tile.commit where it is acquired";
    else if (user->getBlock() != (*this)->getBlock())
      wrong = "takes a stage that is filled in another block; fill it where it "
              "is acquired";
    if (!wrong.empty())
      return emitOpError(wrong).attachNote(user->getLoc()) << "used here";
    ++fillings;
  }
  if (fillings != 1)
    return emitOpError("takes a stage that is filled ")
           << fillings << " times; expected one tile.load or tile.commit";
  return success();
}

LogicalResult LoadOp::verify() { // C1
  if (getMap().getType().isWhole())
    return success();
  return emitOpError("loads by ") << getMap().getType()
                                  << "; a load moves the whole tile, leave the "
                                     "box out";
}

LogicalResult ReleaseOp::verify() { // C1
  for (Value read : getReads())
    if (!read.getDefiningOp<LoadFragmentOp>() && !read.getDefiningOp<NoteOp>())
      return emitOpError("waits for a value of type ")
             << read.getType()
             << " that was not read from a stage; name results of "
                "tile.load_fragment and tile.note";
  return success();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// A constant row has to be where a warpgroup's rows begin.
static LogicalResult checkRow(Operation *op, Value row, BufferType buffer) {
  APInt constant;
  if (!row || !matchPattern(row, m_ConstantInt(&constant)))
    return success();
  int64_t first = constant.getSExtValue(), last = buffer.getRows() - kRows;
  if (first >= 0 && first <= last && first % kRows == 0)
    return success();
  return op->emitOpError("reads ")
         << kRows << " rows from row " << first << " of a stage of "
         << buffer.getRows() << "; expected a multiple of " << kRows
         << " up to " << last;
}

/// [64, k] elements, whether it lies in registers or in a stage.
static FailureOr<std::pair<int64_t, Type>> leftShape(MmaOp op) {
  if (auto tensor = dyn_cast<RankedTensorType>(op.getLeft().getType())) {
    if (op.getRow())
      return op.emitOpError("multiplies a tensor in registers from a row on");
    return std::pair(tensor.getDimSize(1), tensor.getElementType());
  }
  BufferType buffer = cast<FullStageType>(op.getLeft().getType()).getBuffer();
  if (!buffer || buffer.getRows() % kRows != 0)
    return op.emitOpError("multiplies ")
           << op.getLeft().getType() << "; expected a stage of a multiple of "
           << kRows << " rows";
  if (failed(checkRow(op, op.getRow(), buffer)))
    return failure();
  return std::pair(buffer.getColumns(), buffer.getElement());
}

LogicalResult MmaOp::verify() {
  auto left = leftShape(*this);
  if (failed(left))
    return failure();
  RankedTensorType product = getProduct().getType().getTensor();
  BufferType right = getRight().getType().getBuffer();
  if (!right)
    return emitOpError("reads a stage that holds no buffer");
  int64_t depth = getTransposed() ? right.getColumns() : right.getRows();
  int64_t columns = getTransposed() ? right.getRows() : right.getColumns();
  if (left->first != depth || depth % 16 != 0) // C1
    return emitOpError("multiplies ")
           << getLeft().getType() << " by a stage of depth " << depth
           << "; expected equal depths, a multiple of 16";
  if (!hasPlace(product, Place::Accumulator) ||
      product.getDimSize(1) != columns)
    return emitOpError("gives ") << product << "; expected tensor<" << kRows
                                 << 'x' << columns << "xf32, accumulator>";
  if (left->second != right.getElement()) // C2
    return emitOpError("multiplies ")
           << left->second << " by " << right.getElement();
  if (getAccumulator() && getAccumulator().getType() != product)
    return emitOpError("adds to ")
           << getAccumulator().getType() << " but gives " << product;
  if (!getProduct().hasOneUse() || // C3
      !isa<MmaWaitOp>(*getProduct().user_begin()) ||
      (*getProduct().user_begin())->getBlock() != (*this)->getBlock())
    return emitOpError("starts a product that is not waited for once in this "
                       "block; add a tile.mma_wait");
  return success();
}

//===----------------------------------------------------------------------===//
// Between shared memory and registers
//===----------------------------------------------------------------------===//

static bool holds(BufferType buffer, RankedTensorType tensor) {
  return buffer && buffer.getRows() == tensor.getDimSize(0) &&
         buffer.getColumns() == tensor.getDimSize(1) &&
         buffer.getElement() == tensor.getElementType();
}

LogicalResult LoadFragmentOp::verify() {
  BufferType buffer = getStage().getType().getBuffer();
  RankedTensorType tensor = getResult().getType();
  if (buffer && buffer.getRows() % kRows == 0 && // C1
      buffer.getColumns() == tensor.getDimSize(1) &&
      buffer.getElement() == tensor.getElementType())
    return checkRow(*this, getRow(), buffer); // C2
  return emitOpError("reads ")
         << getStage().getType() << " as " << getResult().getType();
}

LogicalResult StoreAsyncOp::verify() {
  RankedTensorType tensor = getValue().getType();
  MapType map = getMap().getType();
  BufferType tile = map.getTile();
  BufferType buffer = getStaging().getType().getBuffer();
  if (!holds(tile, tensor)) // C1
    return emitOpError("stores ") << tensor << " to " << map;
  if (buffer.getElement() != tile.getElement() ||
      buffer.getSwizzle() != tile.getSwizzle() ||
      tile.getColumns() % buffer.getColumns() != 0)
    return emitOpError("stores through ")
           << getStaging().getType()
           << "; expected the elements and swizzle of " << map
           << ", and columns that divide its own";
  if (map.getBoxRows() != kWarpRows || // C2
      map.getBoxColumns() != buffer.getColumns())
    return emitOpError("stores to ")
           << map << "; a warp stores its " << kWarpRows
           << " rows by as many columns as the staging has, box = " << kWarpRows
           << 'x' << buffer.getColumns();
  return success();
}
