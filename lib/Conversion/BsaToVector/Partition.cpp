// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `bsa.partition` and `bsa.unpartition` for one block: both walk the valid
// tokens of the block and copy rows, in opposite directions.

#include "Kernel.h"

using namespace mlir;
using namespace tessera;

namespace {

/// Where block `kernel.block` lies in the raster sequence.
template <typename OpT>
class BlockGeometry {
public:
  BlockGeometry(Kernel &kernel, OpT op);

  /// Calls `body` with the raster row and the row inside the block of every
  /// valid token; returns how many there are.
  Value forEachToken(llvm::function_ref<void(Value, Value)> body);

private:
  Value origin(Value cube, int64_t extent) {
    return e.mul(cube, e.index(extent));
  }
  Value ceilDiv(Value x, int64_t y) {
    return e.div(e.add(x, e.index(y - 1)), e.index(y));
  }

  Kernel &kernel;
  Emitter &e;
  Value isText, textFirst, textTokens; ///< of this block; null without text
  Value videoFirst;                    ///< raster row of the first video token
  Value height, width;
  Value t0, h0, w0, tSize, hSize, wSize; ///< the cube; sizes 0 for text
};

} // namespace

template <typename OpT>
BlockGeometry<OpT>::BlockGeometry(Kernel &kernel, OpT op)
    : kernel(kernel), e(kernel.e) {
  bsa::CubeAttr cube = op.getCube();
  int64_t volume = cube.getVolume();
  Value time = e.toIndex(kernel.scalar(op.getTime()));
  height = e.toIndex(kernel.scalar(op.getHeight()));
  width = e.toIndex(kernel.scalar(op.getWidth()));
  Value cubesHigh = ceilDiv(height, cube.getHeight());
  Value cubesWide = ceilDiv(width, cube.getWidth());
  Value cubeId = kernel.block;
  videoFirst = e.index(0);
  if (op.getText()) {
    Value text = e.toIndex(kernel.scalar(op.getText()));
    Value textBlocks = ceilDiv(text, volume), textBlock = kernel.block;
    if (*op.getTextPlace() == bsa::TextPlace::Prefix) {
      isText = e.less(kernel.block, textBlocks);
      cubeId = e.sub(kernel.block, textBlocks);
      textFirst = e.index(0);
      videoFirst = text;
    } else {
      Value cubes =
          e.mul(e.mul(ceilDiv(time, cube.getTime()), cubesHigh), cubesWide);
      isText = e.less(e.sub(cubes, e.index(1)), kernel.block);
      textBlock = e.sub(kernel.block, cubes);
      textFirst = e.mul(e.mul(time, height), width);
    }
    Value skipped = e.mul(textBlock, e.index(volume));
    textTokens = e.min(e.index(volume), e.sub(text, skipped));
    textTokens = e.select(isText, textTokens, e.index(0));
    textFirst = e.add(textFirst, skipped);
    cubeId = e.select(isText, e.index(0), cubeId);
  }
  w0 = origin(arith::RemUIOp::create(e.b, e.loc, cubeId, cubesWide),
              cube.getWidth());
  Value plane = e.div(cubeId, cubesWide);
  h0 = origin(arith::RemUIOp::create(e.b, e.loc, plane, cubesHigh),
              cube.getHeight());
  t0 = origin(e.div(plane, cubesHigh), cube.getTime());
  tSize = e.min(e.index(cube.getTime()), e.sub(time, t0));
  hSize = e.min(e.index(cube.getHeight()), e.sub(height, h0));
  wSize = e.min(e.index(cube.getWidth()), e.sub(width, w0));
  if (isText)
    tSize = e.select(isText, e.index(0), tSize);
}

template <typename OpT>
Value BlockGeometry<OpT>::forEachToken(
    llvm::function_ref<void(Value, Value)> body) {
  if (isText)
    e.loop(textTokens, [&](Value row) { body(e.add(textFirst, row), row); });
  e.loop(tSize, [&](Value t) {
    e.loop(hSize, [&](Value h) {
      Value line = e.add(e.mul(e.add(t0, t), height), e.add(h0, h));
      Value raster = e.add(videoFirst, e.add(e.mul(line, width), w0));
      Value inside = e.mul(e.add(e.mul(t, hSize), h), wSize);
      e.loop(wSize, [&](Value w) { body(e.add(raster, w), e.add(inside, w)); });
    });
  });
  Value video = e.mul(e.mul(tSize, hSize), wSize);
  return isText ? e.add(video, textTokens) : video;
}

/// Copies elements as they are.
static void copyRow(Emitter &e, Value source, Value from, Value target,
                    Value to) {
  auto type = cast<MemRefType>(source.getType());
  for (Chunk chunk : e.chunks(type.getDimSize(1))) {
    auto vector = VectorType::get({chunk.lanes}, type.getElementType());
    Value column = e.index(chunk.column);
    Value part = vector::LoadOp::create(e.b, e.loc, vector, source,
                                        ValueRange{from, column});
    vector::StoreOp::create(e.b, e.loc, part, target, ValueRange{to, column});
  }
}

void tessera::emitPartition(Kernel &kernel, bsa::PartitionOp op) {
  Emitter &e = kernel.e;
  int64_t volume = op.getCube().getVolume();
  Value raster = kernel.headRows(op.getInput(), kernel.head);
  Value packed = kernel.rows(op.getOutput(), volume);
  BlockGeometry<bsa::PartitionOp> geometry(kernel, op);
  Value count = geometry.forEachToken(
      [&](Value from, Value to) { copyRow(e, raster, from, packed, to); });
  e.loop(count, e.index(volume), 1, [&](Value row) {
    for (Chunk chunk : e.chunks(op.getOutput().getType().getDimSize(3)))
      e.storeVector(e.f32(0, e.vectorType(chunk.lanes)), packed,
                    {row, e.index(chunk.column)});
  });
  // The sizes are the same for every batch entry and head: the first writes.
  Value zero = e.index(0);
  auto isZero = [&](Value x) {
    return arith::CmpIOp::create(e.b, e.loc, arith::CmpIPredicate::eq, x, zero)
        .getResult();
  };
  e.when(e.both(isZero(kernel.batch), isZero(kernel.head)), [&] {
    e.store(e.toI32(count), kernel.whole(op.getSizes()), {kernel.block});
  });
}

void tessera::emitUnpartition(Kernel &kernel, bsa::UnpartitionOp op) {
  Emitter &e = kernel.e;
  Value raster = kernel.headRows(op.getOutput(), kernel.head);
  Value packed = kernel.rows(op.getInput(), op.getCube().getVolume());
  BlockGeometry<bsa::UnpartitionOp> geometry(kernel, op);
  geometry.forEachToken(
      [&](Value to, Value from) { copyRow(e, packed, from, raster, to); });
}
