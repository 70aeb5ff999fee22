// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler for GPUs: a module of `bsa` functions in; tile programs, records,
// PTX and a cubin out.
#ifndef TESSERA_COMPILER_GPU_H
#define TESSERA_COMPILER_GPU_H

#include "tessera/Program/Writer.h"
#include "tessera/Target/NVPTX/Assembler.h"
#include "tessera/Target/NVPTX/Chips.h"
#include "tessera/Target/NVPTX/Program.h"
#include "tessera/Target/StageTimes.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace tessera {

struct GpuOptions {
  std::string chip = "sm_90a";
  /// How the kernels are to be built, as a plan prints; empty: as the table of
  /// schedules says.
  std::string plan;
  /// Slower kernels that a race checker can follow: threads release stages one
  /// by one.
  bool threadReleases = false;
  /// Where the tile program will be found: code says which of its lines each
  /// instruction comes from, as profilers show. Empty: code says nothing.
  std::string tileFile = {};
  /// Where to add the time of each stage; null: nowhere.
  StageTimes *times = nullptr;
};

/// A function over `bsa`, and what has been written of its record.
struct GpuFunction {
  std::string name;
  program::Writer writer;
};

/// The stages in which functions over `bsa` become GPU code. Errors hold the
/// diagnostics of the failing pass, one per line.
class GpuCompiler {
public:
  explicit GpuCompiler(GpuOptions options = {});

  /// Turns each public function over `bsa` into one over buffers that launches
  /// kernels, in place, and checks these; kernels that the module has already
  /// stay. Which order tiles go in is left to the call, but where the plan says.
  llvm::Error buildTile(mlir::ModuleOp module);
  /// Their records, but for code; after buildTile(). None where the module has
  /// kernels alone.
  std::vector<GpuFunction> takeFunctions() { return std::move(functions); }

  /// What belongs into GpuOptions::tileFile; after buildTile().
  const std::string &tileText() const { return tile; }

  /// From there to the llvm and nvvm dialects, in place; what launches goes.
  llvm::Error lower(mlir::ModuleOp module);
  /// Optimised LLVM IR.
  llvm::Expected<nvptx::PtxProgram> build(mlir::ModuleOp lowered);
  llvm::Expected<nvptx::Cubin> assemble(llvm::StringRef ptx,
                                        const nvptx::Assembler &assembler);

private:
  mlir::LogicalResult readSignatures(mlir::ModuleOp module);
  mlir::LogicalResult convert(mlir::ModuleOp module);
  mlir::LogicalResult readRecords(mlir::ModuleOp module);
  void writeTile(mlir::ModuleOp module);

  GpuOptions options;
  std::vector<GpuFunction> functions;
  std::string tile;
};

/// All of it.
struct GpuProgram {
  std::string chip;
  std::vector<GpuFunction> functions; ///< whose kernels share the code
  std::string ptx;
  std::string tile; ///< what belongs into GpuOptions::tileFile
  /// Without an assembler there is none, and the driver assembles.
  std::optional<nvptx::Cubin> cubin;
};
llvm::Expected<GpuProgram>
compileForGpu(mlir::ModuleOp module, const GpuOptions &options,
              const std::optional<nvptx::Assembler> &assembler);

} // namespace tessera

#endif // TESSERA_COMPILER_GPU_H
