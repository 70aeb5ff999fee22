// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes over the `tile` dialect.

#ifndef TILE_TRANSFORMS_PASSES_TD
#define TILE_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def CheckRingsPass : Pass<"tile-check-rings"> {
  let summary = "Decide whether the roles of each kernel keep to its rings";
  let description = [{
    Changes nothing. For every ring of every `tile.kernel`, and for any trip
    counts, list lengths and timing, it decides whether

    - every stage is filled once, waited for and released once by each reader,
      read only in between, and released only when the products that read it
      have been waited for;
    - one agent fills each lane, and as many agents of one role read it as the
      ring's type says;
    - both sides go round equally often, and nobody waits for ever with the
      number of stages that the ring has.

    It answers *holds*, and says nothing; *broken*, an error at the ring with
    notes on how it comes to that; or *cannot decide*, with a note at what it
    does not understand, which is an error unless `unknown` says otherwise.

    Scalars are followed as terms over kernel arguments, the CTA's number,
    memory and the notes of stages. Two roles agree on a trip count or a
    condition when they compute the same term. It is taken for granted that
    memory which the kernel does not write does not change while it runs, that
    arguments do not overlap, and that integers do not overflow.
  }];
  let options = [
    Option<"unknown", "unknown", "UnknownRings", "UnknownRings::Error",
           "what to do about a ring that it cannot decide about",
           [{::llvm::cl::values(
             clEnumValN(UnknownRings::Error, "error", "fail"),
             clEnumValN(UnknownRings::Warn, "warn", "warn, and go on"),
             clEnumValN(UnknownRings::Ignore, "ignore", "say nothing"))}]>];
  let statistics = [
    Statistic<"holding", "holding", "Rings that hold">,
    Statistic<"undecided", "undecided", "Rings that were not decided about">];
}

#endif // TILE_TRANSFORMS_PASSES_TD
