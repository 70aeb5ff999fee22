// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-compile: a module of `bsa` functions, or flags, to loops, LLVM IR, an
// object with its C header, or a bundle.
#include "../OutputFile.h"
#include "../SpecFlags.h"
#include "Output.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Compiler.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Target/Host/Header.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <chrono>
#include <vector>

using namespace mlir;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kTool = "tessera-compile";

namespace {
enum class Target { Host, Sm90a };
} // namespace

using tessera::Emit;

/// Why an object cannot go to `path`, or nothing.
static std::string whyNoObject(StringRef path) {
  if (path == "-" && llvm::sys::Process::StandardOutIsDisplayed())
    return "machine code is not for reading; name a file with -o, or choose "
           "something else to --emit";
  if (llvm::sys::path::extension(path) == ".h")
    return ("-o: '" + path +
            "' is where the object's header goes; name the object .o, or write "
            "a header alone with --emit header")
        .str();
  return "";
}

/// Why code cannot name lines, or nothing.
static std::string whyNoLines(StringRef path, const tessera::Job &job) {
  if (job.chips.empty())
    return "--line-info: is for GPU code; add --target sm_90a";
  if (path == "-")
    return "--line-info: the lines are those of a file beside the output; name "
           "the output with -o";
  return "";
}

static int fail(llvm::Error error) {
  llvm::errs() << kTool << ": " << toString(std::move(error)) << '\n';
  return EXIT_FAILURE;
}

/// The output, and behind it the header that goes beside an object, unless that
/// goes where nobody looks for it. An x.h that somebody else wrote stays.
static llvm::Expected<std::vector<tessera::OutputFile>>
openFiles(StringRef path, Emit emit) {
  std::vector<tessera::OutputFile> files;
  auto add = [&](StringRef path) {
    auto file = tessera::OutputFile::open(path);
    if (file)
      files.push_back(std::move(*file));
    return file.takeError();
  };
  if (llvm::Error error = add(path))
    return error;
  if (emit != Emit::Object || !files.front().isRegular())
    return files;
  llvm::SmallString<128> header(path);
  llvm::sys::path::replace_extension(header, "h");
  auto there = llvm::MemoryBuffer::getFile(header, /*IsText=*/true);
  if (there && !tessera::host::isEmittedHeader((*there)->getBuffer()))
    return llvm::createStringError(
        "-o: '" + path + "' has its header in '" + header +
        "', which is there and was not written by this tool; choose another "
        "name, or move that file");
  if (llvm::Error error = add(header))
    return error;
  return files;
}

static void printTimes(const tessera::StageTimes &times, double total) {
  auto print = [](StringRef stage, double seconds) {
    llvm::errs() << llvm::format("%9.1f ms  ", seconds * 1e3) << stage << '\n';
  };
  for (const auto &row : times.rows())
    print(row.stage, row.seconds);
  print("total", total);
}

static int inspect(StringRef path, StringRef output,
                   const tessera::SpecFlags &flags) {
  if (flags.hasInput())
    return tessera::usageError(kTool, "--inspect: compiles nothing; leave the "
                                      "module away");
  auto text = tessera::inspect(path);
  if (!text)
    return fail(text.takeError());
  if (llvm::Error error = tessera::writeFile(output, *text))
    return fail(std::move(error));
  return EXIT_SUCCESS;
}

