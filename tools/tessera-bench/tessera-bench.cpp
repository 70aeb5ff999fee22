// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-bench: times compiled attention over lists on a GPU, checks it
// against float64, and prints it beside what others measured.
#include "Models.h"
#include "Session.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/InitLLVM.h"

using namespace tessera;
using namespace tessera::bench;

static constexpr llvm::StringLiteral kTool = "tessera-bench";

static int fail(const llvm::Twine &message) {
  llvm::errs() << kTool << ": " << message << '\n';
  return EXIT_FAILURE;
}

static int mergeFiles(const std::string &path,
                      llvm::ArrayRef<NamedRow> theirs) {
  auto rows = readJson(path);
  if (!rows)
    return usageError(kTool, "--ours: " + toString(rows.takeError()));
  printMerged(llvm::outs(), *rows, theirs);
  return EXIT_SUCCESS;
}

static int runOnGpu(const Flags &flags, const Plan &plan,
                    llvm::ArrayRef<NamedRow> theirs) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  if (llvm::Error error = checkProblems(plan, context))
    return usageError(kTool, toString(std::move(error)));
  auto keep = [&](llvm::ArrayRef<Row> rows) {
    return flags.out.empty() ? llvm::Error::success()
                             : writeJson(flags.out, rows);
  };
  auto gpu = Gpu::open(flags.gpu);
  if (!gpu)
    return fail(toString(gpu.takeError()));
  auto assembler = chooseAssembler(flags.ptxas, GpuOptions().chip);
  if (!assembler)
    return usageError(kTool, "--ptxas: " + toString(assembler.takeError()));
  if (llvm::Error error = keep({}))
    return usageError(kTool, toString(std::move(error)));
  const driver::DeviceProperties &properties = (*gpu)->properties();
  llvm::outs() << properties.name << ", " << properties.multiprocessors
               << " SMs, CUDA " << properties.driverVersion / 1000 << '.'
               << properties.driverVersion % 1000 / 10 << "; "
               << assembler->describe() << '\n';

  Session session(**gpu, *assembler, plan, context);
  session.run(llvm::outs(), keep);
  if (!theirs.empty()) {
    llvm::outs() << '\n';
    printMerged(llvm::outs(), namesOf(session.rows()), theirs);
  }
  return session.isRight() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  hideLibraryOptions();
  Flags flags;
  if (!parseCommandLine(
          argc, argv, kTool,
          "Times compiled attention over lists on a GPU: useful TFLOP/s in the "
          "steady state, the median\nof single launches.\n\n"
          "  tessera-bench --shape 1x12x49152x128x76 --lse --check\n"
          "  tessera-bench --model wan-14b-720p --lse --merge peers.json\n"))
    return kExitUsage;
  if (flags.listsModels) {
    llvm::outs() << listModels();
    return EXIT_SUCCESS;
  }
  auto theirs = readAllJson(flags.merges);
  if (!theirs)
    return usageError(kTool, "--merge: " + toString(theirs.takeError()));
  if (!flags.ours.empty())
    return mergeFiles(flags.ours, *theirs);
  auto plan = flags.plan();
  if (!plan)
    return usageError(kTool, toString(plan.takeError()));
  return runOnGpu(flags, *plan, *theirs);
}
