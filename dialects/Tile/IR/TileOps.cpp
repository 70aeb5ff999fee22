// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Syntax of the `tile` operations, and verifiers of those inside a role.

#include "Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"

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
    if (user->getBlock() != (*this)->getBlock())
      return (emitOpError("takes a stage that is filled in another block; fill "
                          "it where it is acquired")
                  .attachNote(user->getLoc())
              << "filled here");
    ++fillings;
  }
  if (fillings != 1)
    return emitOpError("takes a stage that is filled ")
           << fillings << " times; expected one tile.load or tile.commit";
  return success();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

LogicalResult MmaOp::verify() {
  RankedTensorType left = getLeft().getType();
  RankedTensorType product = getProduct().getType().getTensor();
  BufferType right = getRight().getType().getBuffer();
  if (!right)
    return emitOpError("reads a stage that holds no buffer");
  int64_t depth = getTransposed() ? right.getColumns() : right.getRows();
  int64_t columns = getTransposed() ? right.getRows() : right.getColumns();
  if (left.getDimSize(1) != depth || depth % 16 != 0) // C1
    return emitOpError("multiplies ")
           << left << " by a stage of depth " << depth
           << "; expected equal depths, a multiple of 16";
  if (!hasPlace(product, Place::Accumulator) ||
      product.getDimSize(1) != columns)
    return emitOpError("gives ") << product << "; expected tensor<" << kRows
                                 << 'x' << columns << "xf32, accumulator>";
  if (left.getElementType() != right.getElement()) // C2
    return emitOpError("multiplies ")
           << left.getElementType() << " by " << right.getElement();
  if (getAccumulator() && getAccumulator().getType() != product)
    return emitOpError("adds to ")
           << getAccumulator().getType() << " but gives " << product;
  if (!getProduct().hasOneUse() || // C3
      (*getProduct().user_begin())->getBlock() != (*this)->getBlock())
    return emitOpError("starts a product that is not waited for once in this "
                       "block; add a tile.mma_wait");
  return success();
}

//===----------------------------------------------------------------------===//
// Rows of global memory
//===----------------------------------------------------------------------===//

/// The memref has the tensor's elements, its columns innermost and dense, and
/// one index a dimension.
static LogicalResult verifyRows(Operation *op, RankedTensorType tensor,
                                MemRefType memory, size_t indices) {
  if (memory.getElementType() != tensor.getElementType())
    return op->emitOpError("moves ")
           << tensor.getElementType() << " but " << memory << " holds "
           << memory.getElementType();
  if (static_cast<int64_t>(indices) != memory.getRank())
    return op->emitOpError("has ") << indices << " indices for " << memory;
  if (tensor.getRank() == 2 &&
      (memory.getRank() < 2 ||
       memory.getShape().back() != tensor.getDimSize(1) ||
       memory.getStridesAndOffset().first.back() != 1))
    return op->emitOpError("moves rows of ")
           << tensor.getDimSize(1) << " columns; expected them dense in the "
           << "last dimension of " << memory;
  return success();
}

LogicalResult LoadRowsOp::verify() {
  return verifyRows(*this, getResult().getType(), getSource().getType(),
                    getIndices().size());
}

LogicalResult StoreRowsOp::verify() {
  return verifyRows(*this, cast<RankedTensorType>(getValue().getType()),
                    cast<MemRefType>(getTarget().getType()),
                    getIndices().size());
}
