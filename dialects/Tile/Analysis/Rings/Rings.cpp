// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Rings.h"
#include "Search.h"

using namespace mlir;
using namespace tessera::tile;
using namespace tessera::tile::rings;

SmallVector<Finding> rings::check(KernelOp kernel) {
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

void rings::report(KernelOp kernel, const Finding &finding, bool isError) {
  Operation *at =
      finding.ring ? MakeRingOp(finding.ring).getOperation() : kernel;
  InFlightDiagnostic diag = isError ? at->emitOpError() : at->emitWarning();
  diag << (finding.verdict == Verdict::Broken
               ? "is broken: "
               : "may be broken, cannot decide: ")
       << finding.text;
  for (const auto &[location, text] : finding.notes)
    diag.attachNote(location) << text;
}
