// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tessera-compile can write, for each kind of target.
#ifndef TESSERA_TOOLS_TESSERA_COMPILE_OUTPUT_H
#define TESSERA_TOOLS_TESSERA_COMPILE_OUTPUT_H

#include "tessera/Compiler/Compiler.h"
#include "tessera/Compiler/GpuBundle.h"

#include <string>
#include <vector>

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

/// What to compile for what.
struct Job {
  Emit what = Emit::Default; ///< chooseOutput() has chosen it
  bool forHost = false;
  std::vector<std::string> chips;                         ///< of GPUs
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> modules; ///< one at least
  CompileOptions host;
  GpuOptions gpu; ///< but for the chip and the file of the tile program

  /// Where tile programs go whose lines code names, but for a number and the
  /// ending; empty: nowhere. emit() says what goes there.
  std::string tileStem;
  struct TileFile {
    std::string path, text;
  };
  std::vector<TileFile> tiles;

  bool isForHostAlone() const { return forHost && chips.empty(); }
};

/// `what`, or what the targets give if nothing is asked for. An error if they,
/// or several modules, give no such thing.
llvm::Expected<Emit> chooseOutput(Emit what, const Job &job);
/// That several modules, which are there now, may go into one.
llvm::Error checkModules(const Job &job);

/// Says on `log` which assembler made code, and what each kernel takes.
llvm::Expected<Content> emit(Job &job, llvm::raw_ostream &log);

// For one target, or one kind of output:

llvm::Expected<Content> emitForHost(Job &job);
llvm::Expected<Content> emitForGpu(Job &job, llvm::raw_ostream &log);
llvm::Expected<Content> emitBundle(Job &job, llvm::raw_ostream &log);
llvm::Expected<Content> emitObject(Job &job, llvm::raw_ostream &log);

/// The file of the next tile program, with nothing in it yet.
std::string nextTileFile(const Job &job);

/// Each module for each chip, added to `bundle`.
llvm::Error compileForChips(Job &job, program::BundleWriter &bundle,
                            llvm::raw_ostream &log);

/// The programs of a bundle, or of an object, in words.
llvm::Expected<std::string> inspect(llvm::StringRef path);

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_COMPILE_OUTPUT_H
