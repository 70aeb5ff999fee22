// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a kernel's warps, stages and barriers lie, decided before anything is
// lowered.

#ifndef TESSERA_LIB_CONVERSION_TILETONVVM_PLAN_H
#define TESSERA_LIB_CONVERSION_TILETONVVM_PLAN_H

#include "tessera/Target/NVPTX/Chips.h"

#include "Tile/IR/Tile.h"
#include "llvm/ADT/MapVector.h"

namespace tessera {

constexpr int64_t kWarpThreads = nvptx::kLimits.warpThreads;
constexpr int64_t kWarpgroupWarps = nvptx::kLimits.warpgroupWarps;

/// The warps of a role: `agents` times `warps` from `firstWarp` on; those up to
/// `endWarp` are idle. A warpgroup meets at a named barrier.
struct RolePlan {
  tile::RoleOp role;
  int64_t firstWarp, endWarp;
  int64_t firstBarrier = 0; ///< of agent 0

  bool isOneThread() const {
    return tile::RoleOp(role).getEach() == tile::AgentKind::Thread;
  }
};

/// Bytes from the start of shared memory: stages, then mbarrier pairs (full,
/// empty), then notes, for every lane and stage.
struct RingPlan {
  int64_t buffers = 0, barriers = 0, notes = 0;
  int64_t notesPerStage = 0;
  int64_t emptyArrivals = 0; ///< of those that release each stage
};

struct KernelPlan {
  llvm::SmallVector<RolePlan> roles;
  llvm::MapVector<tile::MakeRingOp, RingPlan> rings;
  /// Where the buffers of the lanes begin, one behind the other.
  llvm::MapVector<tile::MakeStagingOp, int64_t> staging;
  int64_t warps = 0, sharedBytes = 0;

  int64_t threads() const { return warps * kWarpThreads; }
  /// Of a thread, before roles change it: the register file of an SM shared out
  /// evenly, as far as an instruction can name registers.
  int64_t entryRegisters() const {
    return std::min<int64_t>(nvptx::kLimits.registers /
                                 std::max<int64_t>(threads(), 1) / 8 * 8,
                             nvptx::kLimits.registersPerThread);
  }
};

/// Fails, with an error, where the kernel does not fit an SM or a ring is not
/// between two roles. Stages are released by warps or, if so wanted, threads.
mlir::FailureOr<KernelPlan> planKernel(tile::KernelOp kernel,
                                       bool threadReleases);

} // namespace tessera

#endif // TESSERA_LIB_CONVERSION_TILETONVVM_PLAN_H
