// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scores to weights. Weights are 2 to the power of (score - reference), so that
// a sum of weights and the result they give are right up to a common factor,
// which the end of a tile divides out.

#include "AttendKernel.h"

#include <limits>

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

static constexpr double kMinusInfinity =
    -std::numeric_limits<double>::infinity();

Fragment kernels::fixReference(Fragment scores, Scalar factor) {
  Fragment largest = rowReduce(tile::Reduction::Max, scores);
  return largest * splat(factor, largest.tensorType());
}

StepWeights kernels::weighFixed(Fragment scores, Scalar factor,
                                SoftmaxState state) {
  RankedTensorType type = scores.tensorType();
  Fragment below = expandRows(negate(state.reference), type);
  Fragment weights =
      named("weights", exp2(fma(scores, splat(factor, type), below)));
  state.sums = state.sums + foldAdd(weights);
  return {weights, state};
}

/// The reference moves to the largest score so far; what was summed moves with
/// it. Rows without any score keep weights of 0.
StepWeights kernels::weighRunning(Fragment scores, Scalar factor,
                                  SoftmaxState state) {
  RankedTensorType type = scores.tensorType();
  Fragment scaled = scores * splat(factor, type);
  Fragment largest =
      max(state.reference, rowReduce(tile::Reduction::Max, scaled));
  Fragment none(
      scores.builder(),
      constant(scores.builder(), largest.tensorType(), kMinusInfinity));
  Fragment usable =
      select(less(none, largest), largest,
             Fragment(scores.builder(),
                      constant(scores.builder(), largest.tensorType(), 0)));
  Fragment shrink = exp2(state.reference - usable);
  Fragment weights = named("weights", exp2(scaled - expandRows(usable, type)));
  state.sums = state.sums * expandRows(shrink, state.sums.tensorType()) +
               foldAdd(weights);
  state.result = state.result * expandRows(shrink, state.result.tensorType());
  state.reference = largest;
  return {weights, state};
}
