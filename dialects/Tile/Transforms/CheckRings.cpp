// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Says of every ring whether it holds.

#include "Tile/Analysis/Rings/Rings.h"
#include "Tile/Transforms/Passes.h"

namespace tessera::tile {
#define GEN_PASS_DEF_CHECKRINGSPASS
#include "Tile/Transforms/Passes.h.inc"
} // namespace tessera::tile

using namespace mlir;
using namespace tessera::tile;

namespace {

class CheckRingsPass
    : public tessera::tile::impl::CheckRingsPassBase<CheckRingsPass> {
public:
  using CheckRingsPassBase::CheckRingsPassBase;

  void runOnOperation() override {
    getOperation()->walk([&](KernelOp kernel) {
      SmallVector<rings::Finding> findings = rings::check(kernel);
      for (const rings::Finding &finding : findings)
        report(kernel, finding);
      auto rings = kernel.getBody().getOps<MakeRingOp>();
      if (findings.empty())
        holding += std::distance(rings.begin(), rings.end());
    });
    markAllAnalysesPreserved();
  }

private:
  void report(KernelOp kernel, const rings::Finding &finding) {
    bool isBroken = finding.verdict == rings::Verdict::Broken;
    undecided += !isBroken;
    if (!isBroken && unknown == UnknownRings::Ignore)
      return;
    bool isError = isBroken || unknown == UnknownRings::Error;
    rings::report(kernel, finding, isError);
    if (isError)
      signalPassFailure();
  }
};

} // namespace
