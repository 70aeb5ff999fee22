// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-run: compiles a module or a described attention in process, calls it
// on .npy files or on generated input, and says how long it took.
#include "../Assignments.h"
#include "../SpecFlags.h"
#include "Steps.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

#include <algorithm>

using namespace mlir;
namespace cl = llvm::cl;

static constexpr llvm::StringLiteral kTool = "tessera-run";

namespace {
enum class Target { Host, Sm90a };
} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  tessera::SpecFlags flags;
  cl::list<std::string> inputs(
      "input", cl::value_desc("name=file.npy"),
      cl::desc("Read an argument; tensors that are not read are random. May be "
               "repeated"));
  cl::list<std::string> outputs(
      "output", cl::value_desc("name=file.npy"),
      cl::desc("Write a result, or an argument. May be repeated"));
  cl::list<std::string> dims(
      "dim", cl::value_desc("Sq=4096"),
      cl::desc("Extent that no file gives, of B, H, Hkv, Sq, Skv or another "
               "dimension of the header. May be repeated"));
  cl::list<std::string> scalars(
      "set", cl::value_desc("topk=8"),
      cl::desc("Value of a scalar argument (default: the largest topk, a scale "
               "of 0.125). May be repeated"));
  cl::opt<std::string> function(
      "function", cl::value_desc("name"),
      cl::desc("Which function of the module, if it has several"));
  tessera::Number seed("seed", cl::init(0),
                       cl::desc("Of what is random (default 0)"));
  tessera::Number repeat("repeat", cl::init(1),
                         cl::desc("Calls to time (default 1)"));
  tessera::Number threads("num-threads", cl::init(0),
                          cl::desc("Threads (default 0: one for each core)"));
  tessera::Choice<Target> target(
      "target", cl::init(Target::Host), cl::desc("Where to run (default host)"),
      cl::values(clEnumValN(Target::Host, "host", "this processor"),
                 clEnumValN(Target::Sm90a, "sm_90a",
                            "an H100 or H200; attend alone, so far")));
  tessera::Number gpu("gpu", cl::init(0), cl::desc("Which GPU (default 0)"));
  cl::opt<std::string> plan(
      "plan", cl::value_desc("text"),
      cl::desc("How GPU kernels are built (default: as the compiler chooses)"));
  cl::opt<std::string> bundle(
      "bundle", cl::value_desc("file"),
      cl::desc("Run what tessera-compile --emit bundle made, instead of "
               "compiling"));
  cl::opt<bool> explain("explain", cl::desc("Say what was chosen, and why"));
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Compiles a module, or an attention that flags describe, and runs "
          "it.\n\n"
          "  tessera-run --head-dim 128 --dtype f32 --dim Sq=8192 --dim "
          "Skv=8192 --set topk=13 --repeat 5\n"
          "  tessera-run attention.mlir --input query=q.npy --output "
          "output=o.npy\n"))
    return tessera::kExitUsage;

  tessera::RunRequest request;
  request.choices.seed = seed;
  request.function = function;
  request.repeat = repeat;
  request.gpu = gpu;
  request.plan = plan;
  request.bundle = bundle;
  request.explain = explain;
  if (llvm::Error error = llvm::joinErrors(
          llvm::joinErrors(
              tessera::parseTexts("input", inputs, request.choices.files),
              tessera::parseOutputs("output", outputs, request.results)),
          llvm::joinErrors(
              tessera::parseNumbers("dim", dims, request.choices.dims),
              tessera::parseNumbers("set", scalars, request.choices.scalars))))
    return tessera::usageError(kTool, toString(std::move(error)));
  if (repeat < 1)
    return tessera::usageError(kTool, "--repeat: " + llvm::Twine(repeat) +
                                          " calls cannot be timed; write 1 or "
                                          "more");
  if (target == Target::Host)
    for (llvm::StringRef flag : {"gpu", "plan"})
      if (tessera::SpecFlags::isGiven(flag))
        return tessera::usageError(kTool, "--" + flag +
                                              ": is for a GPU; add --target "
                                              "sm_90a");
  if (!bundle.empty() && (flags.isAnyGiven() || !plan.empty()))
    return tessera::usageError(
        kTool, "--bundle: '" + bundle +
                   "' is compiled already; drop the module, or the flags that "
                   "say what to compile");
  int64_t count = std::clamp<int64_t>(threads, INT32_MIN, INT32_MAX);
  if (tessera_error *error = tessera_set_num_threads(count))
    return tessera::usageError(kTool, tessera_error_message(error));

  if (!bundle.empty())
    return target == Target::Host ? tessera::runBundleOnHost(request)
                                  : tessera::runBundleOnGpu(request);
  DialectRegistry registry;
  tessera::registerAllDialects(registry);
  MLIRContext context(registry);
  llvm::Expected<OwningOpRef<ModuleOp>> module = flags.load(context);
  if (!module)
    return tessera::usageError(kTool, toString(module.takeError()));
  if (!*module)
    return EXIT_FAILURE;
  return target == Target::Host ? tessera::runOnHost(**module, request)
                                : tessera::runOnGpu(**module, request);
}
