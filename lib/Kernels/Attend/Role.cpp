// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The attending role: a warpgroup takes tile after tile, goes through the list
// of each, and stores result and log-sum-exp.

#include "Steps.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

/// A sum of weights that large has outgrown its reference. Weights are rounded
/// to the element type, so each must be in its range; of bf16, which has that
/// of f32, what is left is for the result, which adds values times weights.
static double outgrownAt(FloatType element) {
  return element.isBF16() ? 0x1p64 : 0x1p15;
}
static constexpr double kInfinity = std::numeric_limits<double>::infinity();

namespace {

/// A tile to do, and the chain of those to do again: the last of them, counted
/// from 1.
struct Task {
  Scalar chain;
  Stage item;
  auto all() { return std::tie(chain, item); }
};

/// Where a tile's rows of this warpgroup are.
struct Rows {
  Scalar batch, head, block, token;
};

class Attender {
public:
  Attender(AttendKernel &kernel, Scalar agent);
  void run();

private:
  Fragment filled(RankedTensorType type, double number) const {
    return {kernel.b, constant(kernel.b, type, number)};
  }
  RankedTensorType resultType() const {
    return accumulatorType(kernel.b.getF32Type(), kernel.shape.headDim);
  }

  Scalar attendTiles(Reference reference, Scalar chain);
  Scalar attendTile(Reference reference, Task task);
  Rows rowsOf(Stage item);
  Fragment validRows(const Rows &rows);
  void storeTile(const Rows &rows, Fragment sum, SoftmaxState state);
  void sendOutgrown(Scalar chain);
  Scalar chainOutgrown(const Rows &rows, Fragment sum, Scalar chain);

  AttendKernel &kernel;
  Scalar agent, lane, part; ///< of the tile: which 64 rows
  Scalar factor;            ///< from scores to units of log2
};

} // namespace

Attender::Attender(AttendKernel &kernel, Scalar agent)
    : kernel(kernel), agent(agent), lane(agent), part(kernel.index(0)) {
  auto parts = double(kernel.warpgroups());
  if (parts > 1) {
    lane = agent / parts;
    part = agent % parts;
  }
  factor = named("factor", kernel.scale() * std::log2(std::exp(1.0)));
}

//===----------------------------------------------------------------------===//
// A tile
//===----------------------------------------------------------------------===//

Rows Attender::rowsOf(Stage item) {
  Scalar block = item.note(1).index();
  Scalar token = block * double(kernel.shape.queryBlock);
  if (kernel.warpgroups() > 1)
    token = token + part * double(tile::kRows);
  return {item.note(3).index(), item.note(2).index(), block, token};
}

/// Which rows are tokens; null if all are that exist.
Fragment Attender::validRows(const Rows &rows) {
  if (!kernel.hasQuerySizes())
    return {};
  Scalar size = kernel.querySize(rows.batch, rows.block);
  if (kernel.warpgroups() > 1)
    size = size - (part * double(tile::kRows)).i32();
  RankedTensorType type = rowType(kernel.b.getI32Type());
  Fragment number(kernel.b, tile::RowNumbersOp::create(kernel.b, type));
  return less(number, splat(size, type));
}

/// Rows that attend to nothing, and rows that are no tokens, give 0 and -inf;
/// rows with a NaN give NaN, as their sum of weights is.
void Attender::storeTile(const Rows &rows, Fragment sum, SoftmaxState state) {
  KernelBuilder &b = kernel.b;
  RankedTensorType type = sum.tensorType();
  Fragment some = differs(sum, 0);
  Fragment valid = validRows(rows);
  if (valid.get())
    some = both(some, valid);
  Fragment inverse = filled(type, 1) / sum;
  Fragment weight = select(some, inverse, filled(type, 0));
  Fragment result = state.result * expandRows(weight, resultType());
  // What is no token may be no number either, which times 0 is none.
  if (valid.get())
    result = select(expandRows(valid, resultType()), result,
                    filled(resultType(), 0));
  Fragment output = round(result, kernel.shape.element);
  tile::StoreAsyncOp::create(b, output.get(), kernel.staging, agent.get(),
                             kernel.outputMap().get(), rows.batch.get(),
                             rows.head.get(), rows.token.get());
  if (!kernel.call.lse)
    return;
  Fragment natural = (state.reference + log2(sum)) * std::log(2.0);
  Fragment lse = select(some, natural, filled(type, -kInfinity));
  Scalar length = kernel.queryLength();
  Scalar first =
      (rows.batch * kernel.heads() + rows.head) * length + rows.token;
  tile::StoreRowsOp::create(b, lse.get(),
                            kernel.scope.memory("lse", kernel.call.lse).get(),
                            first.get(), (length - rows.token).get());
}

