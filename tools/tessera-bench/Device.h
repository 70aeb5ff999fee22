// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A problem on a GPU: its tensors, and a program made ready to run on them.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_DEVICE_H
#define TESSERA_TOOLS_TESSERA_BENCH_DEVICE_H

#include "../Gpu.h"
#include "Inputs.h"
#include "tessera/Runtime/Program.h"

#include <functional>

namespace tessera::bench {

/// In the GPU's memory; those that are not given are of rank 0.
struct AttendTensors {
  tessera_tensor query{}, key{}, value{}, index{}, count{};
  tessera_tensor querySizes{}, keySizes{}, output{}, lse{};
};

/// The tensors of one problem, for every kernel that computes it.
class DeviceProblem {
public:
  static llvm::Expected<DeviceProblem>
  create(const Gpu &gpu, const Inputs &inputs, bool withLse);

  const Gpu &gpu() const { return *device; }
  const AttendTensors &arguments() const { return tensors; }
  /// Every byte of the results is 0xff: NaN.
  llvm::Error poison() const;
  llvm::Error download(const tessera_tensor &tensor, void *host) const {
    return memory.download(tensor, host);
  }

private:
  explicit DeviceProblem(const Gpu &gpu) : device(&gpu), memory(gpu) {}

  const Gpu *device;
  DeviceTensors memory;
  AttendTensors tensors;
};

/// What is checked and timed: something that puts its results where a problem
/// has them.
class PreparedKernel {
public:
  PreparedKernel(const Gpu &gpu, std::function<llvm::Error()> enqueue)
      : device(&gpu), enqueueOnce(std::move(enqueue)) {}

  llvm::Error enqueue() const { return enqueueOnce(); }
  const Gpu &gpu() const { return *device; }

private:
  const Gpu *device;
  std::function<llvm::Error()> enqueueOnce;
};

/// The program of a bundle, with a workspace, on one problem, which must outlive
/// it.
class PreparedProgram {
public:
  static llvm::Expected<std::unique_ptr<PreparedProgram>>
  create(std::vector<std::byte> bundle, const DeviceProblem &problem,
         float scale);

  /// As long as this lives.
  PreparedKernel kernel();
  /// Of the kernel that the call chose.
  const std::string &plan() const { return chosenPlan; }
  int64_t registers() const { return chosenRegisters; }

private:
  explicit PreparedProgram(const DeviceProblem &problem,
                           std::vector<std::byte> bundle)
      : problem(&problem), bytes(std::move(bundle)), memory(problem.gpu()) {}
  llvm::Error prepare(float scale);
  llvm::Error readChoice(tessera_program *program);

  const DeviceProblem *problem;
  std::vector<std::byte> bytes;
  std::optional<Context> context;
  std::optional<Library> library;
  std::optional<Launches> launches;
  DeviceTensors memory;
  driver::DevicePointer workspace = 0;
  size_t workspaceBytes = 0;
  std::string chosenPlan;
  int64_t chosenRegisters = 0;
};

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_DEVICE_H