/// Reads, compiles and writes; returns the exit code.
static int compile(const tessera::SpecFlags &flags, tessera::Job given,
                   Emit emit, StringRef output) {
  DialectRegistry registry;
  tessera::registerAllDialects(registry);
  MLIRContext context(registry);
  tessera::Job job = std::move(given); // its modules go before the context
  auto modules = tessera::measureStage(job.host.times, "read",
                                       [&] { return flags.loadAll(context); });
  if (!modules)
    return tessera::usageError(kTool, toString(modules.takeError()));
  if (modules->empty())
    return EXIT_FAILURE;
  job.modules = std::move(*modules);
  if (llvm::Error error = tessera::checkModules(emit, job))
    return tessera::usageError(kTool, toString(std::move(error)));
  auto files = openFiles(output, emit);
  if (!files)
    return tessera::usageError(kTool, toString(files.takeError()));
  auto content = tessera::emit(emit, job, llvm::errs());
  if (!content)
    return fail(content.takeError());
  for (const tessera::Job::TileFile &tile : job.tiles) {
    auto file = tessera::OutputFile::open(tile.path);
    if (!file)
      return fail(file.takeError());
    file->os() << tile.text;
    files->push_back(std::move(*file));
  }
  files->front().os() << content->text;
  if (!content->header.empty() && files->size() > job.tiles.size() + 1)
    (*files)[1].os() << content->header;
  if (llvm::Error error = tessera::OutputFile::keep(*files))
    return fail(std::move(error));
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  tessera::SpecFlags flags;
  cl::opt<std::string> output(
      "o", cl::init("-"), cl::value_desc("file"),
      cl::desc("Where to write (default: standard output); x.o gets its header "
               "x.h beside it"));
  tessera::Choices<Target> targets(
      "target", cl::CommaSeparated,
      cl::desc("What to compile for, several with commas between them (default "
               "host)"),
      cl::values(clEnumValN(Target::Host, "host", "x86-64"),
                 clEnumValN(Target::Sm90a, "sm_90a", "NVIDIA H100 and H200")));
  cl::opt<std::string> cpu(
      "cpu", cl::init("all"), cl::value_desc("level"),
      cl::desc("x86-64-v3 (AVX2), x86-64-v4 (AVX-512), host (the best of this "
               "machine), or all, chosen when run (default all)"));
  cl::opt<bool> noFuse("no-fuse", cl::desc("Make every op a kernel of its own; "
                                           "slower, and the same bits"));
  cl::opt<bool> timing("timing",
                       cl::desc("Print to standard error what each stage took, "
                                "all CPU levels together"));
  cl::opt<std::string> plan(
      "plan", cl::value_desc("tiles=3,stages=4,.."),
      cl::desc("How to build GPU kernels; what it leaves out is chosen"));
  cl::opt<bool> lineInfo(
      "line-info",
      cl::desc("Have GPU code say which line of the tile program each "
               "instruction comes from, for Nsight; x.o gets that program "
               "beside it, x.tile.mlir"));
  tessera::Choice<Emit> what(
      "emit", cl::init(Emit::Default),
      cl::desc("What to write (default object, or cubin for a GPU)"),
      cl::values(clEnumValN(Emit::Tile, "tile", "the program of one CTA"),
                 clEnumValN(Emit::MLIR, "mlir",
                            "loops and vectors, or one thread's program"),
                 clEnumValN(Emit::LLVM, "llvm", "LLVM IR"),
                 clEnumValN(Emit::PTX, "ptx", "NVIDIA's assembly text"),
                 clEnumValN(Emit::Cubin, "cubin", "NVIDIA's machine code"),
                 clEnumValN(Emit::Bundle, "bundle",
                            "records and code for libtessera_rt"),
                 clEnumValN(Emit::Object, "object",
                            "an ELF object to link with libtessera_rt"),
                 clEnumValN(Emit::Header, "header", "its C header alone")));
  cl::opt<std::string> inspected(
      "inspect", cl::value_desc("file"),
      cl::desc("Print what a bundle or an object holds, and compile nothing"));
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Compiles the public functions of modules, or the attentions that "
          "flags describe.\n\n"
          "  tessera-compile attention.mlir -o attention.o\n"
          "  tessera-compile --head-dim 128 --block 64 --topk 32 --heads 12 "
          "--dtype bf16 -o attention.o\n"))
    return tessera::kExitUsage;

  if (inspected.getNumOccurrences())
    return inspect(inspected, output, flags);
  auto start = std::chrono::steady_clock::now();
  tessera::StageTimes times;
  tessera::Job job;
  auto levels = tessera::parseCpuLevels(cpu);
  if (!levels)
    return tessera::usageError(kTool, "--cpu: " + toString(levels.takeError()));
  job.host.levels = *levels;
  job.host.fuse = !noFuse;
  job.host.times = &times;
  job.gpu.plan = plan;
  job.gpu.times = &times;
  job.forHost = targets.empty() || llvm::is_contained(targets, Target::Host);
  if (llvm::is_contained(targets, Target::Sm90a))
    job.chips.push_back("sm_90a");
  llvm::Expected<Emit> emit = tessera::chooseOutput(what, job);
  if (!emit)
    return tessera::usageError(kTool, toString(emit.takeError()));
  if (lineInfo) {
    if (std::string why = whyNoLines(output, job); !why.empty())
      return tessera::usageError(kTool, why);
    llvm::SmallString<128> stem(output);
    llvm::sys::fs::make_absolute(stem);
    llvm::sys::path::replace_extension(stem, "");
    job.tileStem = stem.str().str();
  }
  bool isCode =
      *emit == Emit::Object || *emit == Emit::Cubin || *emit == Emit::Bundle;
  if (std::string why = isCode ? whyNoObject(output) : ""; !why.empty())
    return tessera::usageError(kTool, why);

  // A linker that is used as a library forgets what was asked for.
  bool wantsTimes = timing;
  if (int code = compile(flags, std::move(job), *emit, output))
    return code;
  if (wantsTimes)
    printTimes(times, std::chrono::duration<double>(
                          std::chrono::steady_clock::now() - start)
                          .count());
  return EXIT_SUCCESS;
}