/// Puts a tile before the chain if a row of it has outgrown its reference: its
/// sum is too large, or not a number since the first step had no score.
Scalar Attender::chainOutgrown(const Rows &rows, Fragment sum, Scalar chain) {
  Fragment flags = notBelow(sum, outgrownAt(kernel.shape.element));
  if (Fragment valid = validRows(rows); valid.get())
    flags = both(flags, valid);
  return ifElse<Only<Scalar>>(
             any(flags),
             [&] {
               Scalar plane = rows.batch * kernel.heads() + rows.head;
               Scalar tile = plane * kernel.queryBlocks() + rows.block;
               kernel.marks().store(chain, part * kernel.tiles() + tile);
               return Only<Scalar>{tile.i32() + 1.0};
             },
             [&] { return Only<Scalar>{chain}; })
      .value;
}

Scalar Attender::attendTile(Reference reference, Task task) {
  Scalar steps = named("steps", task.item.note(0).index());
  Ring ring = kernel.plan.query == QueryPlan::Ring ? kernel.keys : kernel.query;
  Stage query = named("q", ring.wait(lane));
  SoftmaxState state =
      AttendSteps(kernel, lane, part, factor).run(reference, query, steps);
  Rows rows = rowsOf(task.item);
  Fragment sum = named("sum", rowReduce(tile::Reduction::Add, state.sums));
  storeTile(rows, sum, state);
  Scalar chain = task.chain;
  if (reference == Reference::Fixed)
    chain = chainOutgrown(rows, sum, chain);
  task.item.release();
  return chain;
}

//===----------------------------------------------------------------------===//
// All tiles
//===----------------------------------------------------------------------===//

Scalar Attender::attendTiles(Reference reference, Scalar chain) {
  Task last = loopWhile<Only<Scalar>, Task>(
      kernel.b, {chain},
      [&](Only<Scalar> state) {
        Stage item = named("item", kernel.work.wait(lane));
        Scalar isTask = less(kernel.i32(-1), item.note(0));
        return std::pair(isTask, Task{state.value, item});
      },
      [&](Task task) { return Only<Scalar>{attendTile(reference, task)}; });
  last.item.release();
  tile::StoreWaitOp::create(kernel.b);
  return last.chain;
}

/// Each warpgroup of a tile has a ring of its own to the loader.
void Attender::sendOutgrown(Scalar chain) {
  if (kernel.warpgroups() == 1)
    return kernel.outgrown[0].send(lane, {chain});
  for (int64_t number = 0; number < kernel.warpgroups(); ++number)
    ifThen(equal(part, double(number)),
           [&] { kernel.outgrown[number].send(lane, {chain}); });
}

void Attender::run() {
  Scalar chain = attendTiles(Reference::Fixed, kernel.i32(0));
  sendOutgrown(chain);
  attendTiles(Reference::Running, kernel.i32(0));
}

void kernels::buildAttendRole(AttendKernel &kernel) {
  role(kernel.b, "attend", kernel.plan.tiles * kernel.warpgroups(),
       tile::AgentKind::Warpgroup, kernel.plan.attendRegisters,
       [&](Scalar agent) { Attender(kernel, agent).run(); });
}
