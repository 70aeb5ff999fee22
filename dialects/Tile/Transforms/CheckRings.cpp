// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Says of every ring whether it holds.

#include "RingSearch.h"
#include "Tile/Transforms/Passes.h"

namespace tessera::tile {
#define GEN_PASS_DEF_CHECKRINGSPASS
#include "Tile/Transforms/Passes.h.inc"
} // namespace tessera::tile

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

/// At most one for each ring.
static SmallVector<Finding> check(KernelOp kernel) {
  Terms terms;
  Program program(kernel, terms);
  SmallVector<Finding> findings;
  SmallVector<Network> networks = program.findNetworks(findings);
  llvm::DenseSet<Operation *> seen;
  for (const Network &network : networks) {
    // Lanes of a ring are mostly wrong in the same way.
    if (llvm::any_of(network.lanes, [&](const Lane &lane) {
          return seen.contains(lane.ring);
        }))
      continue;
    std::optional<Finding> finding = search(program, network);
    if (!finding)
      continue;
    if (!finding->ring)
      finding->ring = network.lanes[0].ring;
    seen.insert(finding->ring);
    findings.push_back(*finding);
  }
  return findings;
}

namespace {

class CheckRingsPass
    : public tessera::tile::impl::CheckRingsPassBase<CheckRingsPass> {
public:
  using CheckRingsPassBase::CheckRingsPassBase;

  void runOnOperation() override {
    getOperation()->walk([&](KernelOp kernel) {
      SmallVector<Finding> findings = check(kernel);
      for (const Finding &finding : findings)
        report(kernel, finding);
      auto rings = kernel.getBody().getOps<MakeRingOp>();
      if (findings.empty())
        holding += std::distance(rings.begin(), rings.end());
    });
    markAllAnalysesPreserved();
  }

private:
  void report(KernelOp kernel, const Finding &finding);
};

} // namespace

void CheckRingsPass::report(KernelOp kernel, const Finding &finding) {
  bool isBroken = finding.verdict == Verdict::Broken;
  undecided += !isBroken;
  if (!isBroken && unknown == UnknownRings::Ignore)
    return;
  Operation *at =
      finding.ring ? MakeRingOp(finding.ring).getOperation() : kernel;
  bool isError = isBroken || unknown == UnknownRings::Error;
  InFlightDiagnostic diag = isError ? at->emitOpError() : at->emitWarning();
  if (isError)
    signalPassFailure();
  diag << (isBroken ? "is broken: " : "may be broken, cannot decide: ")
       << finding.text;
  for (const auto &[location, text] : finding.notes)
    diag.attachNote(location) << text;
}
