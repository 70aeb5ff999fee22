// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-compile: a module of `bsa` functions, or flags, to loops, LLVM IR, an
// object with its C header, or a bundle.
#include "../OutputFile.h"
#include "Flags.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Target/Host/Header.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <chrono>
#include <vector>

using namespace mlir;

static constexpr llvm::StringLiteral kTool = "tessera-compile";

using tessera::Emit;

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
                   StringRef output) {
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
  if (llvm::Error error = tessera::checkModules(job))
    return tessera::usageError(kTool, toString(std::move(error)));
  auto files = openFiles(output, job.what);
  if (!files)
    return tessera::usageError(kTool, toString(files.takeError()));
  auto content = tessera::emit(job, llvm::errs());
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
  tessera::CompileFlags flags;
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Compiles the public functions of modules, or the attentions that "
          "flags describe.\n\n"
          "  tessera-compile attention.mlir -o attention.o\n"
          "  tessera-compile --head-dim 128 --block 64 --topk 32 --heads 12 "
          "--dtype bf16 -o attention.o\n"))
    return tessera::kExitUsage;

  if (flags.inspected.getNumOccurrences())
    return inspect(flags.inspected, flags.output, flags.spec);
  auto start = std::chrono::steady_clock::now();
  tessera::StageTimes times;
  llvm::Expected<tessera::Job> job = flags.job(times);
  if (!job)
    return tessera::usageError(kTool, toString(job.takeError()));
  // A linker that is used as a library forgets what was asked for.
  bool wantsTimes = flags.timing;
  if (int code = compile(flags.spec, std::move(*job), flags.output))
    return code;
  if (wantsTimes)
    printTimes(times, std::chrono::duration<double>(
                          std::chrono::steady_clock::now() - start)
                          .count());
  return EXIT_SUCCESS;
}
