// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With a static stride fast SMs run ahead of slow ones by whole waves, and more
// than one head competes for the L2; a ticket keeps the front one wave wide, a
// wave makes the fast ones wait.

#include "TileOrder.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

/// Tiles of a wave that need not have begun before the next wave may.
static constexpr int64_t kWaveSlack = 60;

TileOrder::TileOrder(KernelScope &scope, WorkOrder order, int64_t lanes,
                     Scalar lane)
    : scope(scope), order(order) {
  KernelBuilder &b = scope.b;
  Scalar cta(b, tile::CtaOp::create(b, b.getIndexType()));
  Scalar ctas(b, tile::CtasOp::create(b, b.getIndexType()));
  start = cta * double(lanes) + lane;
  stride = ctas * double(lanes);
}

Memory TileOrder::state() {
  return scope.scratch("state", scope.b.getI32Type(), kWords, Fill::Zero);
}

Scalar TileOrder::count(Word word, bool isOrdered) {
  KernelBuilder &b = scope.b;
  Value one = constant(b, b.getI32Type(), 1);
  Value at = constant(b, b.getIndexType(), word);
  return {b, tile::AtomicAddOp::create(b, b.getI32Type(), one, state().get(),
                                       at, isOrdered)};
}

Scalar TileOrder::next(Scalar tile) {
  if (order != WorkOrder::Ticket)
    return tile + stride;
  return count(kTiles, /*isOrdered=*/false).index() + stride;
}

void TileOrder::begin(Scalar tile) {
  if (order != WorkOrder::Wave)
    return;
  KernelBuilder &b = scope.b;
  Scalar before = (tile - start - double(kWaveSlack)).i32();
  tile::AwaitOp::create(b, state().get(), constant(b, b.getIndexType(), kTiles),
                        before.get());
}

void TileOrder::end() {
  if (order == WorkOrder::Wave)
    count(kTiles, /*isOrdered=*/false);
}

/// The last to leave makes the state as it was, for launchers that carry out no
/// fills.
void TileOrder::leave() {
  if (order == WorkOrder::Static)
    return;
  KernelBuilder &b = scope.b;
  Scalar left = count(kLeft, /*isOrdered=*/true);
  ifThen(equal(left, stride.i32() - 1.0), [&] {
    Scalar zero(b, constant(b, b.getI32Type(), 0));
    for (int64_t word = 0; word < kWords; ++word)
      state().store(zero,
                    Scalar(b, constant(b, b.getIndexType(), double(word))));
  });
}
