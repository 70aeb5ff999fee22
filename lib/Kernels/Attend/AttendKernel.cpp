// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an attention kernel takes from its launch.

#include "AttendKernel.h"

#include <cmath>

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

//===----------------------------------------------------------------------===//
// At the launch
//===----------------------------------------------------------------------===//

/// Lists of sizes are [N], the same for all of a batch, or [B, N].
static AttendCall::Sizes sizesOf(LaunchSite &site, Value sizes) {
  if (!sizes)
    return {};
  Value buffer = site.buffer(sizes);
  if (cast<MemRefType>(buffer.getType()).getRank() == 1)
    return {buffer, 0};
  return {buffer, site.outerStride(buffer)};
}

/// That of the contract, where none is given.
static Value scaleOf(LaunchSite &site, bsa::AttendOp op) {
  if (op.getScale())
    return site.scalar(op.getScale());
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto features = double(query.getShape().back());
  KernelBuilder &b = site.numbers();
  return constant(b, b.getF32Type(), 1 / std::sqrt(features));
}

/// One number for all lists.
static Extent fixedCountOf(LaunchSite &site, Value map) {
  Value count = site.lists(map).fixedCount;
  return count ? Extent(site.numbers(), count) : Extent();
}

AttendCall::AttendCall(LaunchSite &site, bsa::AttendOp op,
                       const AttendShape &shape)
    : query(site.buffer(op.getQuery())), key(site.buffer(op.getKey())),
      value(site.buffer(op.getValue())), output(site.buffer(op.getOutput())),
      lse(op.getLse() ? site.buffer(op.getLse()) : Value()),
      index(site.lists(op.getMap()).index), scale(scaleOf(site, op)),
      count(site.lists(op.getMap()).count),
      fixedCount(fixedCountOf(site, op.getMap())),
      querySizes(sizesOf(site, op.getQSizes())),
      keySizes(sizesOf(site, op.getKvSizes())), heads(site.extent("H")),
      group(floorDiv(heads, site.extent("Hkv"))),
      queryBlocks(site.extent("Nq")), queryLength(site.extent("Sq")),
      keyLength(site.extent("Skv")),
      tiles(site.extent("B") * heads * queryBlocks),
      marks(tiles * shape.warpgroupsPerTile()) {}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

/// Bytes that a swizzle runs over: the widest that divides a row.
static int64_t swizzleFor(int64_t columns) {
  for (int64_t bytes : {128, 64, 32})
    if (columns * 2 % bytes == 0)
      return bytes;
  llvm_unreachable("a head dimension is a multiple of 16");
}

tile::BufferType AttendKernel::tileOf(int64_t rows, int64_t columns) const {
  return tile::BufferType::get(shape.element.getContext(), rows, columns,
                               shape.element, swizzleFor(shape.headDim));
}

TensorMap AttendKernel::queryMap() const {
  return scope.map("query", call.query,
                   tile::MapType::get(tileOf(shape.queryBlock, shape.headDim)));
}

// Key and value blocks are read whole and by many tiles.
static constexpr int64_t kPromotedBytes = 256;

TensorMap AttendKernel::keyMap() const {
  return scope.map("key", call.key,
                   tile::MapType::get(tileOf(plan.step, shape.headDim)),
                   kPromotedBytes);
}

TensorMap AttendKernel::valueMap() const {
  return scope.map("value", call.value,
                   tile::MapType::get(tileOf(plan.step, shape.headDim)),
                   kPromotedBytes);
}

TensorMap AttendKernel::outputMap() const {
  tile::BufferType rows = tileOf(tile::kRows, shape.headDim);
  return scope.map(
      "output", call.output,
      tile::MapType::get(b.getContext(), rows, tile::kWarpRows, plan.store));
}

//===----------------------------------------------------------------------===//
// Lists and sizes
//===----------------------------------------------------------------------===//

Scalar AttendKernel::listEntry(Scalar tile, Scalar slot) const {
  return scope.memory("index", call.index)
      .load(tile * double(shape.capacity) + slot);
}

Scalar AttendKernel::listLength(Scalar tile) const {
  // A call holds to the capacity; said here, 32 bits are enough for it.
  if (!call.count)
    return min(scope.number("count", call.fixedCount, /*isNatural=*/true),
               double(shape.capacity))
        .i32();
  return scope.memory("count", call.count, /*isNatural=*/true).load(tile);
}

static Scalar sizeAt(KernelScope &scope, StringRef name,
                     const AttendCall::Sizes &sizes, Scalar batch,
                     Scalar block) {
  Memory memory = scope.memory(name, sizes.buffer);
  if (sizes.stride == Extent(0))
    return memory.load(block);
  Scalar stride = scope.number((name + "_stride").str(), sizes.stride);
  return memory.load(batch * stride + block);
}

Scalar AttendKernel::querySize(Scalar batch, Scalar block) const {
  return sizeAt(scope, "query_sizes", call.querySizes, batch, block);
}

Scalar AttendKernel::keySize(Scalar batch, Scalar block) const {
  if (call.keySizes.buffer)
    return sizeAt(scope, "key_sizes", call.keySizes, batch, block.index());
  auto rows = double(shape.keyBlock);
  return min(keyLength().i32() - block * rows, rows);
}

Memory AttendKernel::marks() const {
  return scope.scratch("marks", b.getI32Type(), call.marks, Fill::None);
}
