// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tools share: the registry, the passes, the version text.
#include "tessera/Compiler/Registration.h"
#include "tessera/Version.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

namespace {

TEST(Registration, EveryDialectLoads) {
  mlir::DialectRegistry registry;
  tessera::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  for (llvm::StringRef name : {"bsa", "arith", "func", "linalg", "llvm",
                               "memref", "scf", "tensor", "vector"})
    EXPECT_NE(context.getOrLoadDialect(name), nullptr) << name.str();
}

TEST(Registration, PassesAreKnownToPipelines) {
  tessera::registerAllPasses();
  mlir::DialectRegistry registry;
  tessera::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  mlir::PassManager pipeline(&context);
  std::string errors;
  llvm::raw_string_ostream stream(errors);
  EXPECT_TRUE(mlir::succeeded(mlir::parsePassPipeline(
      "one-shot-bufferize,func.func(canonicalize,cse),convert-to-llvm",
      pipeline, stream)))
      << errors;
}

TEST(Version, NamesTesseraAndLLVM) {
  std::string text = tessera::versionText("some-tool");
  EXPECT_NE(text.find("some-tool"), std::string::npos);
  EXPECT_NE(text.find(TESSERA_VERSION_STRING), std::string::npos);
  EXPECT_NE(text.find(LLVM_VERSION_STRING), std::string::npos);
  EXPECT_NE(text.find("targets: "), std::string::npos);
}

} // namespace
