// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Language server for `.mlir` files that use Tessera's dialects.
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/raw_ostream.h"

static constexpr llvm::StringLiteral kTool = "tessera-lsp-server";

/// The server's options live inside MLIR, which leaves with 1 when one is
/// wrong; what it takes is therefore checked here first.
static bool isServerOption(llvm::StringRef argument) {
  if (!argument.starts_with("-"))
    return false;
  llvm::StringRef name = argument.ltrim('-').split('=').first;
  return llvm::is_contained({"help", "help-hidden", "h", "input-style",
                             "lit-test", "log", "pretty", "version"},
                            name);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  for (const char *argument : llvm::ArrayRef(argv, argc).drop_front())
    if (!isServerOption(argument))
      return tessera::usageError(
          kTool, llvm::Twine("unknown argument '") + argument +
                     "': it is started by an editor and takes --log=<level>, "
                     "--pretty, --lit-test; see " +
                     kTool + " --help");

  mlir::DialectRegistry registry;
  tessera::registerAllDialects(registry);
  llvm::cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << tessera::versionText(kTool); });
  return mlir::MlirLspServerMain(argc, argv, registry).succeeded() ? 0 : 1;
}
