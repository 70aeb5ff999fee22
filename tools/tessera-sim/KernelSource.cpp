// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelSource.h"

#include "../Assignments.h"
#include "../ModuleSource.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/AsmParser/AsmParserState.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/SourceMgr.h"

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

llvm::Expected<KernelSource> loadKernel(MLIRContext &context, Block &block,
                                        StringRef path, StringRef name) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = openModule(path);
  if (!buffer)
    return buffer.takeError();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  AsmParserState state;
  if (failed(
          parseAsmSourceFile(sources, &block, ParserConfig(&context), &state)))
    return KernelSource();

  std::vector<tile::KernelOp> kernels;
  block.walk([&](tile::KernelOp kernel) { kernels.push_back(kernel); });
  std::vector<std::string> names;
  for (tile::KernelOp kernel : kernels) {
    names.push_back(kernel.getSymName().str());
    if (names.back() == name || (name.empty() && kernels.size() == 1))
      return KernelSource{kernel, parameterNames(state, kernel)};
  }
  if (kernels.empty())
    return llvm::createStringError("'" + path + "' has no tile.kernel");
  return unknownName("kernel", name, names);
}

} // namespace tessera
