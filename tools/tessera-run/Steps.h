// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Steps that a run takes on every target.
#ifndef TESSERA_TOOLS_TESSERA_RUN_STEPS_H
#define TESSERA_TOOLS_TESSERA_RUN_STEPS_H

#include "../Call.h"
#include "tessera/Runtime/Program.h"

#include "mlir/IR/BuiltinOps.h"

#include <chrono>
#include <string>

namespace tessera {

/// What the user wants run.
struct RunRequest : CallRequest {
  int64_t repeat = 1;   ///< calls to time
  int64_t gpu = 0;      ///< which one
  std::string plan;     ///< how GPU kernels are built
  std::string bundle;   ///< file to launch from; empty: none
  bool explain = false; ///< say what was chosen, and why
};

// These change `module`, print what they find and return what main returns.
int runOnHost(mlir::ModuleOp module, const RunRequest &request);
int runOnGpu(mlir::ModuleOp module, const RunRequest &request);
/// Of a bundle that has been compiled before.
int runBundleOnHost(const RunRequest &request);
int runBundleOnGpu(const RunRequest &request);

llvm::Expected<std::vector<std::byte>> readBundle(llvm::StringRef path);
/// Of its programs for the host, or of the others.
llvm::Expected<std::vector<program::Record>>
readRecords(std::span<const std::byte> bundle, bool isForHost);

llvm::Error printExplanation(tessera_program *program,
                             const Launches &launches);

/// Prints `tessera-run: <message>`; EXIT_FAILURE.
int fail(const llvm::Twine &message);
/// The same for wrong usage, in one line; kExitUsage.
int failUsage(llvm::Error error);
/// A call was refused; mostly for arguments that the user chose.
int refuse(tessera_error *error);

/// Draws a line anew, when somebody watches and it takes long.
void showProgress(unsigned done, unsigned all,
                  std::chrono::steady_clock::time_point start);
void printCompileTime(double seconds);
void printTimes(std::vector<double> seconds);
void printDensity(const Arguments &arguments);
void printMemory();
int writeResults(const Call &call, const llvm::StringMap<std::string> &results);

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_RUN_STEPS_H
