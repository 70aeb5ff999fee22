// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a user wants simulated, and what is the same for a function and for a
// kernel alone: orders of events, one after the other.
#ifndef TESSERA_TOOLS_TESSERA_SIM_RUNS_H
#define TESSERA_TOOLS_TESSERA_SIM_RUNS_H

#include "../Call.h"
#include "KernelArguments.h"
#include "SourceFile.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>

namespace tessera {

struct SimRequest {
  int64_t seed = 0, interleavings = 1;
  int64_t resident = 0; ///< CTAs that run at a time; 0: as usual
  std::string trace;    ///< "text", or a file; empty: none

  // Of a kernel alone.
  KernelChoices kernel;
  int64_t grid = 1; ///< CTAs

  // Of functions.
  CallRequest call;
  std::string plan; ///< how kernels are built; empty: as the compiler chooses
  int64_t multiprocessors = 132, l2Bytes = int64_t(50) << 20;
  int64_t workspaceBytes = -1; ///< below 0: the best there is
};

// Each prints what it finds and returns what main returns.
int runKernel(const KernelSource &source, const SimRequest &request);
/// Compiles `module`, in place.
int runFunction(mlir::ModuleOp module, const SimRequest &request);

/// Prints `tessera-sim: <message>`; EXIT_FAILURE.
int fail(const llvm::Twine &message);
/// The same for wrong usage, in one line; kExitUsage.
int failUsage(llvm::Error error);

/// A call was refused; mostly for arguments that the user chose.
int refuse(const rt::Error &error);

/// Calls `run` with one order of events after the other until something is
/// reported, or `agrees` says no: results are not those of the first order.
/// Writes the trace of the last.
int runAll(const SimRequest &request, int64_t resident,
           llvm::function_ref<
               rt::Expected<sim::SimulationResult>(const sim::Options &)>
               run,
           llvm::function_ref<bool()> agrees);

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_SIM_RUNS_H
