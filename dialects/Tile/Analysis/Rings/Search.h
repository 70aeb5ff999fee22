// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Looks at all that a network of agents can do.

#ifndef TILE_ANALYSIS_RINGS_SEARCH_H
#define TILE_ANALYSIS_RINGS_SEARCH_H

#include "Program.h"

namespace tessera::tile::rings {

/// None if nothing goes wrong, however often loops go round. Else what does, or
/// why it cannot be told.
std::optional<Finding> search(const Program &program, const Network &network);

} // namespace tessera::tile::rings

#endif // TILE_ANALYSIS_RINGS_SEARCH_H
