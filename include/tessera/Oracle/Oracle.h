// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Coarse-to-fine block-sparse attention in float64, as docs/contract.md states
// it: plain loops, no tricks, nothing shared with the compiler. Arguments are
// trusted; the runtime's checks have their own tests.
#ifndef TESSERA_ORACLE_ORACLE_H
#define TESSERA_ORACLE_ORACLE_H

#include "tessera/Oracle/Tensor.h"

#include <optional>

namespace tessera::oracle {

/// Means of the valid tokens of each block: [B, H, S, D] -> [B, H, N, D], 0 for
/// a block of size 0.
Tensor pool(const Tensor &input, int64_t block, const Sizes &sizes = {});

struct CoarseResult {
  Tensor scores; // [B, H, Nq, Nkv], -inf for key blocks of size 0
  Tensor output; // [B, H, Nq, D], 0 where no key block has a token
};
/// Attention over pooled tensors: query [B, H, Nq, D], key and value
/// [B, Hkv, Nkv, D].
CoarseResult coarse(const Tensor &query, const Tensor &key, const Tensor &value,
                    double scale, const Sizes &kvSizes = {});

/// Which key blocks a query block keeps.
struct Policy {
  int64_t sink = 0;    // blocks j < sink are forced
  int64_t local = 0;   // blocks |i - j| < local are forced
  bool beside = false; // k counts the blocks beside the forced ones
};
/// Ascending lists. The order of scores is exact: NaN below -inf, -0 = +0, ties
/// to the smaller id; give scores rounded to float to meet the ties of a
/// computation in float.
Lists select(const Tensor &scores, int64_t k, const Policy &policy,
             const Sizes &kvSizes = {});

struct BlockShape {
  int64_t query = 64, key = 64;
};
struct AttendResult {
  Tensor output; // [B, H, Sq, D], 0 for rows that see no token
  Tensor lse;    // [B, H, Sq], -inf for them
};
/// Softmax attention of each valid query token over the valid tokens of the
/// listed blocks; lists in any order.
AttendResult attend(const Tensor &query, const Tensor &key, const Tensor &value,
                    const Lists &lists, BlockShape block, double scale,
                    const Sizes &qSizes = {}, const Sizes &kvSizes = {});

/// fineGate * fine + coarseGate * coarse of the row's block; 0 in rows past the
/// size of their block. Any dimension of a gate may be 1; an absent gate is 1,
/// an absent coarse result leaves its term out.
Tensor combine(const Tensor &fine, const std::optional<Tensor> &fineGate,
               const std::optional<Tensor> &coarse,
               const std::optional<Tensor> &coarseGate, int64_t qBlock,
               const Sizes &qSizes = {});

/// Where a raster sequence and its blocks lie to each other.
struct Grid {
  int64_t time, height, width;
  int64_t cubeTime, cubeHeight, cubeWidth;
  int64_t text = 0;      // tokens of text
  bool textFirst = true; // before the video, in the sequence and in the blocks

  int64_t volume() const { return cubeTime * cubeHeight * cubeWidth; }
  int64_t tokens() const { return text + time * height * width; }
};
struct PartitionResult {
  Tensor output; // [B, H, N * volume, D], 0 behind the valid tokens of a block
  Sizes sizes;   // [N]
};
PartitionResult partition(const Tensor &input, const Grid &grid);
Tensor unpartition(const Tensor &input, const Grid &grid);

struct AttentionInputs {
  Tensor query, key, value;
  std::optional<Tensor> fineGate, coarseGate;
  Sizes qSizes, kvSizes;
  std::optional<double> scale; // absent: 1/sqrt(D)
  BlockShape block;
  Policy policy;
  int64_t k = 0;
  bool withCoarse = true;
  /// Attend over these instead of the oracle's own selection, which can differ
  /// from one in float where scores are nearly equal.
  std::optional<Lists> lists;
};
struct AttentionResult {
  Tensor output, lse;    // [B, H, Sq, D], [B, H, Sq]
  Tensor scores, coarse; // [B, H, Nq, Nkv], [B, H, Nq, D]
  Lists lists;           // those attended over
};
AttentionResult attention(const AttentionInputs &inputs);

} // namespace tessera::oracle

#endif // TESSERA_ORACLE_ORACLE_H
