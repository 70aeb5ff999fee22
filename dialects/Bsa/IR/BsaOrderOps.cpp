// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contracts and verifiers of the ops around the attention. Constraint numbers
// are those in BsaOrderOps.td.

#include "Bsa/IR/Bsa.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera::bsa;

//===----------------------------------------------------------------------===//
// bsa.partition, bsa.unpartition
//===----------------------------------------------------------------------===//

static LogicalResult verifyGrid(Operation *op, bool hasText, bool hasPlace) {
  if (hasText == hasPlace)
    return success();
  return op->emitOpError()
         << (hasText ? "has text tokens but no place for them"
                     : "places text tokens but counts none")
         << "; write text(%count prefix) or text(%count suffix)";
}

/// Both ops name the raster side S, the packed side P and the blocks N.
template <typename OpT>
static void describeGrid(OpT op, Contract &c) {
  CubeAttr cube = op.getCube();
  c.grid({"S",
          "P",
          "N",
          op.getTime(),
          op.getHeight(),
          op.getWidth(),
          op.getText(),
          {cube.getTime(), cube.getHeight(), cube.getWidth()}});
}

void PartitionOp::describeContract(Contract &c) {
  c.shape(getInput(), "input", {"B", "H", "S", "D"});
  c.shape(getOutput(), "output", {"B", "H", "P", "D"});
  c.shape(getSizes(), "sizes", {"N"});
  c.blocks("N", "P", getCube().getVolume());
  describeGrid(*this, c);
}

LogicalResult PartitionOp::verify() {
  if (failed(verifyOneElementType(
          *this, {{"input", getInput()}, {"output", getOutput()}}))) // C1
    return failure();
  if (getSizes().getType().getRank() != 1)
    return emitOpError() << "gives sizes of " << getSizes().getType()
                         << "; all batch entries share one grid, so they are a "
                            "tensor [block]";
  int64_t length = getOutput().getType().getDimSize(2);
  int64_t volume = getCube().getVolume();
  if (!ShapedType::isDynamic(length) && length % volume != 0) // C3
    return emitOpError() << "gives " << length
                         << " tokens, not a whole number of cubes of " << volume
                         << "; the nearest above is "
                         << llvm::alignTo(length, volume);
  return verifyGrid(*this, bool(getText()), getTextPlace().has_value()); // C2
}

void UnpartitionOp::describeContract(Contract &c) {
  c.shape(getInput(), "input", {"B", "H", "P", "D"});
  c.shape(getOutput(), "output", {"B", "H", "S", "D"});
  c.blocks("N", "P", getCube().getVolume());
  describeGrid(*this, c);
}

LogicalResult UnpartitionOp::verify() {
  if (failed(verifyOneElementType(
          *this, {{"input", getInput()}, {"output", getOutput()}}))) // C1
    return failure();
  return verifyGrid(*this, bool(getText()), getTextPlace().has_value()); // C2
}

//===----------------------------------------------------------------------===//
// bsa.map_from_lists, bsa.map_to_lists
//===----------------------------------------------------------------------===//

void MapFromListsOp::describeContract(Contract &c) {
  BlockMapType map = getMap().getType();
  Value count = getCount();
  c.fixed("capacity", map.getCapacity(), "the map's type"); // C2
  c.shape(getIndex(), "index", {"B", "H", "Nq", "capacity"});
  if (count && isa<RankedTensorType>(count.getType()))
    c.shape(count, "count", {"B", "H", "Nq"});
  else
    c.range(count, "count", 0, map.getCapacity());
  c.shape(getMap(), "map", {"B", "H", "Nq", "Nkv"});
  c.lists(getIndex(), count, "Nkv", map.getAscending());
}

void MapToListsOp::describeContract(Contract &c) {
  c.fixed("capacity", getMap().getType().getCapacity(), // C2
          "the map's type");
  c.shape(getMap(), "map", {"B", "H", "Nq", "Nkv"});
  c.shape(getIndex(), "index", {"B", "H", "Nq", "capacity"});
  c.shape(getCount(), "count", {"B", "H", "Nq"});
}
