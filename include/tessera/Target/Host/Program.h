// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled functions on their way from MLIR to machine code: one LLVM module
// that holds each function once per CPU level, and entries that check the
// arguments of a call and pick a level. An object that is to be linked has
// entries for C as well, and may hold programs for GPUs.
#ifndef TESSERA_TARGET_HOST_PROGRAM_H
#define TESSERA_TARGET_HOST_PROGRAM_H

#include "tessera/Program/Bundle.h"
#include "tessera/Program/Writer.h"
#include "tessera/Target/Host/CpuLevels.h"
#include "tessera/Target/StageTimes.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace tessera::host {

/// What objects that are to be linked have besides.
struct Linked {
  const program::Bundle *gpu = nullptr; ///< programs for GPUs; null: none
};

/// Call addLevel() for each level, then addEntries(), optimize(), and emit.
class HostProgram {
public:
  static llvm::Expected<HostProgram> create();
  HostProgram(HostProgram &&);
  HostProgram &operator=(HostProgram &&);
  ~HostProgram();

  /// Takes over the functions of `module`, which must be in the LLVM dialect
  /// (buildLowerToLLVMPipeline). Each gets the suffix of the level.
  llvm::Error addLevel(mlir::ModuleOp module, const CpuLevel &level);

  /// For each record an entry, by which it is called inside the process:
  ///
  ///   tessera_error *<function>__packed(void *const *args);
  ///
  /// Parameters of `function` and arguments of the record correspond one to
  /// one. With `linked` also those that emitHeader() declares: `<function>` and
  /// `<function>_workspace` for each function of the host and of GPUs.
  llvm::Error addEntries(llvm::ArrayRef<program::Record> records,
                         std::optional<Linked> linked = std::nullopt);

  /// Makes the module one for emitImage(), which has the functions of the
  /// records and no other.
  void makeImage(llvm::ArrayRef<program::Record> records);

  /// Runs LLVM's optimiser with each function's level in mind.
  llvm::Error optimize();

  std::string printLLVM() const;

  /// An ELF object of position-independent code. It needs libtessera_rt, libc
  /// and libm, and nothing else: an error if it would.
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> emitObject();

  /// After makeImage(): an ELF shared object, tessera/Program/HostImage.h.
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> emitImage();

private:
  HostProgram();

  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
  std::vector<const CpuLevel *> levels; ///< best first
};

/// What a program will be: an object for linking, or an image of a bundle.
enum class Form { Object, Image };

/// Functions in memref, vector and scf form, cut for one level. They have no
/// results; each argument of a record is a memref whose innermost stride is
/// 1, or a scalar.
struct LevelModule {
  const CpuLevel *level;
  mlir::ModuleOp module;
};

/// All steps from there to an optimised program; lowers the modules in place.
/// Adds the stages "LLVM dialect", "LLVM IR" and "optimise" to `times`. Without
/// modules it holds the programs of `linked` alone.
///
///   Expected<HostProgram> program = buildProgram(modules, records);
///   if (!program) return program.takeError();
///   Expected<std::unique_ptr<MemoryBuffer>> object = program->emitObject();
///   if (!object) return object.takeError();
///   Expected<std::unique_ptr<HostJit>> jit = HostJit::create(**object);
llvm::Expected<HostProgram> buildProgram(
    llvm::ArrayRef<LevelModule> modules,
    llvm::ArrayRef<program::Record> records, StageTimes *times = nullptr,
    std::optional<Linked> linked = std::nullopt, Form form = Form::Object);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_PROGRAM_H
