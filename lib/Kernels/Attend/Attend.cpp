// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recipe: what it computes, the kernel around its roles, and the launch.

#include "Attend.h"

#include "AttendKernel.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

//===----------------------------------------------------------------------===//
// What it computes
//===----------------------------------------------------------------------===//

static AttendShape shapeOf(bsa::AttendOp op) {
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  auto map = cast<bsa::BlockMapType>(op.getMap().getType());
  AttendShape shape;
  shape.element = cast<FloatType>(query.getElementType());
  shape.headDim = query.getShape().back();
  shape.queryBlock = map.getQueryBlock();
  shape.keyBlock = map.getKeyBlock();
  shape.capacity = map.getCapacity();
  return shape;
}

std::string kernels::whyNotAttend(Operation *op, StringRef chip) {
  auto attend = dyn_cast<bsa::AttendOp>(op);
  if (!attend)
    return "computes bsa.attend alone";
  if (chip != "sm_90a")
    return "is written for sm_90a";
  AttendShape shape = shapeOf(attend);
  auto output = cast<RankedTensorType>(attend.getOutput().getType());
  if (output.getElementType() != shape.element)
    return llvm::formatv("gives the query's {0}, not {1}", shape.element,
                         output.getElementType());
  return toString(checkShape(shape));
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

static Ring makeRing(KernelBuilder &b, StringRef name, int64_t stages,
                     tile::BufferType buffer, int64_t lanes, int64_t readers) {
  auto type =
      tile::RingType::get(b.getContext(), stages, buffer, lanes, readers);
  return named(name, Ring(b, tile::MakeRingOp::create(b, type)));
}

static void makeRings(AttendKernel &kernel) {
  const AttendShape &shape = kernel.shape;
  const AttendPlan &plan = kernel.plan;
  KernelBuilder &b = kernel.b;
  int64_t readers = kernel.warpgroups();
  kernel.keys =
      makeRing(b, "kv", plan.stages, kernel.tileOf(plan.step, shape.headDim),
               plan.tiles, readers);
  if (plan.query != QueryPlan::Ring)
    kernel.query = makeRing(b, "queries", 1,
                            kernel.tileOf(shape.queryBlock, shape.headDim),
                            plan.tiles, readers);
  kernel.work = makeRing(b, "work", 2, {}, plan.tiles, readers);
  for (int64_t part = 0; part < readers; ++part)
    kernel.outgrown.push_back(makeRing(b, "outgrown", 1, {}, plan.tiles, 1));
  auto staging = tile::StagingType::get(b.getContext(),
                                        kernel.tileOf(tile::kRows, plan.store),
                                        plan.tiles * readers);
  kernel.staging = tile::MakeStagingOp::create(b, staging);
  setName(kernel.staging, "staging");
}

/// The kernel for one order of tiles, and its launch.
static void launchKernel(LaunchSite &site, const AttendCall &call,
                         const AttendShape &shape, const AttendPlan &plan) {
  KernelScope scope(site, ("attend_" + nameOf(plan.order)).str());
  scope.describe(print(plan));
  AttendKernel kernel{call, shape, plan, scope, scope.b};
  makeRings(kernel);
  buildLoadRole(kernel);
  buildAttendRole(kernel);
  // Of a wave, CTAs wait for one another.
  scope.launch(scope.persistentGrid(call.tiles, plan.tiles),
               /*isCooperative=*/plan.order == WorkOrder::Wave);
}

LogicalResult kernels::buildAttend(LaunchSite &site, Operation *op,
                                   StringRef text) {
  auto attend = cast<bsa::AttendOp>(op);
  AttendShape shape = shapeOf(attend);
  llvm::Expected<AttendPlan> plan = parsePlan(text, choosePlan(shape));
  llvm::Error refused = plan ? checkPlan(shape, *plan) : plan.takeError();
  if (refused)
    return op->emitOpError() << toString(std::move(refused));
  AttendCall call(site, attend, shape);
  if (plan->order != WorkOrder::Call)
    return launchKernel(site, call, shape, *plan), success();
  SmallVector<WorkOrder> orders = ordersFor(shape);
  Extent l2Bytes = site.device(tile::DeviceNumber::L2Bytes);
  site.choose(orderAt(shape, call.keyLength, l2Bytes), int64_t(orders.size()),
              [&](int64_t way) {
                plan->order = orders[way];
                launchKernel(site, call, shape, *plan);
              });
  return success();
}
