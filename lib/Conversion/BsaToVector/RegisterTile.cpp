// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "RegisterTile.h"

using namespace mlir;
using namespace tessera;

RegisterTile
tessera::addOuterProducts(Emitter &e, const RegisterTile &tile, Value depth,
                          int64_t rows, ArrayRef<Chunk> columns,
                          llvm::function_ref<Value(Value, int64_t)> left,
                          llvm::function_ref<Value(Value, Chunk)> right) {
  return e.loop(
      e.index(0), depth, tile, [&](Value k, ValueRange sums) -> RegisterTile {
        SmallVector<Value> vectors;
        for (Chunk chunk : columns)
          vectors.push_back(right(k, chunk));
        RegisterTile next;
        for (int64_t row = 0; row < rows; ++row) {
          Value scalar = left(k, row);
          for (auto [column, chunk] : llvm::enumerate(columns))
            next.push_back(e.fma(e.splat(scalar, chunk.lanes), vectors[column],
                                 sums[row * columns.size() + column]));
        }
        return next;
      });
}
