// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-sim: runs functions over bsa, and kernels of the tile dialect alone,
// on the CPU, in many orders of events, and tells what is wrong.
#include "../SpecFlags.h"
#include "Flags.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;

static constexpr llvm::StringLiteral kTool = "tessera-sim";

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  tessera::SpecFlags spec;
  tessera::Flags flags;
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
