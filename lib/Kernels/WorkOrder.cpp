// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which tile a loader takes next. With a static stride fast SMs run ahead of
// slow ones by whole waves, and more than one head competes for the L2; a
// ticket keeps the front one wave wide, a wave makes the fast ones wait.

#include "AttendKernel.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;
using launch::ParameterKind;

/// Tiles of a wave that need not have begun before the next wave may.
static constexpr int64_t kWaveSlack = 60;

/// Words of the state.
enum StateWord { kCounter, kLeft, kStateWords };

int64_t kernels::stateWords(WorkOrder order) {
  return order == WorkOrder::Static ? 0 : kStateWords;
}

TileOrder::TileOrder(AttendKernel &kernel, Scalar lane) : kernel(kernel) {
  KernelBuilder &b = kernel.b;
  auto lanes = double(kernel.plan.tiles);
  start = Scalar(b, tile::CtaOp::create(b, b.getIndexType())) * lanes + lane;
  stride = Scalar(b, tile::CtasOp::create(b, b.getIndexType())) * lanes;
}

/// Adds 1 to a word of the state, and gives what it was.
static Scalar count(AttendKernel &kernel, StateWord word, bool ordered) {
  KernelBuilder &b = kernel.b;
  return {b, tile::AtomicAddOp::create(b, b.getI32Type(), kernel.i32(1).get(),
                                       kernel.memory(ParameterKind::State),
                                       kernel.index(word).get(), ordered)};
}

Scalar TileOrder::next(Scalar tile) {
  if (kernel.plan.order != WorkOrder::Ticket)
    return tile + stride;
  return count(kernel, kCounter, /*ordered=*/false).index() + stride;
}

void TileOrder::begin(Scalar tile) {
  if (kernel.plan.order != WorkOrder::Wave)
    return;
  Scalar before = (tile - start - double(kWaveSlack)).i32();
  tile::AwaitOp::create(kernel.b, kernel.memory(ParameterKind::State),
                        kernel.index(kCounter).get(), before.get());
}

void TileOrder::end() {
  if (kernel.plan.order == WorkOrder::Wave)
    count(kernel, kCounter, /*ordered=*/false);
}

/// The last to leave makes the state as it was.
void TileOrder::leave() {
  if (kernel.plan.order == WorkOrder::Static)
    return;
  Scalar left = count(kernel, kLeft, /*ordered=*/true);
  ifThen(equal(left, stride.i32() - 1.0), [&] {
    for (int64_t word = 0; word < kStateWords; ++word)
      kernel.store(kernel.i32(0), ParameterKind::State, kernel.index(word));
  });
}
