// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call is checked, and its steps are carried out in their order.
#include "StepRunner.h"

#include <cstring>

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;
using program::Action;
using program::ActionKind;
using program::Buffer;
using program::DeviceNumber;
using program::Index;
using program::kNone;
using program::NumberRange;
using program::Program;
using program::Step;
using rt::Error;
using rt::Expected;
using rt::makeError;

static constexpr int kPoison = 0xff; ///< of each byte: NaN, or -1

//===----------------------------------------------------------------------===//
// Checking
//===----------------------------------------------------------------------===//

ProgramCall::ProgramCall(const Program &record, tile::ChipModuleOp kernels,
                         ArrayRef<void *> args, const Device &device)
    : record(record), kernels(kernels), args(args), device(device),
      symbols(record.symbols().size()), values(record.expressions().size()),
      tensors(record.params().size()) {}

Expected<ProgramCall> ProgramCall::prepare(const Program &record,
                                           ModuleOp module,
                                           ArrayRef<void *> args,
                                           const Device &device) {
  auto kernels = module.lookupSymbol<tile::ChipModuleOp>(record.chip());
  if (record.isForHost() || !kernels)
    return makeError(TESSERA_NOT_FOUND,
                     "%s: the module has no kernels for %s; give the module "
                     "that the function was compiled to, for a GPU",
                     record.function(), record.chip());
  if (args.size() != record.argumentCount())
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: %zu arguments, %zu are accepted; pass one for each "
                     "parameter",
                     record.function(), args.size(), record.argumentCount());
  ProgramCall call(record, kernels, args, device);
  if (Error error = call.check())
    return error;
  return call;
}

Error ProgramCall::check() {
  if (Error error =
          program::checkCall(record, args.data(), program::Reading::Yes,
                             /*compute=*/nullptr, checked()))
    return error;
  evaluate(program::Value(), values);
  const program::Header &head = record.header();
  for (auto [expression, bytes] : {std::pair(head.leastWorkspace, &least),
                                   std::pair(head.bestWorkspace, &best)}) {
    Expected<int64_t> found =
        program::require(record, checked(), expression, NumberRange::Natural64,
                         "bytes of workspace");
    if (!found)
      return found.takeError();
    *bytes = *found;
  }
  best = std::max(least, best);
  return Error();
}

void ProgramCall::evaluate(program::Value workspaceBytes,
                           std::vector<program::Value> &into) const {
  std::vector<int64_t> resident(record.kernels().size(), device.residentCtas);
  program::DeviceValues numbers;
  auto set = [&](DeviceNumber number, program::Value value) {
    numbers.numbers[int32_t(number)] = value;
  };
  set(DeviceNumber::Multiprocessors,
      {device.multiprocessors, program::Value::Known});
  set(DeviceNumber::L2Bytes, {device.l2Bytes, program::Value::Known});
  set(DeviceNumber::WorkspaceBytes, workspaceBytes);
  numbers.residentCtas = resident;
  program::evaluate(record, {symbols, tensors.data(), &numbers}, into);
}

