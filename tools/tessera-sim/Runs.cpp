// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Runs.h"

#include "../OutputFile.h"
#include "tessera/Compiler/CommandLine.h"

#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace tessera {

static constexpr StringLiteral kTool = "tessera-sim";

int fail(const Twine &message) {
  errs() << kTool << ": " << message << '\n';
  return EXIT_FAILURE;
}

int failUsage(Error error) {
  return usageError(kTool, toString(std::move(error)));
}

int refuse(const rt::Error &error) {
  int code = fail(error.message());
  return error.code() == TESSERA_INVALID_ARGUMENT ? kExitUsage : code;
}

/// Text, or JSON if the name of the file says so.
static Error writeTrace(StringRef path, const sim::SimulationResult &result) {
  auto file = OutputFile::open(path == "text" ? "-" : path);
  if (!file)
    return file.takeError();
  if (path.ends_with(".json"))
    sim::printChromeTrace(file->os(), result.trace);
  else
    sim::printTrace(file->os(), result.trace);
  return OutputFile::keep(*file);
}

/// What one order of events has shown.
static int judge(const SimRequest &request, uint64_t seed,
                 const sim::SimulationResult &result,
                 function_ref<bool()> agrees) {
  for (const sim::Report &report : result.reports) {
    if (report.kind == sim::ReportKind::BadArgument)
      return usageError(kTool, report.text);
    sim::print(errs(), report);
  }
  if (!result.isClean())
    return fail("seed " + Twine(seed) + ": the kernel is wrong");
  if (!agrees())
    return fail("seed " + Twine(seed) + ": the results are not those of seed " +
                Twine(request.seed));
  return EXIT_SUCCESS;
}

int runAll(
    const SimRequest &request, int64_t resident,
    function_ref<rt::Expected<sim::SimulationResult>(const sim::Options &)> run,
    function_ref<bool()> agrees) {
  sim::SimulationResult result;
  int code = EXIT_SUCCESS;
  for (int64_t order = 0; order < request.interleavings; ++order) {
    sim::Options options;
    options.seed = request.seed + order;
    options.trace = !request.trace.empty();
    options.residentCtas = resident;
    rt::Expected<sim::SimulationResult> done = run(options);
    if (!done)
      return refuse(done.error());
    result = std::move(*done);
    code = judge(request, options.seed, result, agrees);
    if (code != EXIT_SUCCESS)
      break;
  }
  if (code == EXIT_SUCCESS)
    outs() << "nothing to report, seeds " << request.seed << " .. "
           << request.seed + request.interleavings - 1 << '\n';
  if (!request.trace.empty())
    if (Error error = writeTrace(request.trace, result))
      return fail(toString(std::move(error)));
  return code;
}

} // namespace tessera
