// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Single rows of the result in float64, by plain loops.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_REFERENCE_H
#define TESSERA_TOOLS_TESSERA_BENCH_REFERENCE_H

#include "Inputs.h"

namespace tessera::bench {

/// A query token.
struct RowPosition {
  int64_t batch, head, token;
};

/// What its row of the result should be. Rows that see no token, padding among
/// them, are 0 and -inf.
struct ReferenceRow {
  RowPosition position;
  std::vector<double> output;
  double lse;
};

/// At least `wanted` rows, if there are so many: the first and the last of all,
/// rows on both sides of the end of partly filled blocks, rows with empty
/// lists, and others by chance.
std::vector<RowPosition> sampleRows(const Problem &problem,
                                    const BlockLists &lists, size_t wanted,
                                    uint64_t seed);

/// `scale` is the factor of the scores.
std::vector<ReferenceRow> computeReference(const Problem &problem,
                                           const Inputs &inputs, double scale,
                                           llvm::ArrayRef<RowPosition> rows);

/// Offset of an element, in elements.
inline int64_t offsetOf(const tessera_tensor &tensor, int64_t i0, int64_t i1,
                        int64_t i2, int64_t i3 = 0) {
  const int64_t *strides = tensor.strides;
  return i0 * strides[0] + i1 * strides[1] + i2 * strides[2] +
         (tensor.rank > 3 ? i3 * strides[3] : 0);
}

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_REFERENCE_H
