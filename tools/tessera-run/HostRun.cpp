// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run on this machine's processor.
#include "Steps.h"
#include "tessera/Compiler/Compiler.h"

#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace tessera {

/// Calls the function and prints what that took.
static int timeCalls(host::HostJit::PackedEntry entry, Arguments &arguments,
                     int64_t repeat) {
  std::vector<void *> args = arguments.pack();
  std::vector<double> seconds;
  Clock::time_point start = Clock::now();
  for (int64_t call = 0; call < repeat; ++call) {
    Clock::time_point begin = Clock::now();
    if (tessera_error *error = entry(args.data()))
      return refuse(error);
    seconds.push_back(
        std::chrono::duration<double>(Clock::now() - begin).count());
    showProgress(call + 1, repeat, start);
  }
  printTimes(std::move(seconds));
  printDensity(arguments);
  printMemory();
  return EXIT_SUCCESS;
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
  auto object = compile([&] { return compiler.buildObject(module); });
  if (!object)
    return fail(toString(object.takeError()));
  auto jit = compile([&] { return host::HostJit::create(**object); });
  if (!jit)
    return fail(toString(jit.takeError()));
  auto entry = (*jit)->lookupPacked(call->program.function());
  if (!entry)
    return fail(toString(entry.takeError()));

  printCompileTime(times.rows().front().seconds);
  if (int code = timeCalls(*entry, call->arguments, request.repeat))
    return code;
  return writeResults(*call, request.results);
}

} // namespace tessera
