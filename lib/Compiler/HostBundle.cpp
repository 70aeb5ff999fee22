// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/HostBundle.h"

#include "Facts.h"

#include "llvm/Support/MemoryBuffer.h"

using namespace tessera;

static void addEvidence(const CompileOptions &options,
                        program::Writer &writer) {
  FactList evidence(writer);
  evidence.add("compiler", kCompilerName);
  for (const host::CpuLevel *level : options.levels)
    evidence.add("level", level->cpu);
  writer.head.evidence = evidence.range();
}

llvm::Error tessera::addToBundle(mlir::ModuleOp module,
                                 const CompileOptions &given,
                                 program::BundleWriter &bundle) {
  CompileOptions options = given;
  if (options.levels.empty())
    options.levels = llvm::cantFail(parseCpuLevels("all"));
  HostCompiler compiler(options);
  if (llvm::Error error = compiler.prepare(module))
    return error;
  auto code = compiler.buildImage(module);
  if (!code)
    return code.takeError();
  llvm::StringRef text = (*code)->getBuffer();
  program::Image image = bundle.addImage(
      program::ImageKind::Host,
      std::as_bytes(std::span(text.data(), text.size())), /*leastDriver=*/0);
  for (program::Writer &writer : compiler.takeWriters()) {
    writer.images.push_back(image);
    addEvidence(options, writer);
    bundle.addProgram(writer.write());
  }
  return llvm::Error::success();
}
