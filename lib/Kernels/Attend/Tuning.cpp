// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which plan is best for a shape: a table, measured on an H100 and an H200.
//
// The order of tiles, TFLOP/s, D = 128, blocks of 64, B1 H12, steady:
//
//                                          H100                  H200
//   keys and values of a head       static ticket wave    static ticket wave
//     8 MB (S 16384, K 76)             555    547  575       586    589  587
//     8 MB (S 16384, K 32)             513    510  518       544    541  548
//    25 MB (S 49152, K 76)             497    520  505       570    577  576
//    25 MB (S 49152, K 32)             459    502  475       538    538  538
//    47 MB (S 92160, K 144)            432    510  511       549    556  587
//    25 MB (S 49152, K 38, of 128)     696    686  685
//
// So waves where a head is far below the L2 (50 and 60 MB) or does not fit:
// tiles in step read the same keys at about the same time. Tickets between,
// where waiting costs more than it saves. Blocks of 128 load half as much for
// what they compute: static until a head does not fit.

#include "tessera/Kernels/AttendPlan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;
using tessera::kernels::Extent;

namespace tessera {

namespace {
struct Row {
  int64_t headDim, queryBlock, keyBlock; ///< 0: any
  int64_t tiles, step, stages;
  QueryPlan query;
  bool overlap;
  int64_t store, attendRegisters, loadRegisters;
};
} // namespace

/// The first row that fits. Stages fill what the shared memory of an SM has
/// left.
static constexpr Row kRows[] = {
    {64, 64, 0, 3, 64, 5, QueryPlan::Shared, true, 64, 144, 80},
    {64, 128, 64, 1, 64, 8, QueryPlan::Shared, true, 64, 232, 40},
    {64, 128, 128, 1, 128, 6, QueryPlan::Shared, true, 64, 232, 40},
    {96, 64, 0, 3, 64, 4, QueryPlan::Ring, false, 96, 144, 80},
    {96, 128, 64, 1, 64, 8, QueryPlan::Shared, true, 96, 232, 40},
    {96, 128, 128, 1, 128, 6, QueryPlan::Shared, true, 96, 232, 40},
    {128, 64, 64, 3, 64, 4, QueryPlan::Ring, false, 64, 160, 32},
    {128, 64, 128, 2, 64, 5, QueryPlan::Shared, true, 64, 232, 40},
    {128, 128, 64, 1, 64, 8, QueryPlan::Shared, true, 64, 232, 40},
    {128, 128, 128, 1, 128, 5, QueryPlan::Shared, true, 64, 232, 40},
    {192, 64, 0, 2, 64, 4, QueryPlan::Ring, false, 64, 232, 40},
    {192, 128, 0, 1, 64, 6, QueryPlan::Own, false, 64, 232, 40},
    {256, 64, 0, 2, 64, 2, QueryPlan::Shared, false, 64, 232, 40},
    {256, 128, 0, 1, 64, 4, QueryPlan::Shared, false, 64, 232, 40},
};

static const Row &rowFor(const AttendShape &shape) {
  auto fits = [](int64_t wanted, int64_t has) {
    return wanted == 0 || wanted == has;
  };
  const Row *row = find_if(kRows, [&](const Row &row) {
    return fits(row.headDim, shape.headDim) &&
           fits(row.queryBlock, shape.queryBlock) &&
           fits(row.keyBlock, shape.keyBlock);
  });
  if (row == std::end(kRows))
    llvm_unreachable("checkShape() covers what has rows");
  return *row;
}

SmallVector<WorkOrder> ordersFor(const AttendShape &shape) {
  return {shape.queryBlock == 128 ? WorkOrder::Static : WorkOrder::Ticket,
          WorkOrder::Wave};
}

Extent orderAt(const AttendShape &shape, Extent keyLength, Extent l2Bytes) {
  // Keys and values of a head, 2 bytes an element.
  Extent headBytes = keyLength * Extent(2 * 2 * shape.headDim);
  // Far below: up to 1/4 of the L2. It does not fit: from 7/10 on.
  Extent isFarBelow = shape.queryBlock == 128
                          ? Extent(0)
                          : ifLess(l2Bytes, headBytes * 4, 0, 1);
  return ifLess(l2Bytes * 7, headBytes * 10, 1, isFarBelow);
}

AttendPlan choosePlan(const AttendShape &shape) {
  const Row &row = rowFor(shape);
  AttendPlan plan;
  plan.tiles = row.tiles;
  plan.step = row.step;
  plan.stages = row.stages;
  plan.query = row.query;
  plan.overlap = row.overlap;
  plan.store = row.store;
  plan.attendRegisters = row.attendRegisters;
  plan.loadRegisters = row.loadRegisters;
  plan.order = WorkOrder::Call;
  return plan;
}

} // namespace tessera
