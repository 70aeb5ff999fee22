// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small program that is right, to be broken: tiles that have outgrown
// something are marked in memory, and done again when all are done.
#ifndef TESSERA_TEST_UNIT_SIMULATOR_REDO_H
#define TESSERA_TEST_UNIT_SIMULATOR_REDO_H

#include "tessera/Simulator/Simulator.h"

#include <array>

namespace tessera::test {

extern const char *const kRedo;

class RedoCall {
public:
  static constexpr int64_t kTiles = 5;

  /// k of zeros, outgrown [kTiles], marks [kTiles].
  std::vector<sim::Argument> arguments();

private:
  std::vector<uint16_t> k = std::vector<uint16_t>(kTiles * 64 * 64, 0);
  std::array<int32_t, kTiles> outgrown{0, 2, 0, 1, 0}, marks{};
};

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_SIMULATOR_REDO_H
