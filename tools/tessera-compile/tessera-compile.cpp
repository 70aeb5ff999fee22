// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-compile: a module of `bsa` functions, or flags, to loops, LLVM IR or
// an object with its C header.
#include "../SpecFlags.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Compiler.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Target/Host/Header.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kTool = "tessera-compile";

namespace {
enum class Target { Host };
enum class Emit { MLIR, LLVM, Object, Header };
} // namespace

/// What one kind of output holds.
static llvm::Expected<std::string> emit(Emit what,
                                        tessera::HostCompiler &compiler,
                                        ModuleOp module, StringRef name) {
  if (what == Emit::Header)
    return tessera::host::emitHeader(compiler.signatures(), name);
  if (what == Emit::Object) {
    auto object = compiler.buildObject(module);
    if (!object)
      return object.takeError();
    return (*object)->getBuffer().str();
  }
  if (what == Emit::LLVM) {
    auto program = compiler.build(module);
    if (!program)
      return program.takeError();
    return program->printLLVM();
  }
  auto lowered = compiler.lower(module);
  if (!lowered)
    return lowered.takeError();
  std::string text;
  llvm::raw_string_ostream out(text);
  for (tessera::LoweredLevel &level : *lowered)
    out << "// " << level.level->cpu << '\n' << *level.module << '\n';
  return text;
}

static llvm::Error write(StringRef path, StringRef content) {
  std::string error;
  std::unique_ptr<llvm::ToolOutputFile> out = openOutputFile(path, &error);
  if (!out)
    return llvm::createStringError(error);
  out->os() << content;
  out->keep();
  return llvm::Error::success();
}

static int fail(llvm::Error error) {
  llvm::errs() << kTool << ": " << toString(std::move(error)) << '\n';
  return EXIT_FAILURE;
}

static void printTimes(const tessera::host::StageTimes &times) {
  for (const auto &row : times.rows())
    llvm::errs() << llvm::format("%9.1f ms  ", row.seconds * 1e3) << row.stage
                 << '\n';
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  tessera::SpecFlags flags;
  cl::opt<std::string> output("o", cl::init("-"), cl::value_desc("file"),
                              cl::desc("Where to write; standard output. An "
                                       "object gets its header beside it, "
                                       "attention.o attention.h"));
  cl::opt<Target> target(
      "target", cl::init(Target::Host), cl::desc("What to compile for"),
      cl::values(clEnumValN(Target::Host, "host", "x86-64, the default")));
  cl::opt<std::string> cpu(
      "cpu", cl::init("all"), cl::value_desc("level"),
      cl::desc("all (chosen when run), host, x86-64-v3 or x86-64-v4"));
  cl::opt<bool> noFuse("no-fuse",
                       cl::desc("Keep every op a kernel of its own"));
  cl::opt<bool> timing("timing", cl::desc("Print the time of each stage"));
  cl::opt<Emit> what(
      "emit", cl::init(Emit::Object), cl::desc("What to write"),
      cl::values(clEnumValN(Emit::MLIR, "mlir", "loops and vectors"),
                 clEnumValN(Emit::LLVM, "llvm", "LLVM IR"),
                 clEnumValN(Emit::Object, "object",
                            "an ELF object to link with libtessera_rt"),
                 clEnumValN(Emit::Header, "header", "its C header alone")));
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Compiles the public functions of a module, or an attention that "
          "flags describe.\n\n"
          "  tessera-compile attention.mlir -o attention.o\n"
          "  tessera-compile --head-dim 128 --block 64 --topk 32 --heads 12 "
          "--dtype bf16 -o attention.o\n"))
    return tessera::kExitUsage;

  tessera::host::StageTimes times;
  tessera::CompileOptions options;
  auto levels = tessera::parseCpuLevels(cpu);
  if (!levels)
    return tessera::usageError(kTool, "--cpu: " + toString(levels.takeError()));
  options.levels = *levels;
  options.fuse = !noFuse;
  options.times = &times;

  DialectRegistry registry;
  tessera::registerAllDialects(registry);
  MLIRContext context(registry);
  llvm::Expected<OwningOpRef<ModuleOp>> module = flags.load(context);
  if (!module)
    return tessera::usageError(kTool, toString(module.takeError()));

  tessera::HostCompiler compiler(options);
  if (llvm::Error error = compiler.prepare(**module))
    return fail(std::move(error));
  StringRef name = output == "-" ? "tessera" : llvm::sys::path::stem(output);
  llvm::Expected<std::string> content = emit(what, compiler, **module, name);
  if (!content)
    return fail(content.takeError());
  if (llvm::Error error = write(output, *content))
    return tessera::usageError(kTool, toString(std::move(error)));
  if (what == Emit::Object && output != "-") {
    llvm::SmallString<128> header(output.getValue());
    llvm::sys::path::replace_extension(header, "h");
    llvm::Expected<std::string> text =
        emit(Emit::Header, compiler, **module, name);
    if (!text)
      return fail(text.takeError());
    if (llvm::Error error = write(header, *text))
      return tessera::usageError(kTool, toString(std::move(error)));
  }
  if (timing)
    printTimes(times);
  return EXIT_SUCCESS;
}
