// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/Object.h"

#include "CollectErrors.h"
#include "tessera/Program/Bundle.h"
#include "tessera/Target/Host/Header.h"

#include "mlir/IR/SymbolTable.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace tessera {

namespace {

/// What goes into an object, read and prepared.
struct Contents {
  std::optional<program::Bundle> gpu;
  std::optional<HostCompiler> host;
  std::vector<program::Record> records; ///< the host's first

  host::Linked linked() const { return {gpu ? &*gpu : nullptr}; }
};

} // namespace

static llvm::Expected<Contents> prepare(ModuleOp module,
                                        std::span<const std::byte> bundle,
                                        const CompileOptions &options) {
  Contents contents;
  if (module) {
    contents.host.emplace(options);
    if (llvm::Error error = contents.host->prepare(module))
      return error;
    llvm::append_range(contents.records, contents.host->records());
  }
  if (bundle.empty())
    return contents;
  auto opened = program::Bundle::open(bundle);
  if (!opened)
    return llvm::createStringError(opened.error().message());
  contents.gpu = *opened;
  for (size_t i = 0; i < opened->programCount(); ++i) {
    std::span<const std::byte> record = opened->record(i);
    contents.records.emplace_back(
        std::vector<std::byte>(record.begin(), record.end()));
  }
  return contents;
}

llvm::Expected<std::string> declareObject(ModuleOp module,
                                          std::span<const std::byte> bundle,
                                          const CompileOptions &options) {
  llvm::Expected<Contents> contents = prepare(module, bundle, options);
  if (!contents)
    return contents.takeError();
  return host::emitHeader(contents->records);
}

llvm::Expected<LinkedObject> compileToObject(ModuleOp module,
                                             std::span<const std::byte> bundle,
                                             const CompileOptions &options) {
  llvm::Expected<Contents> contents = prepare(module, bundle, options);
  if (!contents)
    return contents.takeError();
  llvm::Expected<std::string> header = host::emitHeader(contents->records);
  if (!header)
    return header.takeError();
  llvm::Expected<host::HostProgram> program =
      contents->host
          ? contents->host->build(module, contents->linked())
          : host::buildProgram({}, {}, options.times, contents->linked());
  if (!program)
    return program.takeError();
  auto code = measureStage(options.times, "machine code",
                           [&] { return program->emitObject(); });
  if (!code)
    return code.takeError();
  return LinkedObject{std::move(*code), std::move(*header)};
}

/// Names `op` apart from what `into` holds, unless both are public.
static LogicalResult makeRoom(Operation *op, SymbolTable &own,
                              SymbolTable &into) {
  auto name = SymbolTable::getSymbolName(op);
  Operation *taken = into.lookup(name);
  if (!taken)
    return success();
  auto isPublic = [](Operation *symbol) {
    return SymbolTable::getSymbolVisibility(symbol) ==
           SymbolTable::Visibility::Public;
  };
  if (!isPublic(op))
    return own.renameToUnique(op, {&into});
  if (!isPublic(taken))
    return into.renameToUnique(taken, {&own});
  return op->emitError() << "there are two functions called '"
                         << name.getValue()
                         << "'; rename one, or compile them apart";
}

llvm::Expected<OwningOpRef<ModuleOp>>
mergeModules(llvm::ArrayRef<OwningOpRef<ModuleOp>> modules) {
  OwningOpRef<ModuleOp> merged = modules.front().get().clone();
  SymbolTable into(*merged);
  for (const OwningOpRef<ModuleOp> &module : modules.drop_front()) {
    OwningOpRef<ModuleOp> copy = module.get().clone();
    SymbolTable own(*copy);
    if (llvm::Error error = collectErrors(copy->getContext(), [&] {
          for (Operation &op : copy->getOps())
            if (isa<SymbolOpInterface>(op) && failed(makeRoom(&op, own, into)))
              return failure();
          return success();
        }))
      return error;
    for (Operation &op : llvm::make_early_inc_range(copy->getOps())) {
      op.moveBefore(merged->getBody(), merged->getBody()->end());
      if (isa<SymbolOpInterface>(op))
        into.insert(&op);
    }
  }
  return merged;
}

} // namespace tessera
