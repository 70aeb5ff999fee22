// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-compile: a module of `bsa` functions to loops, LLVM IR or an object.
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Compiler.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kTool = "tessera-compile";

namespace {
enum class Emit { MLIR, LLVM, Object };
} // namespace

static llvm::Error emit(Emit what, tessera::HostCompiler &compiler,
                        ModuleOp module, llvm::raw_ostream &out) {
  if (what == Emit::MLIR) {
    auto lowered = compiler.lower(module);
    if (!lowered)
      return lowered.takeError();
    for (tessera::LoweredLevel &level : *lowered)
      out << "// " << level.level->cpu << '\n' << *level.module << '\n';
    return llvm::Error::success();
  }
  auto program = compiler.build(module);
  if (!program)
    return program.takeError();
  if (what == Emit::LLVM) {
    out << program->printLLVM();
    return llvm::Error::success();
  }
  auto object = program->emitObject();
  if (!object)
    return object.takeError();
  out << (*object)->getBuffer();
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  cl::opt<std::string> input(cl::Positional, cl::init("-"),
                             cl::desc("<input.mlir>"));
  cl::opt<std::string> output("o", cl::init("-"), cl::value_desc("file"),
                              cl::desc("Where to write; standard output"));
  cl::opt<std::string> cpu(
      "cpu", cl::init("all"), cl::value_desc("level"),
      cl::desc("all (chosen when run), host, x86-64-v3 or x86-64-v4"));
  cl::opt<bool> noFuse("no-fuse",
                       cl::desc("Keep every op a kernel of its own"));
  cl::opt<Emit> what(
      "emit", cl::init(Emit::Object), cl::desc("What to write"),
      cl::values(clEnumValN(Emit::MLIR, "mlir", "loops and vectors"),
                 clEnumValN(Emit::LLVM, "llvm", "LLVM IR"),
                 clEnumValN(Emit::Object, "object",
                            "an ELF object to link with libtessera_rt")));
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Compiles the public functions of a module for the host.\n\n"
          "  tessera-compile attention.mlir -o attention.o\n"))
    return tessera::kExitUsage;

  tessera::CompileOptions options;
  auto levels = tessera::parseCpuLevels(cpu);
  if (!levels)
    return tessera::usageError(kTool, "--cpu: " + toString(levels.takeError()));
  options.levels = *levels;
  options.fuse = !noFuse;

  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> source = openInputFile(input, &error);
  if (!source)
    return tessera::usageError(kTool, error);
  DialectRegistry registry;
  tessera::registerAllDialects(registry);
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(source), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!module)
    return EXIT_FAILURE; // the parser has said why

  std::unique_ptr<llvm::ToolOutputFile> out = openOutputFile(output, &error);
  if (!out)
    return tessera::usageError(kTool, error);
  tessera::HostCompiler compiler(options);
  llvm::Error failed = compiler.prepare(*module);
  if (!failed)
    failed = emit(what, compiler, *module, out->os());
  if (failed) {
    llvm::errs() << kTool << ": " << toString(std::move(failed)) << '\n';
    return EXIT_FAILURE;
  }
  out->keep();
  return EXIT_SUCCESS;
}
