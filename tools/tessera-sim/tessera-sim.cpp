// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-sim: runs functions over bsa, and kernels of the tile dialect alone,
// on the CPU, in many orders of events, and tells what is wrong.
#include "../Assignments.h"
#include "../SpecFlags.h"
#include "Runs.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kTool = "tessera-sim";

namespace {
/// Some are for functions, some for kernels alone.
struct Flags {
  cl::list<std::string> inputs{
      "input", cl::value_desc("query=file.npy"),
      cl::desc("Read a tensor, by the name of its parameter; a function's that "
               "are not read are random. May be repeated")};
  cl::list<std::string> scalars{"set", cl::value_desc("scale=0.125"),
                                cl::desc("Value of a scalar. May be repeated")};
  cl::list<std::string> outputs{
      "output", cl::value_desc("output=file.npy"),
      cl::desc("Write a tensor after the last run. May be repeated")};
  tessera::Number seed{"seed", cl::init(0),
                       cl::desc("Of the first order of events (default 0)")};
  tessera::Number interleavings{
      "interleavings", cl::init(1),
      cl::desc("Orders to try, with this seed and those after it (default 1)")};
  tessera::Number resident{
      "resident", cl::init(0),
      cl::desc(
          "CTAs that run at a time, where they do not wait for one another "
          "(default: of a function --sms, of a kernel 1)")};
  cl::opt<std::string> trace{
      "trace", cl::value_desc("text|file|file.json"),
      cl::desc("Write what happened in the last run, as text or for a trace "
               "viewer")};

  cl::OptionCategory ofFunctions{"Functions"};
  cl::opt<std::string> function{
      "function", cl::cat(ofFunctions), cl::value_desc("name"),
      cl::desc("Which function of the module, if it has several")};
  cl::list<std::string> dims{
      "dim", cl::cat(ofFunctions), cl::value_desc("Sq=256"),
      cl::desc("Extent that no file gives, of B, H, Hkv, Sq, Skv or another "
               "dimension of the header. May be repeated")};
  cl::opt<std::string> plan{
      "plan", cl::cat(ofFunctions), cl::value_desc("text"),
      cl::desc("How kernels are built (default: as the compiler chooses)")};
  tessera::Number multiprocessors{
      "sms", cl::cat(ofFunctions), cl::init(132),
      cl::desc("Multiprocessors, each with room for one CTA (default 132)")};
  tessera::Number l2Bytes{"l2-bytes", cl::cat(ofFunctions),
                          cl::init(int64_t(50) << 20),
                          cl::desc("Bytes of the L2 (default 50 MiB)")};
  tessera::Number workspaceBytes{
      "workspace-bytes", cl::cat(ofFunctions), cl::init(-1),
      cl::desc("Bytes of workspace (default: the best there is)")};

  cl::OptionCategory ofKernels{"Kernels alone"};
  cl::opt<std::string> kernel{
      "kernel", cl::cat(ofKernels), cl::value_desc("name"),
      cl::desc("Run a tile.kernel of the file, its arguments as flags say")};
  tessera::Number grid{"grid", cl::cat(ofKernels), cl::init(1),
                       cl::desc("CTAs (default 1)")};
  cl::list<std::string> shapes{
      "shape", cl::cat(ofKernels), cl::value_desc("o=2x12x256x128"),
      cl::desc("An array of that shape, NaN or -1 until the kernel writes it. "
               "May be repeated")};

  llvm::Error read(tessera::SimRequest &request) const;
  llvm::Error check(bool isKernel) const;
};
} // namespace

llvm::Error Flags::read(tessera::SimRequest &request) const {
  using llvm::joinErrors;
  request.seed = seed;
  request.interleavings = interleavings;
  request.resident = resident;
  request.trace = trace;
  request.grid = grid;
  request.plan = plan;
  request.multiprocessors = multiprocessors;
  request.l2Bytes = l2Bytes;
  request.workspaceBytes = workspaceBytes;
  request.call.function = function;
  tessera::KernelChoices &choices = request.kernel;
  if (llvm::Error error = joinErrors(
          joinErrors(tessera::parseTexts("input", inputs, choices.files),
                     tessera::parseOutputs("output", outputs, choices.results)),
          joinErrors(
              joinErrors(
                  tessera::parseTexts("shape", shapes, choices.shapes),
                  tessera::parseNumbers("set", scalars, choices.scalars)),
              tessera::parseNumbers("dim", dims, request.call.choices.dims))))
    return error;
  request.call.choices.files = choices.files;
  request.call.choices.scalars = choices.scalars;
  request.call.results = choices.results;
  for (const tessera::Number *number :
       {&interleavings, &grid, &multiprocessors})
    if (*number < 1)
      return llvm::createStringError("--" + number->ArgStr +
                                     " wants 1 or more");
  return llvm::Error::success();
}

/// What is for the other kind says nothing here.
llvm::Error Flags::check(bool isKernel) const {
  for (const auto &entry : cl::getRegisteredOptions()) {
    const cl::Option &option = *entry.second;
    const cl::OptionCategory &other = isKernel ? ofFunctions : ofKernels;
    if (option.getNumOccurrences() > 0 &&
        llvm::is_contained(option.Categories, &other))
      return llvm::createStringError(
          "--" + option.ArgStr +
          (isKernel
               ? ": is for functions, and what runs here is a tile.kernel; "
                 "drop it"
               : ": is for a tile.kernel alone; a function says it "
                 "itself, drop it, or choose a kernel with --kernel"));
  }
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  tessera::SpecFlags spec;
  Flags flags;
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Compiles a function over bsa, or an attention that flags describe, "
          "for a GPU and runs it on the CPU; or runs a kernel of the tile "
          "dialect. Reports deadlocks, stages read or written at the wrong "
          "time, and what is left over.\n\n"
          "  tessera-sim attend.mlir --sms 4 --interleavings 10 --input "
          "query=q.npy --output output=o.npy\n"
          "  tessera-sim --op attend --head-dim 64 --dim Sq=256 --dim Skv=512\n"
          "  tessera-sim kernel.mlir --grid 4 --input q=q.npy --shape "
          "o=1x12x256x128 --set scale=0.088 --output o=o.npy\n"))
    return tessera::kExitUsage;
  tessera::SimRequest request;
  if (llvm::Error error = flags.read(request))
    return tessera::failUsage(std::move(error));

  DialectRegistry registry;
  tessera::registerAllDialects(registry);
  MLIRContext context(registry);
  if (!spec.hasInput()) {
    llvm::Expected<OwningOpRef<ModuleOp>> module = spec.load(context);
    if (!module)
      return tessera::failUsage(module.takeError());
    if (llvm::Error error = flags.check(/*isKernel=*/false))
      return tessera::failUsage(std::move(error));
    return tessera::runFunction(**module, request);
  }
  llvm::Expected<std::string> path = spec.path();
  if (!path)
    return tessera::failUsage(path.takeError());
  llvm::Expected<tessera::SourceFile> file =
      tessera::SourceFile::parse(context, *path);
  if (!file)
    return tessera::failUsage(file.takeError());
  if (!file->module())
    return EXIT_FAILURE;
  bool isKernel = !flags.kernel.empty() || !file->hasFunctions();
  if (llvm::Error error = flags.check(isKernel))
    return tessera::failUsage(std::move(error));
  if (!isKernel)
    return tessera::runFunction(file->module(), request);
  llvm::Expected<tessera::KernelSource> kernel = file->kernel(flags.kernel);
  return kernel ? tessera::runKernel(*kernel, request)
                : tessera::failUsage(kernel.takeError());
}
