// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run on this machine's processor.
#include "../RuntimeErrors.h"
#include "Steps.h"
#include "tessera/Compiler/HostBundle.h"

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace tessera {

/// Seconds of each call.
static Expected<std::vector<double>> timeRuns(Launches &launches,
                                              int64_t repeat) {
  std::vector<double> seconds;
  Clock::time_point start = Clock::now();
  for (int64_t call = 0; call < repeat; ++call) {
    Clock::time_point begin = Clock::now();
    if (rt::Error error = launches.run(nullptr, nullptr, 0))
      return asLLVM(error);
    seconds.push_back(
        std::chrono::duration<double>(Clock::now() - begin).count());
    showProgress(call + 1, repeat, start);
  }
  return seconds;
}

/// Calls the function of the bundle and prints what that took.
static int runProgram(std::span<const std::byte> bundle,
                      const RunRequest &request, Call &call) {
  auto context = asLLVM(Context::host());
  if (!context)
    return fail(toString(context.takeError()));
  auto library = asLLVM(Library::openBytes(bundle));
  if (!library)
    return fail(toString(library.takeError()));
  auto program = asLLVM(library->find(*context, {call.program.function(), {}}));
  if (!program)
    return fail(toString(program.takeError()));
  auto launches = Launches::prepare(*program, call.arguments.pack());
  if (!launches)
    return refuse(launches.takeError().release());
  if (request.explain)
    if (Error error = printExplanation(*program, *launches))
      return fail(toString(std::move(error)));
  auto seconds = timeRuns(*launches, request.repeat);
  if (!seconds)
    return fail(toString(seconds.takeError()));
  printTimes(std::move(*seconds));
  printDensity(call.arguments);
  printMemory();
  return writeResults(call, request.results);
}

int runBundleOnHost(const RunRequest &request) {
  auto bundle = readBundle(request.bundle);
  if (!bundle)
    return failUsage(bundle.takeError());
  auto records = readRecords(*bundle, /*isForHost=*/true);
  if (!records)
    return failUsage(records.takeError());
  auto call = Call::choose(*records, request);
  if (!call)
    return failUsage(call.takeError());
  return runProgram(*bundle, request, *call);
}

int runOnHost(mlir::ModuleOp module, const RunRequest &request) {
  auto levels = parseCpuLevels("host");
  if (!levels)
    return fail(toString(levels.takeError()));
  CompileOptions options;
  options.levels = *levels;
  StageTimes times;
  auto compile = [&](auto step) {
    return measureStage(&times, "compile", step);
  };
  HostCompiler compiler(options);
  if (Error error = compile([&] { return compiler.prepare(module); }))
    return fail(toString(std::move(error)));
  // Wrong arguments are found before machine code is made.
  auto call = Call::choose(compiler.records(), request);
  if (!call)
    return failUsage(call.takeError());
  program::BundleWriter bundle;
  if (Error error =
          compile([&] { return addToBundle(compiler, module, bundle); }))
    return fail(toString(std::move(error)));
  printCompileTime(times.rows().front().seconds);
  return runProgram(bundle.write(), request, *call);
}

} // namespace tessera
