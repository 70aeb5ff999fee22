// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Output.h"

#include "tessera/Compiler/HostBundle.h"
#include "tessera/Target/Host/Header.h"

using namespace mlir;

namespace tessera {

llvm::Expected<Emit> chooseHostOutput(Emit what) {
  switch (what) {
  case Emit::Default:
    return Emit::Object;
  case Emit::MLIR:
  case Emit::LLVM:
  case Emit::Object:
  case Emit::Bundle:
  case Emit::Header:
    return what;
  default:
    return llvm::createStringError(
        "--emit: the host gives mlir, llvm, object, bundle and header; add "
        "--target sm_90a for tile, ptx and cubin");
  }
}

static llvm::Expected<std::string> emitText(Emit what, HostCompiler &compiler,
                                            ModuleOp module) {
  if (what == Emit::Header)
    return host::emitHeader(compiler.records());
  if (what == Emit::Object) {
    auto object = compiler.buildObject(module);
    if (!object)
      return object.takeError();
    return (*object)->getBuffer().str();
  }
  if (what == Emit::LLVM) {
    auto program = compiler.build(module);
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

static llvm::Expected<Content> emitBundle(ModuleOp module,
                                          const CompileOptions &options) {
  llvm::Expected<std::vector<std::byte>> bytes =
      compileToBundle(module, options);
  if (!bytes)
    return bytes.takeError();
  return Content{
      std::string(reinterpret_cast<const char *>(bytes->data()), bytes->size()),
      ""};
}

llvm::Expected<Content> emitForHost(Emit what, ModuleOp module,
                                    const CompileOptions &options) {
  if (what == Emit::Bundle)
    return emitBundle(module, options);
  HostCompiler compiler(options);
  if (llvm::Error error = compiler.prepare(module))
    return error;
  llvm::Expected<std::string> text = emitText(what, compiler, module);
  if (!text)
    return text.takeError();
  Content content{std::move(*text), ""};
  if (what != Emit::Object)
    return content;
  llvm::Expected<std::string> header = host::emitHeader(compiler.records());
  if (!header)
    return header.takeError();
  content.header = std::move(*header);
  return content;
}

} // namespace tessera
