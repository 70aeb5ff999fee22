// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/HostBundle.h"

#include "Facts.h"

#include "llvm/Support/MemoryBuffer.h"

using namespace tessera;

static void addEvidence(llvm::ArrayRef<const host::CpuLevel *> levels,
                        program::Writer &writer) {
  FactList evidence(writer);
  evidence.add("compiler", kCompilerName);
  for (const host::CpuLevel *level : levels)
    evidence.add("level", level->cpu);
  writer.head.evidence = evidence.range();
}

llvm::Error tessera::addToBundle(HostCompiler &compiler,
                                 mlir::ModuleOp prepared,
                                 program::BundleWriter &bundle) {
  auto code = compiler.buildImage(prepared);
  if (!code)
    return code.takeError();
  llvm::StringRef text = (*code)->getBuffer();
  program::Image image = bundle.addImage(
      program::ImageKind::Host,
      std::as_bytes(std::span(text.data(), text.size())), /*leastDriver=*/0);
  for (program::Writer &writer : compiler.takeWriters()) {
    writer.images.push_back(image);
    addEvidence(compiler.levels(), writer);
    bundle.addProgram(writer.write());
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<std::byte>>
tessera::compileToBundle(mlir::ModuleOp module, const CompileOptions &options) {
  HostCompiler compiler(options);
  if (llvm::Error error = compiler.prepare(module))
    return error;
  program::BundleWriter bundle;
  if (llvm::Error error = addToBundle(compiler, module, bundle))
    return error;
  return bundle.write();
}
