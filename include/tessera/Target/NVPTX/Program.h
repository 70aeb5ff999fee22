// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels on their way from the llvm and nvvm dialects to PTX.
#ifndef TESSERA_TARGET_NVPTX_PROGRAM_H
#define TESSERA_TARGET_NVPTX_PROGRAM_H

#include "tessera/Target/NVPTX/Chips.h"
#include "tessera/Target/StageTimes.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace tessera::nvptx {

/// Adds the dialects a module of kernels is written in, and how they become
/// LLVM IR.
void registerDialects(mlir::DialectRegistry &registry);

/// Made by buildProgram(), or step by step: translate(), optimize(), emitPtx().
/// Programs share nothing, so threads may build several at once.
class PtxProgram {
public:
  /// Kernels are the functions of `module` with the attribute nvvm.kernel; all
  /// others are theirs to inline. What nvvm.reqntid, nvvm.maxntid,
  /// nvvm.minctasm and nvvm.maxnreg say reaches the PTX. Without a thread count
  /// and nvvm.minctasm ptxas ignores setmaxnreg. Reasons for a failure that lie
  /// in the module are emitted as diagnostics as well.
  static llvm::Expected<PtxProgram> translate(mlir::ModuleOp module,
                                              const Chip &chip);
  PtxProgram(PtxProgram &&);
  PtxProgram &operator=(PtxProgram &&);
  ~PtxProgram();

  /// Runs LLVM's optimiser. A loop is unrolled only where its branch carries
  /// #llvm.loop_annotation with an #llvm.loop_unroll that asks for it: whoever
  /// wrote the kernel knows how many registers it has. LLVM may copy a block
  /// all the same, so labels in inline assembly stand in braces of their own
  /// or carry ${:uid}.
  llvm::Error optimize();

  std::string printLLVM() const;

  /// The text for ptxas or the driver; adds the stage "PTX" to `times`. It
  /// changes the module: call it once, and printLLVM() before.
  llvm::Expected<std::string> emitPtx(StageTimes *times = nullptr);

private:
  PtxProgram();

  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};

/// An optimised program. Adds the stages "LLVM IR" and "optimise" to `times`.
///
///   Expected<PtxProgram> program = buildProgram(module, chip);
///   if (!program) return program.takeError();
///   Expected<std::string> ptx = program->emitPtx();
///   if (!ptx) return ptx.takeError();
///   Expected<Cubin> cubin = assemble(*ptx, chip, assembler);
llvm::Expected<PtxProgram> buildProgram(mlir::ModuleOp module, const Chip &chip,
                                        StageTimes *times = nullptr);

} // namespace tessera::nvptx

#endif // TESSERA_TARGET_NVPTX_PROGRAM_H
