// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names in each release the reads that nothing shows to have arrived.

#include "Tile/Analysis/Reads.h"
#include "Tile/Transforms/Passes.h"
#include "mlir/IR/Dominance.h"
#include "llvm/ADT/SetVector.h"

namespace tessera::tile {
#define GEN_PASS_DEF_COMPLETERELEASESPASS
#include "Tile/Transforms/Passes.h.inc"
} // namespace tessera::tile

using namespace mlir;
using namespace tessera::tile;

static void complete(const EarlyRelease &early,
                     const DominanceInfo &dominance) {
  ReleaseOp release = early.release;
  InFlightDiagnostic remark =
      release.emitRemark("[release-waits] waits for what was read from the "
                         "stage; let a product, a branch or a store use it "
                         "before");
  llvm::SetVector<Operation *> all(early.reads.begin(), early.reads.end());
  all.insert_range(early.older);
  for (Operation *read : all)
    remark.attachNote(read->getLoc()) << "read here";
  auto isAtHand = [&](Operation *read) {
    return dominance.properlyDominates(read, release);
  };
  if (!early.older.empty() || !llvm::all_of(early.reads, isAtHand))
    return release.setFenced(true);
  for (Operation *read : early.reads)
    release.getReadsMutable().append(read->getResults());
}

int64_t tessera::tile::completeReleases(KernelOp kernel) {
  DominanceInfo dominance(kernel);
  SmallVector<EarlyRelease> releases = findEarlyReleases(kernel);
  for (const EarlyRelease &early : releases)
    complete(early, dominance);
  return releases.size();
}

namespace {

class CompleteReleasesPass
    : public tessera::tile::impl::CompleteReleasesPassBase<
          CompleteReleasesPass> {
public:
  using CompleteReleasesPassBase::CompleteReleasesPassBase;

  void runOnOperation() override {
    getOperation()->walk(
        [&](KernelOp kernel) { completed += completeReleases(kernel); });
  }
};

} // namespace
