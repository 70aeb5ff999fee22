// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Steps.h"

#include "tessera/Compiler/CommandLine.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"

#include <sys/resource.h>

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace tessera {

static constexpr StringLiteral kTool = "tessera-run";

int fail(const Twine &message) {
  errs() << kTool << ": " << message << '\n';
  return EXIT_FAILURE;
}

int failUsage(Error error) {
  return usageError(kTool, toString(std::move(error)));
}

int refuse(tessera_error *error) {
  bool usage = tessera_error_code(error) == TESSERA_INVALID_ARGUMENT;
  int code = fail(tessera_error_message(error));
  tessera_error_destroy(error);
  return usage ? kExitUsage : code;
}

void showProgress(unsigned done, unsigned all, Clock::time_point start) {
  bool watched = sys::Process::StandardErrIsDisplayed();
  if (!watched || Clock::now() - start < std::chrono::seconds(1))
    return;
  unsigned filled = all ? 30 * done / all : 30;
  errs() << "\r[" << std::string(filled, '#') << std::string(30 - filled, ' ')
         << "] " << done << " of " << all << (done == all ? "\n" : "");
}

void printCompileTime(double seconds) {
  outs() << format("compile  %.1f ms\n", seconds * 1e3);
}

void printTimes(std::vector<double> seconds) {
  sort(seconds);
  outs() << format("time     %.3f ms median of %zu, %.3f ms best\n",
                   seconds[seconds.size() / 2] * 1e3, seconds.size(),
                   seconds.front() * 1e3);
}

void printDensity(const Arguments &arguments) {
  if (std::optional<double> density = arguments.density())
    outs() << format("density  %.1f %%\n", *density * 100);
}

void printMemory() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  outs() << format("memory   %.1f MiB at the peak\n", usage.ru_maxrss / 1024.0);
}

int writeResults(const Call &call, const StringMap<std::string> &results) {
  if (Error error = call.writeResults(results))
    return failUsage(std::move(error));
  return EXIT_SUCCESS;
}

} // namespace tessera
