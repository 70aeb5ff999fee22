// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SourceFile.h"

#include "../Assignments.h"
#include "../ModuleSource.h"

#include "Bsa/IR/Bsa.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tessera {

/// Their names in the text, for values have none in the IR.
static std::vector<std::string> parameterNames(const AsmParserState &state,
                                               tile::KernelOp kernel) {
  std::vector<std::string> names;
  const AsmParserState::BlockDefinition *block =
      state.getBlockDef(&kernel.getBody().front());
  for (unsigned i = 0; i < kernel.getArgumentTypes().size(); ++i) {
    // A kernel in generic form may leave out what nobody uses.
    StringRef text;
    if (block && i < block->arguments.size()) {
      llvm::SMRange range = block->arguments[i].loc;
      text = StringRef(range.Start.getPointer(),
                       range.End.getPointer() - range.Start.getPointer());
    }
    text.consume_front("%");
    names.push_back(text.empty() ? "arg" + std::to_string(i) : text.str());
  }
  return names;
}

/// The module that a block of the top level is: the only thing in it, or all.
static OwningOpRef<ModuleOp> takeModule(MLIRContext &context, Block &block) {
  if (!block.empty() && &block.front() == &block.back())
    if (auto module = dyn_cast<ModuleOp>(block.front())) {
      module->remove();
      return module;
    }
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  module->getBody()->getOperations().splice(module->getBody()->end(),
                                            block.getOperations());
  return module;
}

llvm::Expected<SourceFile> SourceFile::parse(MLIRContext &context,
                                             StringRef path) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = openModule(path);
  if (!buffer)
    return buffer.takeError();
  SourceFile file;
  file.path = path;
  file.sources = std::make_shared<llvm::SourceMgr>();
  file.names = std::make_shared<AsmParserState>();
  file.sources->AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(*file.sources, &context);
  Block block;
  if (succeeded(parseAsmSourceFile(*file.sources, &block,
                                   ParserConfig(&context), file.names.get())))
    file.parsed = takeModule(context, block);
  return file;
}

bool SourceFile::hasFunctions() const {
  return llvm::any_of(module().getOps<func::FuncOp>(), [](func::FuncOp f) {
    return f.isPublic() && !f.isExternal() &&
           f.walk([](Operation *op) {
              return isa<bsa::BsaDialect>(op->getDialect())
                         ? WalkResult::interrupt()
                         : WalkResult::advance();
            }).wasInterrupted();
  });
}

llvm::Expected<KernelSource> SourceFile::kernel(StringRef name) const {
  std::vector<tile::KernelOp> kernels;
  module().walk([&](tile::KernelOp kernel) { kernels.push_back(kernel); });
  std::vector<std::string> found;
  for (tile::KernelOp kernel : kernels) {
    found.push_back(kernel.getSymName().str());
    if (found.back() == name || (name.empty() && kernels.size() == 1))
      return KernelSource{kernel, parameterNames(*names, kernel)};
  }
  if (kernels.empty())
    return llvm::createStringError(
        "'" + path +
        "' has neither a function over bsa nor a tile.kernel to run");
  if (name.empty())
    return llvm::createStringError("--kernel: name one of several: " +
                                   llvm::join(found, ", "));
  return unknownName("kernel", name, found);
}

} // namespace tessera
