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
      have been waited for and what was read into registers has arrived;
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

def CompleteReleasesPass : Pass<"tile-complete-releases"> {
  let summary = "Let releases wait for what nothing shows to have arrived";
  let description = [{
    A load from a stage into registers goes on behind the operation that starts it.
    Where a release is not shown, on every path to it, to come after what was read
    has arrived, the read is named in it, and a remark `[release-waits]` says so at
    the release: a product, a branch or a store that uses what was read, and comes
    before, makes the wait unnecessary.

    ```
    %q = tile.load_fragment %s  ==>  %q = tile.load_fragment %s
    tile.release %s                  tile.release %s after(%q)
    ```

    A read whose value is not at hand, as it was made in a branch before, makes the
    release `fenced`. The lowering to NVVM does the same.
  }];
  let statistics = [
    Statistic<"completed", "completed", "Releases that now wait">];
}

#endif // TILE_TRANSFORMS_PASSES_TD
