// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Facts that look possible may contradict each other: intervals say little of
// products, quotients and bits. So nothing is called broken before numbers have
// been found by which the roles come to it.

#ifndef TILE_ANALYSIS_RINGS_WITNESS_H
#define TILE_ANALYSIS_RINGS_WITNESS_H

#include "State.h"

namespace tessera::tile::rings {

struct Witness {
  bool exists = false;
  /// If not: a term that nobody can compute, or null.
  Ref unclear = nullptr;
};

/// Tries numbers for what the caller chooses: arguments, what memory holds, the
/// grid. Those that exist may not be found. `stores` are all that happened,
/// with nothing forgotten.
Witness findWitness(Terms &terms, llvm::ArrayRef<Fact> facts,
                    llvm::ArrayRef<Store> stores);

} // namespace tessera::tile::rings

#endif // TILE_ANALYSIS_RINGS_WITNESS_H
