// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the lanes of a persistent kernel share out its tiles.
#ifndef TESSERA_LIB_KERNELS_BUILDER_TILEORDER_H
#define TESSERA_LIB_KERNELS_BUILDER_TILEORDER_H

#include "KernelScope.h"
#include "tessera/Kernels/WorkOrder.h"

namespace tessera::kernels {

/// How a loader comes from tile to tile.
class TileOrder {
public:
  /// Of a CTA's `lanes` the one numbered `lane`.
  TileOrder(KernelScope &scope, WorkOrder order, int64_t lanes, Scalar lane);
  Scalar first() const { return start; }
  /// The one after `tile`; it may lie past the last.
  Scalar next(Scalar tile);
  /// Before and after the loads of a tile.
  void begin(Scalar tile);
  void end();

private:
  /// How many tiles the lanes of the grid have taken, or ended; 0 at the launch.
  Memory state();
  /// Adds 1 to it, and gives what it was.
  Scalar count();

  KernelScope &scope;
  WorkOrder order;
  Scalar start, stride;
};

} // namespace tessera::kernels

#endif // TESSERA_LIB_KERNELS_BUILDER_TILEORDER_H
