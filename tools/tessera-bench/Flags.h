// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line of tessera-bench, beyond what describes an attention.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_FLAGS_H
#define TESSERA_TOOLS_TESSERA_BENCH_FLAGS_H

#include "../OptionParsers.h"
#include "../SpecFlags.h"
#include "Inputs.h"
#include "Timing.h"

namespace tessera::bench {

/// What to do with each problem.
struct Plan {
  Spec spec; ///< of the kernels; head dimension, capacity and sizes are theirs
  std::vector<Problem> problems;
  std::vector<std::string> plans; ///< one row each; "": the compiler's choice
  InputOptions inputs;
  TimingOptions timing;
  bool withTiming = true, withCheck = false;
  bool threadReleases = false; ///< for a race checker
  int64_t bitwiseLaunches = 0;
};

/// Declares the flags; one object lives while the command line is parsed.
class Flags {
public:
  Flags();

  /// An error is wrong usage.
  llvm::Expected<Plan> plan() const;

  llvm::cl::opt<bool> listsModels;
  llvm::cl::opt<std::string> ptxas, out, ours;
  llvm::cl::list<std::string> merges;
  Number gpu;

private:
  llvm::Expected<std::vector<Problem>> problems(Spec &spec) const;
  llvm::Error adjust(Problem &problem, const Spec &spec) const;

  SpecFlags spec;
  llvm::cl::list<std::string> shapes, modelNames, plans;
  llvm::cl::opt<std::string> lists;
  llvm::cl::opt<bool> unsorted, ragged, checks, rested, withoutTiming,
      threadReleases;
  Number bitwise, launches, group, seed;
  llvm::cl::opt<double> queryScale;
  Choice<Layout> layout;
};

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_FLAGS_H
