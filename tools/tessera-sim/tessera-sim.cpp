// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-sim: runs a kernel of the tile dialect on the CPU, in many orders of
// events, and tells what is wrong with it.
#include "../Assignments.h"
#include "../OptionParsers.h"
#include "../OutputFile.h"
#include "KernelArguments.h"

#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

#include <optional>

using namespace mlir;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kTool = "tessera-sim";

static int fail(const llvm::Twine &message) {
  llvm::errs() << kTool << ": " << message << '\n';
  return EXIT_FAILURE;
}

/// Text, or JSON if the name of the file says so.
static llvm::Error writeTrace(StringRef path,
                              const tessera::sim::SimulationResult &result) {
  auto file = tessera::OutputFile::open(path == "text" ? "-" : path);
  if (!file)
    return file.takeError();
  if (path.ends_with(".json"))
    tessera::sim::printChromeTrace(file->os(), result.trace);
  else
    tessera::sim::printTrace(file->os(), result.trace);
  return tessera::OutputFile::keep(*file);
}

namespace {
struct Flags {
  cl::opt<std::string> path{cl::Positional, cl::desc("<kernels.mlir>"),
                            cl::init("-")};
  cl::opt<std::string> kernel{
      "kernel", cl::value_desc("name"),
      cl::desc("Which kernel of the file, if it has several")};
  tessera::Number grid{"grid", cl::init(1), cl::desc("CTAs (default 1)")};
  tessera::Number resident{"resident", cl::init(1),
                           cl::desc("CTAs that run at a time (default 1)")};
  tessera::Number seed{"seed", cl::init(0),
                       cl::desc("Of the first order of events (default 0)")};
  tessera::Number interleavings{
      "interleavings", cl::init(1),
      cl::desc("Orders to try, with this seed and those after it (default 1)")};
  cl::list<std::string> inputs{
      "input", cl::value_desc("q=file.npy"),
      cl::desc("Read an array, by the name of its parameter. May be repeated")};
  cl::list<std::string> shapes{
      "shape", cl::value_desc("o=2x12x256x128"),
      cl::desc("An array of that shape, NaN or -1 until the kernel writes it. "
               "May be repeated")};
  cl::list<std::string> scalars{"set", cl::value_desc("scale=0.125"),
                                cl::desc("Value of a scalar. May be repeated")};
  cl::list<std::string> outputs{
      "output", cl::value_desc("o=file.npy"),
      cl::desc("Write an array after the last run. May be repeated")};
  cl::opt<std::string> trace{
      "trace", cl::value_desc("text|file|file.json"),
      cl::desc("Write what happened in the last run, as text or for a trace "
               "viewer")};

  llvm::Error read(tessera::KernelChoices &choices) const {
    using llvm::joinErrors;
    return joinErrors(
        joinErrors(tessera::parseTexts("input", inputs, choices.files),
                   tessera::parseOutputs("output", outputs, choices.results)),
        joinErrors(tessera::parseTexts("shape", shapes, choices.shapes),
                   tessera::parseNumbers("set", scalars, choices.scalars)));
  }
};
} // namespace

/// Runs until something is reported; prints what it was.
static int runAll(const Flags &flags, const tessera::KernelSource &source,
                  tessera::KernelArguments &arguments,
                  tessera::sim::SimulationResult &result) {
  std::optional<tessera::KernelArguments> first;
  for (int64_t run = 0; run < flags.interleavings; ++run) {
    tessera::sim::Options options;
    options.seed = flags.seed + run;
    options.trace = !flags.trace.empty();
    options.residentCtas = flags.resident;
    result = tessera::sim::simulate(source.kernel, arguments.renew(),
                                    flags.grid, options);
    for (const tessera::sim::Report &report : result.reports) {
      if (report.kind == tessera::sim::ReportKind::BadArgument)
        return tessera::usageError(kTool, report.text);
      tessera::sim::print(llvm::errs(), report);
    }
    if (!result.isClean())
      return fail("seed " + llvm::Twine(options.seed) +
                  ": the kernel is wrong");
    if (!first)
      first = arguments;
    else if (!arguments.sameArrays(*first))
      return fail("seed " + llvm::Twine(options.seed) +
                  ": the results are not those of seed " +
                  llvm::Twine(flags.seed));
  }
  llvm::outs() << "nothing to report, seeds " << flags.seed << " .. "
               << flags.seed + flags.interleavings - 1 << '\n';
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  Flags flags;
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Runs a kernel of the tile dialect on the CPU and reports deadlocks, "
          "stages read or written at the wrong time, and what is left over.\n\n"
          "  tessera-sim kernel.mlir --grid 4 --interleavings 100 --input "
          "q=q.npy --shape o=1x12x256x128 --set scale=0.088 --output "
          "o=o.npy\n"))
    return tessera::kExitUsage;
  tessera::KernelChoices choices;
  if (llvm::Error error = flags.read(choices))
    return tessera::usageError(kTool, toString(std::move(error)));
  if (flags.interleavings < 1 || flags.grid < 1 || flags.resident < 1)
    return tessera::usageError(
        kTool, "--interleavings, --grid and --resident want 1 or more");

  DialectRegistry registry;
  tessera::registerAllDialects(registry);
  MLIRContext context(registry);
  Block block;
  auto source = tessera::loadKernel(context, block, flags.path, flags.kernel);
  if (!source)
    return tessera::usageError(kTool, toString(source.takeError()));
  if (!source->kernel)
    return EXIT_FAILURE;
  auto arguments = tessera::KernelArguments::create(*source, choices);
  if (!arguments)
    return tessera::usageError(kTool, toString(arguments.takeError()));
  tessera::sim::SimulationResult result;
  int code = runAll(flags, *source, *arguments, result);
  llvm::Error error = arguments->write(choices.results);
  if (!flags.trace.empty())
    error = joinErrors(std::move(error), writeTrace(flags.trace, result));
  if (error)
    return fail(toString(std::move(error)));
  return code;
}
