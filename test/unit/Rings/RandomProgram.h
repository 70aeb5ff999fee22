// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small random `tile` programs over rings of notes. Two roles are made from one
// plan, each in a form of its own, so that many are right; slips make others
// wrong.
#ifndef TESSERA_TEST_UNIT_RINGS_RANDOMPROGRAM_H
#define TESSERA_TEST_UNIT_RINGS_RANDOMPROGRAM_H

#include "tessera/Oracle/Random.h"
#include "tessera/Simulator/Simulator.h"

#include <string>
#include <vector>

namespace tessera::test {

/// A kernel's text. Its parameters are those of ProgramCall.
std::string drawProgram(uint64_t seed);

/// What the programs are called with.
struct ProgramCall {
  static constexpr int64_t kLoads = 2, kMarks = 4;

  int64_t natural = 0;        ///< index, promised not to be negative
  int64_t number = 0;         ///< i32
  int64_t flags[2] = {};      ///< i1
  int32_t loads[kLoads] = {}; ///< promised not to be negative
  int32_t marks[kMarks] = {}; ///< written by the programs

  std::vector<sim::Argument> arguments();
  std::string describe() const;
};

/// Of numbers up to `most`, or down to -`most`.
ProgramCall drawCall(oracle::Random &random, int64_t most);

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_RINGS_RANDOMPROGRAM_H
