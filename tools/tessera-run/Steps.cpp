// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Steps.h"

#include "../RuntimeErrors.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Program/Bundle.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
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

//===----------------------------------------------------------------------===//
// Bundles
//===----------------------------------------------------------------------===//

Expected<std::vector<std::byte>> readBundle(StringRef path) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!file)
    return createStringError("--bundle: cannot read '" + path +
                             "': " + file.getError().message());
  std::span<const char> bytes((*file)->getBufferStart(),
                              (*file)->getBufferSize());
  std::span<const std::byte> all = std::as_bytes(bytes);
  return std::vector(all.begin(), all.end());
}

Expected<std::vector<program::Record>>
readRecords(std::span<const std::byte> bytes, bool isForHost) {
  auto bundle = asLLVM(program::Bundle::open(bytes));
  if (!bundle)
    return bundle.takeError();
  std::vector<program::Record> records;
  std::string chips;
  for (size_t i = 0; i < bundle->programCount(); ++i) {
    std::span<const std::byte> record = bundle->record(i);
    auto program = asLLVM(program::Program::open(record));
    if (!program)
      return program.takeError();
    if (program->isForHost() == isForHost)
      records.emplace_back(std::vector(record.begin(), record.end()));
    else if (!StringRef(chips).contains(program->chip()))
      chips += (chips.empty() ? "" : ", ") + std::string(program->chip());
  }
  if (!records.empty())
    return records;
  return createStringError("--target: all programs of the bundle are for " +
                           chips + "; choose that");
}

Error printExplanation(tessera_program *program, const Launches &launches) {
  char *text = nullptr;
  if (rt::Error error(tessera_program_explain(program, launches.get(),
                                              TESSERA_WORDS, &text));
      error)
    return asLLVM(error);
  outs() << text;
  tessera_text_destroy(text);
  return Error::success();
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
