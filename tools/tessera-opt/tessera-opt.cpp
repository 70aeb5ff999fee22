// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads a module, runs passes over it, prints it: the tool to look at what each
// pass of Tessera does.
#include "../ModuleSource.h"
#include "../OutputFile.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/Debug/CLOptionsSetup.h"
#include "mlir/Debug/Counter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Support/Timing.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

namespace cl = llvm::cl;
using namespace mlir;

static constexpr llvm::StringLiteral kTool = "tessera-opt";

/// Passes that cannot be set up are wrong usage, found before any input is
/// read: that way it cannot be mistaken for a failing pass. What is wrong has
/// then been said in one line.
static LogicalResult checkPasses(const MlirOptMainConfig &config) {
  MLIRContext context;
  std::string report;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    report += diagnostic.str() + '\n';
  });
  // As MlirOptMain nests them, or passes over functions would be refused.
  PassManager passes(&context, ModuleOp::getOperationName(),
                     PassManager::Nesting::Implicit);
  if (succeeded(config.setupPassPipeline(passes)))
    return success();
  // <text of the pipeline>:1:9: error: <message>, and a picture of the place
  auto [place, message] = llvm::StringRef(report).rsplit("error: ");
  llvm::StringRef line = (message.empty() ? place : message).split('\n').first;
  line.consume_front("<Pass-Options-Parser>: ");
  if (!line.empty()) // else an option of a pass has reported its value
    tessera::usageError(kTool, "the passes cannot be set up: " + line);
  return failure();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  DialectRegistry registry;
  tessera::registerAllDialects(registry);
  tessera::registerAllPasses();

  cl::opt<std::string> input(cl::Positional, cl::init("-"),
                             cl::desc("<input file>"));
  cl::opt<std::string> output("o", cl::init("-"), cl::value_desc("file"),
                              cl::desc("Where to write; standard output"));
  MlirOptMainConfig::registerCLOptions(registry);
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  registerDefaultTimingManagerCLOptions();
  tracing::DebugCounter::registerCLOptions();
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Runs compiler passes over a module.\n\n"
          "  tessera-opt in.mlir --canonicalize\n"
          "  tessera-opt in.mlir --pass-pipeline='builtin.module(cse)'\n"))
    return tessera::kExitUsage;

  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (failed(checkPasses(config)))
    return tessera::kExitUsage;
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> source =
      tessera::openModule(input);
  if (!source)
    return tessera::usageError(kTool, toString(source.takeError()));
  auto out = tessera::OutputFile::open(output);
  if (!out)
    return tessera::usageError(kTool, toString(out.takeError()));
  if (failed(MlirOptMain(out->os(), std::move(*source), registry, config)))
    return EXIT_FAILURE;
  if (llvm::Error error = tessera::OutputFile::keep(*out)) {
    llvm::errs() << kTool << ": " << toString(std::move(error)) << '\n';
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
