// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `bsa.combine` for one query block.

#include "Kernel.h"

using namespace mlir;
using namespace tessera;

/// A chunk of a gate's row; any dimension that is statically 1 is read at 0, a
/// dynamic one has stride 0 where it is 1 when run.
static Value loadGate(Kernel &kernel, Value gate, Value token, Chunk chunk) {
  Emitter &e = kernel.e;
  Value buffer = kernel.whole(gate);
  auto type = cast<MemRefType>(buffer.getType());
  SmallVector<Value> at = {kernel.batch, kernel.head, token,
                           e.index(chunk.column)};
  for (int64_t dim = 0; dim < 4; ++dim)
    if (type.getDimSize(dim) == 1)
      at[dim] = e.index(0);
  if (type.getDimSize(3) == 1)
    return e.splat(e.load(buffer, at), chunk.lanes);
  return e.loadVector(buffer, at, chunk.lanes);
}

void tessera::emitCombine(Kernel &kernel, bsa::CombineOp op) {
  Emitter &e = kernel.e;
  int64_t blockSize = op.getQBlock();
  Value valid = kernel.validTokens(op.getQSizes(), kernel.extent(op, "Sq"),
                                   kernel.block, blockSize);
  Value fine = kernel.rows(op.getFine(), blockSize);
  Value output = kernel.rows(op.getOutput(), blockSize);
  Value coarse = op.getCoarse() ? kernel.row(op.getCoarse()) : Value();
  Value start = e.mul(kernel.block, e.index(blockSize));
  SmallVector<Chunk> chunks = e.chunks(op.getFine().getType().getDimSize(3));
  e.loop(valid, [&](Value row) {
    Value token = e.add(start, row);
    for (Chunk chunk : chunks) {
      Value column = e.index(chunk.column);
      Value result = e.loadVector(fine, {row, column}, chunk.lanes);
      if (op.getFineGate())
        result =
            e.mulf(result, loadGate(kernel, op.getFineGate(), token, chunk));
      if (coarse) {
        Value term = e.loadVector(coarse, {column}, chunk.lanes);
        result = op.getCoarseGate()
                     ? e.fma(term,
                             loadGate(kernel, op.getCoarseGate(), token, chunk),
                             result)
                     : e.addf(result, term);
      }
      e.storeVector(result, output, {row, column});
    }
  });
  e.loop(valid, e.extent(output, 0), 1, [&](Value row) {
    for (Chunk chunk : chunks)
      e.storeVector(e.f32(0, e.vectorType(chunk.lanes)), output,
                    {row, e.index(chunk.column)});
  });
}
