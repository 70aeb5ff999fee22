// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Plan.h"
#include "tessera/Conversion/TileToNVVM/Passes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera;

static constexpr const nvptx::ChipLimits &kChip = nvptx::kLimits;
static_assert(tile::kRows == kChip.productRows,
              "tensors lie in registers as products want them");
static_assert(tile::kMostRows == kChip.boxElements,
              "a stage is filled by one copy a panel");
static_assert(tile::kLeastRegisters == kChip.leastBudget &&
                  tile::kMostRegisters == kChip.mostBudget,
              "budgets are what setmaxnreg takes");
static_assert(kChip.warps / kChip.warpgroupWarps < kChip.namedBarriers,
              "every warpgroup has a barrier beside the whole CTA's");

static LogicalResult placeRoles(tile::KernelOp kernel, KernelPlan &plan) {
  int64_t registers = 0, barriers = 1; // 0 is the whole CTA's
  for (auto role : kernel.getBody().getOps<tile::RoleOp>()) {
    int64_t first = plan.warps;
    plan.warps +=
        llvm::alignTo(role.getAgents() * role.getWarps(), kWarpgroupWarps);
    plan.roles.push_back({role, first, plan.warps, barriers});
    if (role.getEach() == tile::AgentKind::Warpgroup)
      barriers += role.getAgents();
    registers += (plan.warps - first) * kWarpThreads *
                 int64_t(role.getRegisters().value_or(0));
  }
  if (plan.warps > kChip.warps)
    return kernel.emitOpError("has ") << plan.warps << " warps; an SM runs "
                                      << kChip.warps << " in one CTA";
  // What setmaxnreg hands out is what the CTA began with.
  int64_t pool = plan.entryRegisters() * plan.threads();
  if (registers > pool)
    return kernel.emitOpError("gives its roles ")
           << registers << " registers; a CTA of " << plan.threads()
           << " threads begins with " << pool;
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

static int64_t countNotes(tile::MakeRingOp ring) {
  size_t most = 0;
  for (Operation *user : ring->getUsers())
    if (auto acquire = dyn_cast<tile::AcquireOp>(user))
      most = std::max<size_t>(most, acquire.getNotes().size());
  return most;
}

static LogicalResult placeRings(tile::KernelOp kernel, KernelPlan &plan,
                                bool threadReleases) {
  auto place = [&](int64_t bytes, int64_t count) {
    int64_t first = plan.sharedBytes;
    plan.sharedBytes += count * llvm::alignTo(bytes, kChip.swizzleBytes);
    return first;
  };
  for (auto ring : kernel.getBody().getOps<tile::MakeRingOp>()) {
    FailureOr<tile::RoleOp> reader = findReader(ring);
    if (failed(reader))
      return failure();
    tile::RingType type = ring.getRing().getType();
    RingPlan &ringPlan = plan.rings[ring];
    ringPlan.emptyArrivals = type.getReaders() * int64_t(reader->getWarps());
    if (threadReleases && reader->getEach() != tile::AgentKind::Thread)
      ringPlan.emptyArrivals *= kWarpThreads;
    ringPlan.notesPerStage = countNotes(ring);
    if (tile::BufferType buffer = type.getBuffer())
      ringPlan.buffers =
          place(buffer.getBytes(), type.getLanes() * type.getStages());
  }
  for (auto op : kernel.getBody().getOps<tile::MakeStagingOp>()) {
    tile::StagingType type = op.getStaging().getType();
    plan.staging[op] = place(type.getBuffer().getBytes(), type.getLanes());
  }
  for (auto &[ring, ringPlan] : plan.rings) {
    tile::RingType type = tile::MakeRingOp(ring).getRing().getType();
    int64_t stages = type.getLanes() * type.getStages();
    ringPlan.barriers = plan.sharedBytes;
    ringPlan.notes = ringPlan.barriers + 16 * stages;
    plan.sharedBytes =
        llvm::alignTo(ringPlan.notes + 4 * ringPlan.notesPerStage * stages, 16);
  }
  if (plan.sharedBytes > kChip.sharedBytes)
    return kernel.emitOpError("needs ")
           << plan.sharedBytes << " bytes of shared memory; an SM has "
           << kChip.sharedBytes << ", take fewer stages";
  return success();
}

/// Where a role has come to in a ring is kept once, so all its stages are of
/// one lane.
static LogicalResult checkLanes(tile::RoleOp role) {
  llvm::MapVector<std::pair<Value, int>, std::pair<Value, Operation *>> first;
  auto meet = [&](Operation *op, Value ring, bool fills, Value lane) {
    auto [entry, isNew] = first.insert({{ring, fills}, {lane, op}});
    if (isNew || entry->second.first == lane)
      return WalkResult::advance();
    op->emitOpError("takes a second lane of a ring; a role keeps to one, and "
                    "names it by one value (run CSE), or has more rings")
            .attachNote(entry->second.second->getLoc())
        << "the first is taken here";
    return WalkResult::interrupt();
  };
  return failure(role.walk([&](Operation *op) {
                       if (auto acquire = dyn_cast<tile::AcquireOp>(op))
                         return meet(op, acquire.getRing(), true,
                                     acquire.getLane());
                       if (auto wait = dyn_cast<tile::WaitOp>(op))
                         return meet(op, wait.getRing(), false, wait.getLane());
                       return WalkResult::advance();
                     })
                     .wasInterrupted());
}

FailureOr<KernelPlan> tessera::planKernel(tile::KernelOp kernel,
                                          bool threadReleases) {
  for (auto role : kernel.getBody().getOps<tile::RoleOp>())
    if (failed(checkLanes(role)))
      return failure();
  KernelPlan plan;
  if (failed(placeRoles(kernel, plan)) ||
      failed(placeRings(kernel, plan, threadReleases)))
    return failure();
  return plan;
}

FailureOr<LaunchNeeds> tessera::launchNeeds(tile::KernelOp kernel,
                                            bool threadReleases) {
  FailureOr<KernelPlan> plan = planKernel(kernel, threadReleases);
  if (failed(plan))
    return failure();
  return LaunchNeeds{plan->threads(), plan->sharedBytes};
}
