// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelFile.h"

#include "tessera/Compiler/Registration.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace tessera::test {

static MLIRContext &context() {
  static MLIRContext context([] {
    DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }());
  return context;
}

tile::KernelOp KernelFile::kernel() const {
  return *module.get().getOps<tile::KernelOp>().begin();
}

KernelFile parseKernel(llvm::StringRef text, llvm::StringRef name,
                       bool verifies) {
  KernelFile file;
  ScopedDiagnosticHandler handler(&context(), [&](Diagnostic &diagnostic) {
    file.errors += diagnostic.str() + "\n";
  });
  ParserConfig config(&context(), verifies);
  file.module = parseSourceString<ModuleOp>(text, config, name);
  return file;
}

std::string readTestFile(llvm::StringRef path) {
  std::string whole = (TESSERA_TEST_SOURCES "/" + path).str();
  auto buffer = llvm::MemoryBuffer::getFile(whole);
  if (!buffer)
    llvm::report_fatal_error("cannot read " + llvm::Twine(whole));
  return (*buffer)->getBuffer().str();
}

std::string print(const sim::SimulationResult &result) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const sim::Report &report : result.reports)
    sim::print(os, report);
  return text;
}

} // namespace tessera::test
