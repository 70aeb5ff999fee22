// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Kernel.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace tessera;

/// The trailing `keptRank` dimensions of a box of `buffer`.
Value Kernel::slice(Value buffer, ArrayRef<Value> offsets,
                    ArrayRef<Value> sizes, int64_t keptRank) {
  auto type = cast<MemRefType>(buffer.getType());
  int64_t rank = type.getRank();
  SmallVector<OpFoldResult> offset(offsets.begin(), offsets.end()), size;
  offset.resize(rank, e.b.getIndexAttr(0));
  for (int64_t dim = 0; dim < rank - keptRank; ++dim)
    size.push_back(e.b.getIndexAttr(1));
  for (auto [index, value] : llvm::enumerate(sizes)) {
    int64_t dim = rank - keptRank + index;
    size.push_back(!value && !type.isDynamicDim(dim)
                       ? OpFoldResult(e.b.getIndexAttr(type.getDimSize(dim)))
                   : value ? OpFoldResult(value)
                           : OpFoldResult(e.extent(buffer, dim)));
  }
  SmallVector<OpFoldResult> strides(rank, e.b.getIndexAttr(1));
  SmallVector<int64_t> shape;
  for (OpFoldResult &extent :
       llvm::drop_begin(MutableArrayRef(size), rank - keptRank)) {
    // A view's type knows of a size what is an attribute, no other constant.
    std::optional<int64_t> constant = getConstantIntValue(extent);
    shape.push_back(constant.value_or(ShapedType::kDynamic));
    if (constant)
      extent = e.b.getIndexAttr(*constant);
  }
  auto reduced = memref::SubViewOp::inferRankReducedResultType(
      shape, type, offset, size, strides);
  Value view = memref::SubViewOp::create(e.b, e.loc, cast<MemRefType>(reduced),
                                         buffer, offset, size, strides);
  MemRefType general = bufferType(shape, type.getElementType());
  if (view.getType() == general)
    return view;
  return memref::CastOp::create(e.b, e.loc, general, view);
}

/// Scratch of this iteration that stands for a result of the same shape.
Value Kernel::local(Value tensor, ArrayRef<int64_t> shape) {
  Value scratch = e.scratch(shape, getElementTypeOrSelf(tensor));
  MemRefType type = bufferType(shape, getElementTypeOrSelf(tensor));
  return memref::CastOp::create(e.b, e.loc, type, scratch);
}

Value Kernel::rows(Value tensor, int64_t blockSize) {
  Value &view = views[tensor];
  if (view)
    return view;
  Value buffer = whole(tensor);
  if (!buffer) {
    int64_t features = cast<RankedTensorType>(tensor.getType()).getDimSize(3);
    return view = local(tensor, {blockSize, features});
  }
  Value start = e.mul(block, e.index(blockSize));
  Value exist = existingTokens(e.extent(buffer, 2), block, blockSize);
  return view = slice(buffer, {batch, head, start}, {exist, Value()}, 2);
}

Value Kernel::tokens(Value tensor, int64_t blockSize) {
  Value &view = views[tensor];
  if (view)
    return view;
  Value buffer = whole(tensor);
  if (!buffer)
    return view = local(tensor, {blockSize});
  Value start = e.mul(block, e.index(blockSize));
  Value exist = existingTokens(e.extent(buffer, 2), block, blockSize);
  return view = slice(buffer, {batch, head, start}, {exist}, 1);
}

Value Kernel::row(Value tensor, Value length) {
  Value &view = views[tensor];
  if (view)
    return view;
  if (Value buffer = whole(tensor))
    return view = slice(buffer, {batch, head, block}, {Value()}, 1);
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(3))
    return view = local(tensor, {type.getDimSize(3)});
  return view = dynamicScratch(length, type.getElementType());
}

Value Kernel::headRows(Value tensor, Value kvHead) {
  return slice(whole(tensor), {batch, kvHead}, {Value(), Value()}, 2);
}

ListView Kernel::list(Value map) {
  auto [entry, isNew] = lists.insert({map, ListView()});
  if (!isNew)
    return entry->second;
  ListView view = listToWrite(map);
  const MapBuffer &buffer = buffers.maps.find(map)->second;
  view.count = buffer.fixedCount
                   ? buffer.fixedCount
                   : e.toIndex(e.load(buffer.count, {batch, head, block}));
  return lists[map] = view;
}

ListView Kernel::listToWrite(Value map) {
  ListView view;
  if (auto found = buffers.maps.find(map); found != buffers.maps.end()) {
    view.index = slice(found->second.index, {batch, head, block}, {Value()}, 1);
  } else {
    int64_t capacity = cast<bsa::BlockMapType>(map.getType()).getCapacity();
    view.index = e.scratch({capacity}, e.b.getI32Type());
  }
  return lists[map] = view;
}

void Kernel::setListCount(Value map, Value count) {
  lists[map].count = count;
  if (auto found = buffers.maps.find(map); found != buffers.maps.end())
    e.store(e.toI32(count), found->second.count, {batch, head, block});
}

Value Kernel::kvHead(Operation *op) {
  Value group = e.div(extent(op, "H"), extent(op, "Hkv"));
  return e.div(head, group);
}

Value Kernel::existingTokens(Value length, Value index, int64_t blockSize) {
  Value size = e.index(blockSize);
  return e.min(size, e.sub(length, e.mul(index, size)));
}

Value Kernel::sizeOf(Value sizes, Value index) {
  Value buffer = whole(sizes);
  if (cast<MemRefType>(buffer.getType()).getRank() == 1)
    return e.load(buffer, {index});
  return e.load(buffer, {batch, index});
}

Value Kernel::validTokens(Value sizes, Value length, Value index,
                          int64_t blockSize) {
  if (!sizes)
    return existingTokens(length, index, blockSize);
  return e.toIndex(sizeOf(sizes, index));
}

Value Kernel::dynamicScratch(Value length, Type element) {
  auto type = MemRefType::get({ShapedType::kDynamic}, element);
  Value scratch = memref::AllocOp::create(e.b, e.loc, type, ValueRange{length},
                                          e.b.getI64IntegerAttr(64));
  toFree.push_back(scratch);
  return scratch;
}

void Kernel::finish() {
  for (Value scratch : toFree)
    memref::DeallocOp::create(e.b, e.loc, scratch);
}
