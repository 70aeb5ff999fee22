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

/// Only the first `size` columns count, which the note of the keys says. Both
/// sides of the branch give the keys back: that it was taken shows that the
/// note has arrived.
Fragment AttendSteps::mask(Fragment scores, Stage keys, Scalar size) {
  return ifElse<Only<Fragment>>(
             less(size, double(kernel.plan.step)),
             [&] {
               keys.release();
               RankedTensorType type = scores.tensorType();
               KernelBuilder &b = kernel.b;
               auto numbers = RankedTensorType::get(
                   type.getShape(), b.getI32Type(), type.getEncoding());
               Fragment column(b, tile::ColumnsOp::create(b, numbers));
               Fragment valid = less(column, splat(size, numbers));
               return Only<Fragment>{
                   select(valid, scores, filled(type, -kInfinity))};
             },
             [&] {
               keys.release();
               return Only<Fragment>{scores};
             })
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
  Scalar row = isQueryShared() ? kernel.firstRow(part) : Scalar();
  return startProduct(query, keys, true, scoreType(), {}, row);
}
Handle AttendSteps::startResult(Fragment weights, Stage values,
                                Fragment result) {
  return startProduct(weights, values, false, resultType(), result);
}
Fragment AttendSteps::asWeights(Fragment weights) {
  return asOperand(round(weights, kernel.shape.element));
}

/// Adds the product of the weights with the next values to the result.
SoftmaxState AttendSteps::addValues(Fragment weights, SoftmaxState state) {
  Stage values = named("v", kernel.keys.wait(lane));
  state.result =
      named("result", finish(startResult(weights, values, state.result)));
  values.release();
  return state;
}

/// Scores, weights, and their product with the values, one after the other:
/// other warpgroups keep the matrix unit busy meanwhile.
SoftmaxState AttendSteps::serial(Reference reference, TakenQuery query,
                                 Scalar step, SoftmaxState state) {
  Stage keys = named("k", kernel.keys.wait(lane));
  Scalar size = named("size", keys.note());
  Fragment raw = named("scores", finish(startScores(query.rows, keys)));
  if (!isQueryShared())
    ifThen(equal(step, 0.0), [&] { query.stage.release(); });
  StepWeights made = weigh(reference, step, mask(raw, keys, size), state);
  return addValues(named("p", asWeights(made.weights)), made.state);
}

/// The same with the products one step apart: the matrix unit has the scores of
/// this step and the result of the one before, while their weights are
/// computed.
SoftmaxState AttendSteps::overlapped(TakenQuery query, Scalar steps) {
  Stage keys = named("k", kernel.keys.wait(lane));
  Scalar size = named("size", keys.note());
  Fragment raw = finish(startScores(query.rows, keys));
  if (!isQueryShared())
    query.stage.release();
  Fragment scores = mask(raw, keys, size);
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
             Handle pendingScores = startScores(query.rows, keys);
             Handle pendingResult =
                 startResult(now.weights, values, now.state.result);
             Fragment raw = named("scores", finish(pendingScores));
             StepWeights made =
                 weighFixed(mask(raw, keys, size), factor, now.state);
             made.state.result = finish(pendingResult);
             values.release();
             return WeighedState{made.state, asWeights(made.weights)};
           });
  return addValues(last.weights, last.state);
}

SoftmaxState AttendSteps::emptyState() const {
  Type f32 = kernel.b.getF32Type();
  return {filled(resultType(), 0), filled(accumulatorType(f32, 8), 0),
          filled(rowType(f32), -kInfinity)};
}

SoftmaxState AttendSteps::runSome(Reference reference, Stage stage,
                                  Scalar steps) {
  TakenQuery query{stage, stage};
  if (!isQueryShared())
    query.rows = named("query_rows", stage.fragment(kernel.firstRow(part)));
  SoftmaxState state =
      kernel.plan.overlap && reference == Reference::Fixed
          ? overlapped(query, steps)
          : loop(kernel.index(0), steps, emptyState(),
                 [&](Scalar step, SoftmaxState state) {
                   return serial(reference, query, step, state);
                 });
  if (isQueryShared())
    stage.release();
  return state;
}

SoftmaxState AttendSteps::run(Reference reference, Stage query, Scalar steps) {
  return ifElse<SoftmaxState>(
      less(kernel.index(0), steps),
      [&] { return runSome(reference, query, steps); },
      [&] {
        query.release();
        return emptyState();
      });
}
