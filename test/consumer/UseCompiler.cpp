// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A C++ program against the installed compiler: it parses a module of the `bsa`
// dialect, finds an op by its class, and has an invalid module refused.
#include "Bsa/IR/Bsa.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Version.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

static constexpr llvm::StringLiteral kModule = R"(
func.func @lists(%index: tensor<1x12x8x4xi32>, %count: tensor<1x12x8xi32>)
    -> !bsa.block_map<64x64, capacity = 4> {
  %map = bsa.map_from_lists %index, %count
      : tensor<1x12x8x4xi32>, tensor<1x12x8xi32>
      -> !bsa.block_map<64x64, capacity = 4>
  return %map : !bsa.block_map<64x64, capacity = 4>
}
)";

int main() {
  mlir::DialectRegistry registry;
  tessera::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  mlir::ParserConfig config(&context);

  auto module = mlir::parseSourceString<mlir::ModuleOp>(kModule, config);
  if (!module)
    return 1;
  int maps = 0;
  module->walk([&](tessera::bsa::MapFromListsOp) { ++maps; });
  if (maps != 1) {
    llvm::errs() << "found " << maps << " bsa.map_from_lists, expected 1\n";
    return 1;
  }
  llvm::outs() << "Tessera " TESSERA_VERSION_STRING " parsed\n" << *module;
  return 0;
}
