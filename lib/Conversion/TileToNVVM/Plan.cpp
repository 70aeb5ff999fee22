// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Plan.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera;

/// What a CTA of sm_90a may have (CUDA programming guide, compute capability
/// 9.0).
static constexpr int64_t kMaxSharedBytes = 227 * 1024;
static constexpr int64_t kMaxWarps = 32;
static constexpr int64_t kRegisters = 64 * 1024;

static LogicalResult placeRoles(tile::KernelOp kernel, KernelPlan &plan) {
  int64_t registers = 0;
  for (auto role : kernel.getBody().getOps<tile::RoleOp>()) {
    int64_t first = plan.warps;
    plan.warps +=
        llvm::alignTo(role.getAgents() * role.getWarps(), kWarpgroupWarps);
    plan.roles.push_back({role, first, plan.warps});
    registers += (plan.warps - first) * kWarpThreads *
                 int64_t(role.getRegisters().value_or(0));
  }
  if (plan.warps > kMaxWarps)
    return kernel.emitOpError("has ")
           << plan.warps << " warps; an SM runs " << kMaxWarps << " in one CTA";
  if (registers > kRegisters)
    return kernel.emitOpError("gives its roles ")
           << registers << " registers; an SM has " << kRegisters;
  return success();
}

/// The one role that waits for the ring's stages.
static FailureOr<tile::RoleOp> findReader(tile::MakeRingOp ring) {
  tile::RoleOp reader;
  for (Operation *user : ring->getUsers()) {
    if (!isa<tile::WaitOp>(user))
      continue;
    auto role = user->getParentOfType<tile::RoleOp>();
    if (reader && reader != role)
      return ring.emitOpError("is waited for by two roles, @")
             << reader.getSymName() << " and @" << role.getSymName()
             << "; make a ring for each";
    reader = role;
  }
  if (!reader)
    return ring.emitOpError("is read by no role; add a tile.wait");
  return reader;
}

static LogicalResult placeRings(tile::KernelOp kernel, KernelPlan &plan) {
  for (auto ring : kernel.getBody().getOps<tile::MakeRingOp>()) {
    FailureOr<tile::RoleOp> reader = findReader(ring);
    if (failed(reader))
      return failure();
    tile::RingType type = ring.getRing().getType();
    RingPlan &place = plan.rings[ring];
    place.emptyArrivals = type.getReaders() * int64_t(reader->getWarps());
    place.buffers = plan.sharedBytes;
    if (tile::BufferType buffer = type.getBuffer())
      plan.sharedBytes += type.getLanes() * type.getStages() *
                          llvm::alignTo(buffer.getBytes(), 1024);
  }
  for (auto &[ring, place] : plan.rings) {
    tile::RingType type = tile::MakeRingOp(ring).getRing().getType();
    int64_t stages = type.getLanes() * type.getStages();
    place.barriers = plan.sharedBytes;
    place.notes = place.barriers + 16 * stages;
    plan.sharedBytes = llvm::alignTo(place.notes + 4 * stages, 16);
  }
  if (plan.sharedBytes > kMaxSharedBytes)
    return kernel.emitOpError("needs ")
           << plan.sharedBytes << " bytes of shared memory; an SM has "
           << kMaxSharedBytes << ", take fewer stages";
  return success();
}

FailureOr<KernelPlan> tessera::planKernel(tile::KernelOp kernel) {
  KernelPlan plan;
  if (failed(placeRoles(kernel, plan)) || failed(placeRings(kernel, plan)))
    return failure();
  return plan;
}
