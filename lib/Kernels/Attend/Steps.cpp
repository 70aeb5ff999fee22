// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Steps.h"

#include <limits>

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

namespace {
/// A state whose last weights have yet to meet their values.
struct WeighedState {
  SoftmaxState state;
  Fragment weights;
  auto all() { return std::tuple_cat(state.all(), std::tie(weights)); }
};
} // namespace

/// Only the first `size` columns count.
Fragment AttendSteps::mask(Fragment scores, Scalar size) {
  return ifElse<Only<Fragment>>(
             less(size, double(kernel.plan.step)),
             [&] {
               RankedTensorType type = scores.tensorType();
               KernelBuilder &b = kernel.b;
               auto numbers = RankedTensorType::get(
                   type.getShape(), b.getI32Type(), type.getEncoding());
               Fragment column(b, tile::ColumnsOp::create(b, numbers));
               Fragment valid = less(column, splat(size, numbers));
               return Only<Fragment>{
                   select(valid, scores, filled(type, -kInfinity))};
             },
             [&] { return Only<Fragment>{scores}; })
      .value;
}

/// The first step of a tile fixes its reference.
StepWeights AttendSteps::weigh(Reference reference, Scalar step,
                               Fragment scores, SoftmaxState state) {
  if (reference == Reference::Running)
    return weighRunning(scores, factor, state);
  state.reference =
      ifElse<Only<Fragment>>(
          equal(step, 0.0),
          [&] { return Only<Fragment>{fixReference(scores, factor)}; },
          [&] { return Only<Fragment>{state.reference}; })
          .value;
  return weighFixed(scores, factor, state);
}

/// A query that stays in shared memory has the rows of all warpgroups.
Handle AttendSteps::startScores(Handle query, Stage keys) {
  bool isShared = kernel.plan.query == QueryPlan::Shared;
  Scalar row = isShared ? kernel.firstRow(part) : Scalar();
  return startProduct(query, keys, true, scoreType(), {}, row);
}
Handle AttendSteps::startResult(Fragment weights, Stage values,
                                Fragment result) {
  return startProduct(weights, values, false, resultType(), result);
}
Fragment AttendSteps::asWeights(Fragment weights) {
  return asOperand(round(weights, kernel.shape.element));
}

/// Scores, weights, and their product with the values, one after the other:
/// other warpgroups keep the matrix unit busy meanwhile.
SoftmaxState AttendSteps::serial(Reference reference, Handle query, Scalar step,
                                 SoftmaxState state) {
  Stage keys = named("k", kernel.keys.wait(lane));
  Scalar size = named("size", keys.note());
  Fragment raw = named("scores", finish(startScores(query, keys)));
  keys.release();
  StepWeights made = weigh(reference, step, mask(raw, size), state);
  Fragment weights = named("p", asWeights(made.weights));
  Stage values = named("v", kernel.keys.wait(lane));
  made.state.result =
      named("result", finish(startResult(weights, values, made.state.result)));
  values.release();
  return made.state;
}

/// The same with the products one step apart: the matrix unit has the scores of
/// this step and the result of the one before, while their weights are
/// computed.
SoftmaxState AttendSteps::overlapped(Handle query, Scalar steps) {
  Stage keys = named("k", kernel.keys.wait(lane));
  Scalar size = named("size", keys.note());
  Fragment scores = finish(startScores(query, keys));
  keys.release();
  scores = mask(scores, size);
  SoftmaxState start = emptyState();
  start.reference = fixReference(scores, factor);
  StepWeights first = weighFixed(scores, factor, start);
  WeighedState last =
      loop(kernel.index(1), steps,
           WeighedState{first.state, asWeights(first.weights)},
           [&](Scalar, WeighedState now) {
             Stage values = named("v", kernel.keys.wait(lane));
             Stage keys = named("k", kernel.keys.wait(lane));
             Scalar size = named("size", keys.note());
             Handle pendingScores = startScores(query, keys);
             Handle pendingResult =
                 startResult(now.weights, values, now.state.result);
             Fragment raw = named("scores", finish(pendingScores));
             keys.release();
             StepWeights made = weighFixed(mask(raw, size), factor, now.state);
             made.state.result = finish(pendingResult);
             values.release();
             return WeighedState{made.state, asWeights(made.weights)};
           });
  Stage values = named("v", kernel.keys.wait(lane));
  last.state.result =
      finish(startResult(last.weights, values, last.state.result));
  values.release();
  return last.state;
}

SoftmaxState AttendSteps::emptyState() const {
  Type f32 = kernel.b.getF32Type();
  return {filled(resultType(), 0), filled(accumulatorType(f32, 8), 0),
          filled(rowType(f32), -kInfinity)};
}

SoftmaxState AttendSteps::run(Reference reference, Handle query, Scalar steps) {
  if (kernel.plan.overlap && reference == Reference::Fixed)
    return ifElse<SoftmaxState>(
        less(kernel.index(0), steps), [&] { return overlapped(query, steps); },
        [&] { return emptyState(); });
  return loop(kernel.index(0), steps, emptyState(),
              [&](Scalar step, SoftmaxState state) {
                return serial(reference, query, step, state);
              });
}
