// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tessera-compile can write, for each kind of target.
#ifndef TESSERA_TOOLS_TESSERA_COMPILE_OUTPUT_H
#define TESSERA_TOOLS_TESSERA_COMPILE_OUTPUT_H

#include "tessera/Compiler/Compiler.h"
#include "tessera/Compiler/GpuBundle.h"

namespace tessera {

enum class Emit {
  Default,
  MLIR,
  Tile,
  LLVM,
  PTX,
  Cubin,
  Bundle,
  Object,
  Header
};

/// A text, or machine code; of an object also the header that goes beside it.
struct Content {
  std::string text, header;
};

/// `what`, or what the target gives if nothing is asked for. An error if it
/// gives no such thing.
llvm::Expected<Emit> chooseHostOutput(Emit what);
llvm::Expected<Emit> chooseGpuOutput(Emit what);

llvm::Expected<Content> emitForHost(Emit what, mlir::ModuleOp module,
                                    const CompileOptions &options);
/// Says on `log` which assembler made code, and what each kernel takes.
llvm::Expected<Content> emitForGpu(Emit what, mlir::ModuleOp module,
                                   const GpuOptions &options,
                                   llvm::raw_ostream &log);

/// The programs of a bundle, in words.
llvm::Expected<std::string> inspectBundle(llvm::StringRef path);

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_COMPILE_OUTPUT_H
