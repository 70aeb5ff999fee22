// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Output.h"

#include "tessera/Compiler/Object.h"

using namespace mlir;

namespace tessera {

static llvm::Expected<std::string> emitText(Emit what, HostCompiler &compiler,
                                            ModuleOp module) {
  if (what == Emit::LLVM) {
    auto program = compiler.build(module, host::Linked());
    if (!program)
      return program.takeError();
    return program->printLLVM();
  }
  auto lowered = compiler.lower(module);
  if (!lowered)
    return lowered.takeError();
  std::string text;
  llvm::raw_string_ostream out(text);
  for (LoweredLevel &level : *lowered)
    out << "// " << level.level->cpu << '\n' << *level.module << '\n';
  return text;
}

llvm::Expected<Content> emitForHost(Job &job) {
  llvm::Expected<OwningOpRef<ModuleOp>> module = mergeModules(job.modules);
  if (!module)
    return module.takeError();
  HostCompiler compiler(job.host);
  if (llvm::Error error = compiler.prepare(**module))
    return error;
  llvm::Expected<std::string> text = emitText(job.what, compiler, **module);
  if (!text)
    return text.takeError();
  return Content{std::move(*text), ""};
}

} // namespace tessera
