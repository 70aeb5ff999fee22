// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The inner loop of every product on the host: a tile of rows x vectors stays
// in registers while outer products of one column and one row are added to it.

#ifndef TESSERA_LIB_CONVERSION_BSATOVECTOR_REGISTERTILE_H
#define TESSERA_LIB_CONVERSION_BSATOVECTOR_REGISTERTILE_H

#include "Emitter.h"

namespace tessera {

/// tile[r * columns.size() + c] holds the vector at row r, chunk c.
using RegisterTile = Emitter::Carry;

/// tile(r, c) + sum over k < depth of left(k, r) * right(k, c): `left` gives a
/// scalar, `right` the vector of a chunk.
RegisterTile
addOuterProducts(Emitter &e, const RegisterTile &tile, mlir::Value depth,
                 int64_t rows, llvm::ArrayRef<Chunk> columns,
                 llvm::function_ref<mlir::Value(mlir::Value, int64_t)> left,
                 llvm::function_ref<mlir::Value(mlir::Value, Chunk)> right);

} // namespace tessera

#endif // TESSERA_LIB_CONVERSION_BSATOVECTOR_REGISTERTILE_H
