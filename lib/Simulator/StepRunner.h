// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The steps of one call, one after the other, in one workspace.
#ifndef TESSERA_LIB_SIMULATOR_STEPRUNNER_H
#define TESSERA_LIB_SIMULATOR_STEPRUNNER_H

#include "tessera/Simulator/Program.h"

namespace tessera::sim {

class StepRunner {
public:
  StepRunner(const program::Program &record, tile::ChipModuleOp kernels,
             llvm::ArrayRef<void *> args, const program::CheckedCall &call,
             llvm::MutableArrayRef<std::byte> workspace, const Device &device,
             const Options &options)
      : record(record), kernels(kernels), args(args), call(call),
        workspace(workspace), device(device), options(options) {}

  rt::Expected<ProgramResult> run();

private:
  template <typename T>
  using Or = rt::Expected<T>;
  using Index = program::Index;

  Or<int64_t> number(Index expression, program::NumberRange range,
                     const char *what) const {
    return program::require(record, call, expression, range, what);
  }

  // Steps.
  rt::Error runStep(Index step);
  rt::Error launch(const program::Action &action);
  Or<int64_t> gridOf(const program::Action &action) const;
  rt::Error fillOrCopy(const program::Action &action);

  // Memory.
  rt::Error poison(const program::Buffer &buffer);
  Or<llvm::MutableArrayRef<std::byte>>
  partOf(const program::Buffer &buffer) const;
  /// All bytes of a buffer, or of a tensor without gaps.
  Or<llvm::MutableArrayRef<std::byte>>
  bytesOf(const program::Memory &memory) const;

  // Arguments of a kernel.
  Or<std::vector<Argument>> argumentsOf(const program::Action &action,
                                        tile::KernelOp kernel) const;
  Or<Argument> argument(const program::Operand &operand, mlir::Type type) const;
  Or<Argument> address(const program::Operand &operand, mlir::Type type) const;
  Or<Argument> map(const program::Map &map) const;

  const program::Program &record;
  tile::ChipModuleOp kernels;
  llvm::ArrayRef<void *> args;
  const program::CheckedCall call;
  llvm::MutableArrayRef<std::byte> workspace;
  const Device &device;
  const Options &options;
  ProgramResult result;
};

} // namespace tessera::sim

#endif // TESSERA_LIB_SIMULATOR_STEPRUNNER_H
