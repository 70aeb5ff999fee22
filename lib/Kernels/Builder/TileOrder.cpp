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
  return scope.scratch("state", scope.b.getI32Type(), 1, Fill::Zero);
}

Scalar TileOrder::count() {
  KernelBuilder &b = scope.b;
  Value one = constant(b, b.getI32Type(), 1);
  Value at = constant(b, b.getIndexType(), 0);
  return {b, tile::AtomicAddOp::create(b, b.getI32Type(), one, state().get(),
                                       at, /*ordered=*/false)};
}

Scalar TileOrder::next(Scalar tile) {
  if (order != WorkOrder::Ticket)
    return tile + stride;
  return count().index() + stride;
}

void TileOrder::begin(Scalar tile) {
  if (order != WorkOrder::Wave)
    return;
  KernelBuilder &b = scope.b;
  Scalar before = (tile - start - double(kWaveSlack)).i32();
  tile::AwaitOp::create(b, state().get(), constant(b, b.getIndexType(), 0),
                        before.get());
}

void TileOrder::end() {
  if (order == WorkOrder::Wave)
    count();
}
