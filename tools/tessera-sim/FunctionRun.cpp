// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function over `bsa`: compiled here, and carried out as its record says.
#include "Runs.h"

#include "tessera/Compiler/Gpu.h"
#include "tessera/Simulator/Program.h"

#include "llvm/Support/raw_ostream.h"

#include <optional>

using namespace llvm;

namespace tessera {

static void printLaunches(const sim::ProgramResult &result) {
  for (const sim::Launch &launch : result.launches)
    outs() << "launch   " << launch.kernel << ", " << launch.grid
           << (launch.grid == 1 ? " CTA" : " CTAs")
           << (launch.isCooperative ? ", cooperative" : "") << '\n';
  outs().flush(); // before what goes to the other stream
}

/// Runs the call in one order of events after the other.
static int simulateCall(const sim::ProgramCall &prepared,
                        const SimRequest &request, int64_t workspaceBytes,
                        Arguments &arguments) {
  std::optional<Arguments> first;
  return runAll(
      request,
      request.resident > 0 ? request.resident : request.multiprocessors,
      [&](const sim::Options &options) -> rt::Expected<sim::SimulationResult> {
        arguments.poisonOutputs();
        auto result = prepared.run(workspaceBytes, options);
        if (!result)
          return result.takeError();
        if (!first)
          printLaunches(*result);
        return sim::SimulationResult(std::move(*result));
      },
      [&] {
        if (first)
          return arguments.sameTensors(*first);
        first = arguments;
        return true;
      });
}

int runFunction(mlir::ModuleOp module, const SimRequest &request) {
  GpuOptions options;
  options.plan = request.plan;
  GpuCompiler compiler(options);
  if (Error error = compiler.buildTile(module))
    return fail(toString(std::move(error)));
  std::vector<program::Record> records;
  for (GpuFunction &function : compiler.takeFunctions())
    records.push_back(function.writer.write());
  auto call = Call::choose(records, request.call);
  if (!call)
    return failUsage(call.takeError());

  std::vector<void *> args = call->arguments.pack();
  auto prepared = sim::ProgramCall::prepare(
      call->program, module, args,
      {request.multiprocessors, request.l2Bytes, request.multiprocessors});
  if (!prepared)
    return refuse(prepared.error());
  int64_t bytes = request.workspaceBytes < 0 ? prepared->bestWorkspace()
                                             : request.workspaceBytes;
  int code = simulateCall(*prepared, request, bytes, call->arguments);
  if (Error error = call->writeResults(request.call.results))
    return fail(toString(std::move(error)));
  return code;
}

} // namespace tessera
