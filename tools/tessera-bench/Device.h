// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A problem on a GPU: its tensors, and a kernel made ready to run on them.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_DEVICE_H
#define TESSERA_TOOLS_TESSERA_BENCH_DEVICE_H

#include "../Gpu.h"
#include "Inputs.h"

namespace tessera::bench {

/// The tensors of one problem, for every kernel that computes it.
class DeviceProblem {
public:
  static llvm::Expected<DeviceProblem>
  create(const Gpu &gpu, const Inputs &inputs, bool withLse);

  const Gpu &gpu() const { return *device; }
  const launch::AttendArguments &arguments() const { return tensors; }
  /// Every byte of the results is 0xff: NaN.
  llvm::Error poison() const;
  llvm::Error download(const tessera_tensor &tensor, void *host) const {
    return memory.download(tensor, host);
  }

private:
  explicit DeviceProblem(const Gpu &gpu) : device(&gpu), memory(gpu) {}

  const Gpu *device;
  DeviceTensors memory;
  launch::AttendArguments tensors;
};

/// One kernel, with a workspace, on one problem. Both must outlive it.
class PreparedKernel {
public:
  static llvm::Expected<PreparedKernel>
  create(const launch::AttendLauncher &launcher, const DeviceProblem &problem);

  llvm::Error enqueue() const;
  /// Words of the workspace's state that are not 0, as they should be between
  /// launches.
  llvm::Expected<int64_t> countDirtyWords() const;

  const Gpu &gpu() const { return *device; }
  const launch::AttendLaunch &launch() const { return prepared; }

private:
  PreparedKernel(const Gpu &gpu, launch::AttendLaunch prepared,
                 DeviceTensors memory, driver::DevicePointer workspace,
                 size_t stateBytes)
      : device(&gpu), prepared(std::move(prepared)), memory(std::move(memory)),
        workspace(workspace), stateBytes(stateBytes) {}

  const Gpu *device;
  launch::AttendLaunch prepared;
  DeviceTensors memory;
  driver::DevicePointer workspace;
  size_t stateBytes;
};

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_DEVICE_H
