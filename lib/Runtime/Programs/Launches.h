// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call that has been checked: the numbers it determines, and each step as the
// driver wants it.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_LAUNCHES_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_LAUNCHES_H

#include "LoadedProgram.h"

#include "tessera/Program/Check.h"

namespace tessera::rt {

/// One step, ready to be enqueued. What needs the workspace is bound to the one
/// that the launches were run with last.
struct BoundStep {
  program::Index action = program::kNone; ///< none: nothing is to do
  driver::FunctionHandle function = nullptr;
  uint32_t grid[3] = {}, threads = 0, sharedBytes = 0, cluster = 1;
  bool isCooperative = false;
  driver::DevicePointer from = 0, to = 0;
  uint64_t bytes = 0;
};

} // namespace tessera::rt

/// Everything in one piece of memory behind it, so that a call takes one
/// allocation.
struct tessera_launches {
  static tessera::rt::Expected<tessera_launches *>
  make(tessera_program &program);
  ~tessera_launches();

  tessera::rt::Error prepare(const tessera_call &call);
  tessera::rt::Error run(tessera::driver::StreamHandle stream,
                         tessera::driver::DevicePointer workspace,
                         size_t bytes);

  /// Whether a call with these arguments would be prepared to the same.
  bool isOf(void *const *arguments) const;

  /// The number of an expression that is called `what` in an error.
  tessera::rt::Expected<int64_t> number(tessera::program::Index expression,
                                        tessera::program::NumberRange range,
                                        const char *what) const;
  tessera::program::Program record() const { return program->record(); }
  tessera::program::CheckedCall checked() const {
    return {symbols, values, tensors};
  }

  tessera_program *program = nullptr;
  int64_t least = 0, best = 0;                  ///< bytes of workspace
  tessera::driver::DevicePointer workspace = 0; ///< bound to
  size_t workspaceBytes = 0;
  bool isBound = false;
  tessera_object_call *call = nullptr; ///< on the host
  tessera::driver::DevicePointer errorWord = 0;
  tessera::program::DeviceValues device{};

  // By the tables of the record.
  std::span<tessera::program::SymbolValue> symbols;
  std::span<tessera::program::Value> values;
  std::span<tessera::program::Value> settled; ///< without a workspace
  std::span<tessera_tensor> tensors;          ///< as the check leaves them
  std::span<tessera_tensor> given;            ///< as the caller has them
  std::span<uint32_t> scalars;                ///< bits, by parameter
  std::span<void *> args;                     ///< of a call on the host
  std::span<tessera::driver::TensorMap> maps;
  std::span<uint64_t> words; ///< by operand
  std::span<void *> params;  ///< by operand: what the driver is given
  std::span<tessera::rt::BoundStep> steps;
  std::span<int64_t> resident;                          ///< by kernel
  std::span<tessera::driver::FunctionHandle> functions; ///< by kernel

private:
  void keepArguments(void *const *arguments);
  tessera::rt::Error prepareForGpu(const tessera_call &call);
  tessera::rt::Error checkPointers() const;
  tessera::rt::Error settle(tessera::driver::StreamHandle stream);
  tessera::rt::Error settleStep(const tessera::program::Step &step,
                                tessera::driver::StreamHandle stream);
  tessera::rt::Error loadFor(const tessera::program::Action &action,
                             tessera::driver::StreamHandle stream);
  tessera::rt::Error loadResidents(tessera::program::Index expression,
                                   tessera::driver::StreamHandle stream);
  tessera::rt::Error readWorkspace();
  void evaluate();

  tessera::rt::Error bind(tessera::driver::DevicePointer address, size_t bytes);
  tessera::rt::Error bindStep(size_t step);
  tessera::rt::Error bindLaunch(const tessera::program::Action &action,
                                tessera::rt::BoundStep &bound);
  tessera::rt::Error bindOperand(tessera::program::Index operand);
  tessera::rt::Error bindMemory(const tessera::program::Action &action,
                                tessera::rt::BoundStep &bound);
  tessera::rt::Expected<tessera::rt::CtaShape>
  shapeOf(const tessera::program::Action &action) const;
  tessera::rt::Expected<tessera::driver::DevicePointer>
  addressOf(const tessera::program::Memory &memory) const;
  tessera::rt::Expected<uint64_t>
  bytesOf(const tessera::program::Memory &memory) const;
  tessera::rt::Error encodeMap(tessera::program::Index map);
  tessera::driver::DevicePointer anyMemory() const;

  tessera::rt::Error checkWorkspace(tessera::driver::DevicePointer address,
                                    size_t bytes) const;
  tessera::rt::Error enqueue(const tessera::rt::BoundStep &step,
                             tessera::driver::StreamHandle stream) const;
  tessera::rt::Error enqueueLaunch(const tessera::rt::BoundStep &step,
                                   tessera::driver::StreamHandle stream) const;
};

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_LAUNCHES_H
