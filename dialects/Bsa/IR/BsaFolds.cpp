// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folders of the `bsa` ops: what is always true and makes no new op.

#include "Bsa/IR/Bsa.h"

using namespace mlir;
using namespace tessera::bsa;

/// True if `value` was attended with these sizes, so that rows past them are 0.
static bool isZeroPastSizes(Value value, Value sizes, int64_t block) {
  auto attend = value.getDefiningOp<AttendOp>();
  return attend && attend.getOutput() == value && attend.getQSizes() == sizes &&
         attend.getMap().getType().getQueryBlock() == block;
}

// unpartition(partition(x))  -->  x      for one cube, grid and text
OpFoldResult UnpartitionOp::fold(FoldAdaptor) {
  auto partition = getInput().getDefiningOp<PartitionOp>();
  if (!partition || partition.getOutput() != getInput() ||
      partition.getInput().getType() != getType())
    return {};
  bool sameGrid =
      partition.getCube() == getCube() && partition.getTime() == getTime() &&
      partition.getHeight() == getHeight() &&
      partition.getWidth() == getWidth() && partition.getText() == getText() &&
      partition.getTextPlace() == getTextPlace();
  return sameGrid ? partition.getInput() : Value();
}

// map_from_lists(map_to_lists(m))  -->  m      for one type
OpFoldResult MapFromListsOp::fold(FoldAdaptor) {
  auto lists = getIndex().getDefiningOp<MapToListsOp>();
  if (!lists || getIndex() != lists.getIndex() ||
      getCount() != lists.getCount() ||
      lists.getMap().getType() != getMap().getType())
    return {};
  return lists.getMap();
}

// map_to_lists(map_from_lists(index, count))  -->  index, count
LogicalResult MapToListsOp::fold(FoldAdaptor,
                                 SmallVectorImpl<OpFoldResult> &results) {
  auto lists = getMap().getDefiningOp<MapFromListsOp>();
  if (!lists || !lists.getCount() ||
      lists.getCount().getType() != getCount().getType() ||
      lists.getIndex().getType() != getIndex().getType())
    return failure();
  results.assign({lists.getIndex(), lists.getCount()});
  return success();
}

// combine(f)  -->  f      where f is rounded already and 0 past every size
OpFoldResult CombineOp::fold(FoldAdaptor) {
  if (getCoarse() || getFineGate() || getFine().getType() != getType())
    return {};
  return !getQSizes() || isZeroPastSizes(getFine(), getQSizes(), getQBlock())
             ? getFine()
             : Value();
}
