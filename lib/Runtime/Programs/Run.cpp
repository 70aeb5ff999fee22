// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Enqueuing a prepared call. Nothing here allocates, asks or waits.
#include "Launches.h"
#include "Range.h"

using namespace tessera;
using namespace tessera::rt;
using driver::DevicePointer;
using driver::Functions;
using driver::LaunchAttribute;
using driver::Result;
using driver::StreamHandle;
using program::Action;
using program::ActionKind;
using program::kNone;
using program::Program;

Error tessera_launches::enqueueLaunch(const BoundStep &step,
                                      StreamHandle stream) const {
  const driver::ContextView &view = program->context->view;
  Program record = this->record();
  const Action &action = record.actions()[size_t(step.action)];
  LaunchAttribute attributes[2];
  unsigned count = 0;
  if (step.isCooperative)
    attributes[count++] = {driver::kLaunchCooperative, 0, 1, {}, {}};
  if (step.cluster > 1)
    attributes[count++] = {
        driver::kLaunchCluster, 0, int(step.cluster), {1, 1}, {}};
  driver::LaunchConfig config{step.grid[0],
                              step.grid[1],
                              step.grid[2],
                              step.threads,
                              1,
                              1,
                              step.sharedBytes,
                              stream,
                              count ? attributes : nullptr,
                              count};
  driver::Status status = view.driver->functions().launchKernelEx(
      &config, step.function, params.data() + action.operands.first,
      /*extra=*/nullptr);
  if (status.result == Result::Success)
    return Error();
  return view.driver->check(
      status,
      "launching kernel '%s' of %s, %u x %u x %u CTAs of %u threads and %u "
      "bytes of shared memory, on GPU %d",
      record.text(record.kernels()[size_t(action.kernel)].name),
      record.function(), step.grid[0], step.grid[1], step.grid[2], step.threads,
      step.sharedBytes, view.ordinal);
}

static driver::Status fillZero(const Functions &f, DevicePointer to,
                               uint64_t bytes, StreamHandle stream) {
  constexpr uint64_t kWord = sizeof(uint32_t);
  if (bytes % kWord == 0 && to % kWord == 0)
    return f.setWords(to, 0, bytes / kWord, stream);
  return f.setBytes(to, 0, bytes, stream);
}

Error tessera_launches::enqueue(const BoundStep &step,
                                StreamHandle stream) const {
  if (step.action == kNone)
    return Error();
  Program record = this->record();
  const driver::ContextView &view = program->context->view;
  const Functions &f = view.driver->functions();
  switch (record.actions()[size_t(step.action)].kind) {
  case ActionKind::Launch:
    return enqueueLaunch(step, stream);
  case ActionKind::Zero:
    return view.driver->check(fillZero(f, step.to, step.bytes, stream),
                              "zeroing %llu bytes for %s on GPU %d",
                              (unsigned long long)step.bytes, record.function(),
                              view.ordinal);
  case ActionKind::Copy:
    return view.driver->check(
        f.copyOnDevice(step.to, step.from, step.bytes, stream),
        "copying %llu bytes for %s on GPU %d", (unsigned long long)step.bytes,
        record.function(), view.ordinal);
  default:
    return Error();
  }
}

Error tessera_launches::checkWorkspace(DevicePointer address,
                                       size_t bytes) const {
  if (least == 0 && bytes == 0)
    return Error();
  bool isThere = address != 0 && address % TESSERA_WORKSPACE_ALIGNMENT == 0;
  if (isThere && bytes >= uint64_t(least))
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: the workspace is %zu bytes at address 0x%llx; pass "
                   "%lld bytes at least, of the device's memory, at a multiple "
                   "of %d",
                   record().function(), bytes, (unsigned long long)address,
                   (long long)least, TESSERA_WORKSPACE_ALIGNMENT);
}

Error tessera_launches::run(StreamHandle stream, DevicePointer address,
                            size_t bytes) {
  Range range(record());
  if (program->context->isHost)
    return Error(call(args.data()));
  if (Error error = checkWorkspace(address, bytes))
    return error;
  driver::Current current(program->context->view);
  if (Error error = current.takeError())
    return error;
  if (!isBound || address != workspace || bytes != workspaceBytes)
    if (Error error = bind(address, bytes))
      return error;
  for (const BoundStep &step : steps)
    if (Error error = enqueue(step, stream))
      return error;
  return Error();
}

tessera_error *tessera_launches_run(tessera_launches *launches, void *stream,
                                    void *workspace, size_t workspaceBytes) {
  return launches
      ->run(static_cast<StreamHandle>(stream),
            reinterpret_cast<DevicePointer>(workspace), workspaceBytes)
      .release();
}
