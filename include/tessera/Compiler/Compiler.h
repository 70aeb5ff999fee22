// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler as one call: a module of `bsa` functions in, machine code out.
#ifndef TESSERA_COMPILER_COMPILER_H
#define TESSERA_COMPILER_COMPILER_H

#include "tessera/Target/Host/CpuLevels.h"
#include "tessera/Target/Host/Jit.h"
#include "tessera/Target/Host/Program.h"
#include "tessera/Target/StageTimes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace tessera {

struct CompileOptions {
  /// The x86-64 levels to compile for, best first; empty means all of them.
  std::vector<const host::CpuLevel *> levels;
  /// Without fusion every op is a kernel of its own. No bit changes.
  bool fuse = true;
  /// Where to add the time of each stage; null: nowhere.
  StageTimes *times = nullptr;
};

/// A module carried as far as one CPU level's loops and vectors.
struct LoweredLevel {
  const host::CpuLevel *level;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// The stages in which functions over `bsa` become host code. Errors hold the
/// diagnostics of the failing pass, one per line.
class HostCompiler {
public:
  explicit HostCompiler(CompileOptions options = {});

  /// Expands and fuses `module` in place and reads its public functions.
  llvm::Error prepare(mlir::ModuleOp module);
  llvm::ArrayRef<program::Record> records() const { return functions; }
  llvm::ArrayRef<const host::CpuLevel *> levels() const {
    return options.levels;
  }

  /// Loops and vectors, per level.
  llvm::Expected<std::vector<LoweredLevel>> lower(mlir::ModuleOp prepared);
  /// Optimised LLVM IR with an entry for each public function, and, if it is
  /// going to be linked, what Object.h says.
  llvm::Expected<host::HostProgram>
  build(mlir::ModuleOp prepared,
        std::optional<host::Linked> linked = std::nullopt,
        host::Form form = host::Form::Object);
  /// build() and machine code: an ELF object.
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
  buildObject(mlir::ModuleOp prepared,
              std::optional<host::Linked> linked = std::nullopt);
  /// build() and machine code for a bundle.
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
  buildImage(mlir::ModuleOp prepared);
  /// Of each function, to be written once its code is known; once.
  std::vector<program::Writer> takeWriters() { return std::move(writers); }

private:
  mlir::LogicalResult readFunctions(mlir::ModuleOp module);

  CompileOptions options;
  std::vector<program::Writer> writers;
  std::vector<program::Record> functions;
};

/// `module` compiled for this machine and loaded. `module` is changed.
llvm::Expected<std::unique_ptr<host::HostJit>>
compileAndLoad(mlir::ModuleOp module, const CompileOptions &options = {});

/// expand, fuse (optional), canonicalize: what every target starts with.
void buildBsaPipeline(mlir::OpPassManager &pipeline, bool fuse);

/// From there to loops and vectors, for one level.
void buildLevelPipeline(mlir::OpPassManager &pipeline,
                        const host::CpuLevel &level);

/// `tessera-host`, for pass pipelines in text: a module of `bsa` functions to
/// the LLVM dialect, for one level, without entries.
void registerCompilerPipelines();

/// The CPU levels that `--cpu` names: "all", "host" (this machine's best), or a
/// name in kCpuLevels.
llvm::Expected<std::vector<const host::CpuLevel *>>
parseCpuLevels(llvm::StringRef text);

} // namespace tessera

#endif // TESSERA_COMPILER_COMPILER_H
