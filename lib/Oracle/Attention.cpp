// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The whole operation, out of its parts.
#include "tessera/Oracle/Oracle.h"

#include <cmath>

using namespace tessera::oracle;

AttentionResult tessera::oracle::attention(const AttentionInputs &in) {
  double scale = in.scale.value_or(1 / std::sqrt(double(in.query.dims[3])));
  Tensor query = pool(in.query, in.block.query, in.qSizes);
  Tensor key = pool(in.key, in.block.key, in.kvSizes);
  Tensor value = pool(in.value, in.block.key, in.kvSizes);
  CoarseResult blocks = coarse(query, key, value, scale, in.kvSizes);

  Lists lists;
  if (in.lists) {
    lists = *in.lists;
  } else {
    Tensor rounded = blocks.scores;
    for (double &score : rounded.data)
      score = float(score);
    lists = select(rounded, in.k, in.policy, in.kvSizes);
  }
  AttendResult fine = attend(in.query, in.key, in.value, lists, in.block, scale,
                             in.qSizes, in.kvSizes);
  std::optional<Tensor> addend;
  if (in.withCoarse)
    addend = blocks.output;
  Tensor output = combine(fine.output, in.fineGate, addend, in.coarseGate,
                          in.block.query, in.qSizes);
  return {output, fine.lse, blocks.scores, blocks.output, lists};
}
