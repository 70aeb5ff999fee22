// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Device.h"

#include "../RuntimeErrors.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace tessera::bench {

Expected<DeviceProblem>
DeviceProblem::create(const Gpu &gpu, const Inputs &inputs, bool withLse) {
  DeviceProblem made(gpu);
  launch::AttendArguments &a = made.tensors;
  const struct {
    const tessera_tensor &host;
    tessera_tensor &device;
    bool isResult;
  } rows[] = {
      {inputs.queryView, a.query, false},
      {inputs.keyView, a.key, false},
      {inputs.valueView, a.value, false},
      {inputs.indexView, a.index, false},
      {inputs.countView, a.count, false},
      {inputs.querySizesView, a.querySizes, false},
      {inputs.keySizesView, a.keySizes, false},
      {inputs.outputView, a.output, true},
      {inputs.lseView, a.lse, true},
  };
  for (const auto &row : rows) {
    if (row.host.rank == 0 || (&row.device == &a.lse && !withLse))
      continue;
    auto tensor = row.isResult ? made.memory.allocate(row.host)
                               : made.memory.upload(row.host);
    if (!tensor)
      return tensor.takeError();
    row.device = *tensor;
  }
  return made;
}

Error DeviceProblem::poison() const {
  for (const tessera_tensor *result : {&tensors.output, &tensors.lse})
    if (result->rank != 0)
      if (Error error = memory.fill(*result, std::byte(0xff)))
        return error;
  return Error::success();
}

Expected<PreparedKernel>
PreparedKernel::create(const launch::AttendLauncher &launcher,
                       const DeviceProblem &problem) {
  const launch::AttendArguments &arguments = problem.arguments();
  auto bytes = asLLVM(launcher.workspaceBytes(arguments));
  if (!bytes)
    return bytes.takeError();
  DeviceTensors memory(problem.gpu());
  auto workspace = memory.allocateFilled(*bytes, std::byte(0));
  if (!workspace)
    return workspace.takeError();
  auto prepared = asLLVM(launcher.prepare(arguments, *workspace));
  if (!prepared)
    return prepared.takeError();
  size_t stateBytes = launcher.workspaceFor(prepared->tiles()).stateBytes;
  return PreparedKernel(problem.gpu(), std::move(*prepared), std::move(memory),
                        *workspace, stateBytes);
}

Error PreparedKernel::enqueue() const {
  return asLLVM(prepared.enqueue(device->stream()));
}

Expected<int64_t> PreparedKernel::countDirtyWords() const {
  std::vector<int32_t> words(stateBytes / sizeof(int32_t));
  if (Error error =
          memory.download(workspace, std::as_writable_bytes(std::span(words))))
    return error;
  return count_if(words, [](int32_t word) { return word != 0; });
}

} // namespace tessera::bench
