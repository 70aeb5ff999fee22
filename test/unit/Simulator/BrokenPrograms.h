// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs that break a rule by a slip of a line or two.
#ifndef TESSERA_TEST_UNIT_SIMULATOR_BROKENPROGRAMS_H
#define TESSERA_TEST_UNIT_SIMULATOR_BROKENPROGRAMS_H

#include "tessera/Simulator/Simulator.h"

#include <set>
#include <string>
#include <vector>

namespace tessera::test {

struct Edit {
  const char *from, *to;
};

struct Broken {
  const char *name;
  const char *what;    ///< is wrong, for docs/tile-checks.md
  const char *program; ///< a right one
  std::vector<Edit> edits;
  /// What the simulator may report, by the order of events; none if it finds
  /// nothing.
  std::set<sim::ReportKind> kinds;
  const char *text; ///< part of what is said, by it or by the verifier

  /// The program with each edit made once, where its text stands first.
  std::string edited() const;
};

/// What one role does to its stages and products.
const std::vector<Broken> &brokenStages();
/// How roles go together, and what is wrong with a program besides.
const std::vector<Broken> &brokenRoles();

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_SIMULATOR_BROKENPROGRAMS_H
