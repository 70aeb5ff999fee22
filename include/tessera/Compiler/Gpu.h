// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler for GPUs: a module of `bsa` functions in; tile programs, PTX and
// a cubin out.
#ifndef TESSERA_COMPILER_GPU_H
#define TESSERA_COMPILER_GPU_H

#include "tessera/Launch/Entry.h"
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
  /// What helps to choose; 0: not known. Lengths that types say need no hint.
  int64_t keyLength = 0; ///< tokens of a head's keys
  int64_t l2Bytes = 0;   ///< second-level cache of the GPU
  /// Slower kernels that a race checker can follow: threads release stages one
  /// by one.
  bool threadReleases = false;
  /// Where to add the time of each stage; null: nowhere.
  StageTimes *times = nullptr;
};

/// The stages in which functions over `bsa` become GPU code. Errors hold the
/// diagnostics of the failing pass, one per line.
class GpuCompiler {
public:
  explicit GpuCompiler(GpuOptions options = {});

  /// Turns each public function of `module` into a `tile.kernel` of its name,
  /// in place, and checks it.
  llvm::Error buildTile(mlir::ModuleOp module);
  /// What the kernels want at a launch; after buildTile().
  const std::vector<launch::Entry> &entries() const { return kernels; }

  /// From there to the llvm and nvvm dialects, in place.
  llvm::Error lower(mlir::ModuleOp module);
  /// Optimised LLVM IR.
  llvm::Expected<nvptx::PtxProgram> build(mlir::ModuleOp lowered);
  llvm::Expected<nvptx::Cubin> assemble(llvm::StringRef ptx,
                                        const nvptx::Assembler &assembler);

private:
  GpuOptions options;
  std::vector<launch::Entry> kernels;
};

/// All of it. Without an assembler PTX alone, which the driver assembles.
struct GpuProgram {
  std::vector<launch::Entry> entries;
  std::string ptx;
  std::optional<nvptx::Cubin> cubin;
};
llvm::Expected<GpuProgram>
compileForGpu(mlir::ModuleOp module, const GpuOptions &options,
              const std::optional<nvptx::Assembler> &assembler);

} // namespace tessera

#endif // TESSERA_COMPILER_GPU_H
