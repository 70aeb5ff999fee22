// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Carries out a call of a compiled function on the CPU, as its record says:
// checked like a call on a GPU, step by step, each launch simulated.
#ifndef TESSERA_SIMULATOR_PROGRAM_H
#define TESSERA_SIMULATOR_PROGRAM_H

#include "tessera/Program/Check.h"
#include "tessera/Simulator/Simulator.h"

#include "mlir/IR/BuiltinOps.h"

namespace tessera::sim {

/// What stands in for a GPU; an H100 unless said otherwise.
struct Device {
  int64_t multiprocessors = 132;
  int64_t l2Bytes = int64_t(50) << 20;
  int64_t residentCtas = 132; ///< of any kernel, at a time
};

/// One that was simulated.
struct Launch {
  std::string kernel;
  std::string plan; ///< "": the kernel does not say
  int64_t grid = 0; ///< CTAs
  bool isCooperative = false;
};

/// Of all launches together: ticks go on from one to the next, and the first
/// that something is wrong with is the last.
struct ProgramResult : SimulationResult {
  std::vector<Launch> launches;
};

/// A call that has been checked. What it is made of must outlive it.
class ProgramCall {
public:
  /// `module` has the kernels of `record`. `args` are in memory of the host,
  /// one for each parameter, as a packed entry takes them; what tensors hold is
  /// checked, too. An error says what does not fit.
  static rt::Expected<ProgramCall> prepare(const program::Program &record,
                                           mlir::ModuleOp module,
                                           llvm::ArrayRef<void *> args,
                                           const Device &device = {});

  // In bytes.
  int64_t leastWorkspace() const { return least; }
  int64_t bestWorkspace() const { return best; }

  /// Runs all steps in a new workspace of so many bytes. Each part of it is NaN
  /// or -1 before its first step and after its last. Of a cooperative launch all
  /// CTAs run at a time, of others options.residentCtas. An error says what the
  /// simulator cannot do, and that the workspace is too small; what a kernel
  /// does wrong is reported.
  rt::Expected<ProgramResult> run(int64_t workspaceBytes,
                                  const Options &options = {}) const;

private:
  ProgramCall(const program::Program &record, tile::ChipModuleOp kernels,
              llvm::ArrayRef<void *> args, const Device &device);
  program::CheckedCall checked() { return {symbols, values, tensors}; }
  rt::Error check();
  /// All that is known, with `workspaceBytes` if they are.
  void evaluate(program::Value workspaceBytes,
                std::vector<program::Value> &into) const;

  program::Program record;
  tile::ChipModuleOp kernels;
  llvm::ArrayRef<void *> args;
  Device device;
  int64_t least = 0, best = 0;
  std::vector<program::SymbolValue> symbols;
  std::vector<program::Value> values;
  std::vector<tessera_tensor> tensors;
};

} // namespace tessera::sim

#endif // TESSERA_SIMULATOR_PROGRAM_H
