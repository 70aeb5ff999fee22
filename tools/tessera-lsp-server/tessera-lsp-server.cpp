// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Language server for `.mlir` files that use Tessera's dialects.
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  tessera::registerAllDialects(registry);
  tessera::registerAllPasses();
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << tessera::versionText("tessera-lsp-server");
  });
  return mlir::MlirLspServerMain(argc, argv, registry).succeeded() ? 0 : 1;
}