Expected<ProgramResult> ProgramCall::run(int64_t workspaceBytes,
                                         const Options &options) const {
  if (workspaceBytes < least)
    return makeError(
        TESSERA_INVALID_ARGUMENT,
        "%s: the workspace is %lld bytes; pass %lld bytes at least",
        record.function(), (long long)workspaceBytes, (long long)least);
  ProgramCall bound = *this;
  evaluate({workspaceBytes, program::Value::Known}, bound.values);
  std::vector<std::byte> workspace;
  workspace.resize(size_t(workspaceBytes), std::byte(kPoison));
  return StepRunner(record, kernels, args, bound.checked(), workspace, device,
                    options)
      .run();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Expected<ProgramResult> StepRunner::run() {
  for (size_t step = 0; step < record.steps().size(); ++step) {
    for (const Buffer &buffer : record.buffers())
      if (buffer.firstStep == Index(step))
        if (Error error = poison(buffer))
          return error;
    if (Error error = runStep(Index(step)))
      return error;
    if (!result.isClean())
      break;
    for (const Buffer &buffer : record.buffers())
      if (buffer.lastStep == Index(step))
        if (Error error = poison(buffer))
          return error;
  }
  return std::move(result);
}

Error StepRunner::poison(const Buffer &buffer) {
  Or<MutableArrayRef<std::byte>> part = partOf(buffer);
  if (!part)
    return part.takeError();
  if (!part->empty())
    std::memset(part->data(), kPoison, part->size());
  return Error();
}

Error StepRunner::runStep(Index number) {
  const Step &step = record.steps()[size_t(number)];
  int64_t choice = 0;
  if (step.choice != kNone) {
    Or<int64_t> found = this->number(step.choice, NumberRange::Natural64,
                                     "the alternative of a step");
    if (!found)
      return found.takeError();
    choice = *found;
  }
  if (uint64_t(choice) >= step.actions.count)
    return makeError(TESSERA_INTERNAL,
                     "%s: step %d chooses alternative %lld of %u; this is a "
                     "defect of the compiler, please report it",
                     record.function(), number, (long long)choice,
                     step.actions.count);
  const Action &action = record.actions(step)[size_t(choice)];
  switch (action.kind) {
  case ActionKind::Nothing:
    return Error();
  case ActionKind::Launch:
    return launch(action);
  case ActionKind::Zero:
  case ActionKind::Copy:
    return fillOrCopy(action);
  case ActionKind::Call:
    break;
  }
  return makeError(TESSERA_NOT_FOUND,
                   "%s: step %d calls code for the host, which the simulator "
                   "does not run",
                   record.function(), number);
}

Error StepRunner::fillOrCopy(const Action &action) {
  Or<MutableArrayRef<std::byte>> to = bytesOf(action.to);
  if (!to)
    return to.takeError();
  if (to->empty())
    return Error();
  if (action.kind == ActionKind::Zero) {
    std::memset(to->data(), 0, to->size());
    return Error();
  }
  Or<MutableArrayRef<std::byte>> from = bytesOf(action.from);
  if (!from)
    return from.takeError();
  if (from->size() != to->size())
    return makeError(TESSERA_INTERNAL,
                     "%s: a copy is of memories of different sizes; this is a "
                     "defect of the compiler, please report it",
                     record.function());
  std::memcpy(to->data(), from->data(), to->size());
  return Error();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

/// CTAs; 0: nothing is launched.
Expected<int64_t> StepRunner::gridOf(const Action &action) const {
  const char *name = record.text(record.kernels()[size_t(action.kernel)].name);
  int64_t extents[3] = {1, 1, 1}, cluster = 1;
  for (auto [index, extent] : {std::pair(action.grid[0], &extents[0]),
                               std::pair(action.grid[1], &extents[1]),
                               std::pair(action.grid[2], &extents[2]),
                               std::pair(action.cluster, &cluster)}) {
    if (index == kNone)
      continue;
    Or<int64_t> found =
        number(index, NumberRange::Natural32, "CTAs of a grid or a cluster");
    if (!found)
      return found.takeError();
    *extent = *found;
  }
  if (extents[0] == 0 || extents[1] == 0 || extents[2] == 0)
    return 0;
  if (extents[1] != 1 || extents[2] != 1)
    return makeError(TESSERA_NOT_FOUND,
                     "%s: kernel '%s' has a grid of %lld x %lld x %lld CTAs; "
                     "the simulator runs grids of one dimension",
                     record.function(), name, (long long)extents[0],
                     (long long)extents[1], (long long)extents[2]);
  if (cluster > 1)
    return makeError(TESSERA_NOT_FOUND,
                     "%s: kernel '%s' has clusters of %lld CTAs; the simulator "
                     "runs CTAs that are alone",
                     record.function(), name, (long long)cluster);
  bool isCooperative = action.flags & program::kCooperative;
  if (isCooperative && extents[0] > device.residentCtas)
    return makeError(
        TESSERA_INVALID_ARGUMENT,
        "%s: the %lld CTAs of kernel '%s' wait for one another, "
        "and the device holds %lld at a time; take a larger device",
        record.function(), (long long)extents[0], name,
        (long long)device.residentCtas);
  return extents[0];
}

Error StepRunner::launch(const Action &action) {
  Or<int64_t> grid = gridOf(action);
  if (!grid)
    return grid.takeError();
  if (*grid == 0)
    return Error();
  const program::Kernel &row = record.kernels()[size_t(action.kernel)];
  auto kernel = kernels.lookupSymbol<tile::KernelOp>(record.text(row.name));
  if (!kernel)
    return makeError(TESSERA_NOT_FOUND,
                     "%s: the module has no kernel '%s'; give the module that "
                     "the function was compiled to",
                     record.function(), record.text(row.name));
  Or<std::vector<Argument>> arguments = argumentsOf(action, kernel);
  if (!arguments)
    return arguments.takeError();
  bool isCooperative = action.flags & program::kCooperative;
  result.launches.push_back(
      {record.text(row.name), record.text(row.plan), *grid, isCooperative});
  Options chosen = options;
  if (isCooperative)
    chosen.residentCtas = *grid;
  SimulationResult done = simulate(kernel, *arguments, *grid, chosen);
  for (TraceEvent &event : done.trace) {
    event.begin += result.ticks;
    event.end += result.ticks;
    result.trace.push_back(std::move(event));
  }
  result.ticks += done.ticks;
  result.reports = std::move(done.reports);
  return Error();
}
