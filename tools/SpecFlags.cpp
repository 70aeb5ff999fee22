// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SpecFlags.h"

#include "ModuleSource.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace tessera {

SpecFlags::SpecFlags()
    : category("Attention, instead of a module"),
      input(cl::Positional, cl::desc("<input.mlir, or - for standard input>")),
      op("op", cl::cat(category), cl::init(SpecOp::Attention),
         cl::desc("What to compile (default attention)"),
         cl::values(clEnumValN(SpecOp::Attention, "attention",
                               "coarse-to-fine attention, whole"),
                    clEnumValN(SpecOp::Attend, "attend",
                               "attention over given lists"))),
      headDim("head-dim", cl::cat(category), cl::init(128),
              cl::desc("Features of a head, a multiple of 8 from 32 to 256 "
                       "(default 128)")),
      capacity("topk", cl::cat(category), cl::init(32),
               cl::desc("Key blocks a list has room for, so the largest k; "
                        "each call gives its k (default 32)")),
      heads("heads", cl::cat(category), cl::init(0),
            cl::desc("Query heads (default: as each call has)")),
      keyHeads("kv-heads", cl::cat(category), cl::init(0),
               cl::desc("Key/value heads (default: --heads, or as each call "
                        "has)")),
      batch("batch", cl::cat(category), cl::init(0),
            cl::desc("Batch entries (default: as each call has)")),
      length("length", cl::cat(category), cl::init(0),
             cl::desc("Query tokens (default: as each call has)")),
      keyLength("kv-length", cl::cat(category), cl::init(0),
                cl::desc("Key/value tokens (default: as each call has)")),
      sink("sink", cl::cat(category), cl::init(0),
           cl::desc("Key blocks at the start that are always kept "
                    "(default 0)")),
      local("local", cl::cat(category), cl::init(0),
            cl::desc("Always keep key blocks nearer than this to the query "
                     "block; 1: its own (default 0)")),
      name("name", cl::cat(category), cl::value_desc("identifier"),
           cl::desc("The function (default tessera_attention or "
                    "tessera_attend)")),
      block("block", cl::cat(category), cl::init("64"),
            cl::value_desc("n or nxm"),
            cl::desc("Tokens of a block, or of a query and a key block, "
                     "64x128 (default 64)")),
      dtype("dtype", cl::cat(category), cl::init(SpecElement::BF16),
            cl::desc("Element type of query, key, value and output "
                     "(default bf16)"),
            cl::values(clEnumValN(SpecElement::BF16, "bf16", ""),
                       clEnumValN(SpecElement::F16, "f16", ""),
                       clEnumValN(SpecElement::F32, "f32", ""))),
      forced("forced", cl::cat(category), cl::init(bsa::Forced::Within),
             cl::desc("How blocks that are always kept count (default within)"),
             cl::values(
                 clEnumValN(bsa::Forced::Within, "within", "among the k"),
                 clEnumValN(bsa::Forced::Beside, "beside", "beside the k"))),
      gates("gates", cl::cat(category), cl::init(SpecGates::None),
            cl::desc("Factors of the results to take as arguments "
                     "(default none)"),
            cl::values(
                clEnumValN(SpecGates::None, "none", ""),
                clEnumValN(SpecGates::Coarse, "coarse", "of the coarse result"),
                clEnumValN(SpecGates::Fine, "fine", "of the fine result"),
                clEnumValN(SpecGates::Both, "both", "one of each"))),
      gatePer("gate-per", cl::cat(category), cl::init(SpecGatePer::Feature),
              cl::desc("What a gate has a factor for (default feature)"),
              cl::values(clEnumValN(SpecGatePer::Feature, "feature",
                                    "each feature of a token"),
                         clEnumValN(SpecGatePer::Token, "token",
                                    "each token: the last dimension is 1"))),
      sizes("sizes", cl::cat(category),
            cl::desc("Take how many tokens of each block are valid as "
                     "arguments (default: all)")),
      scale("scale", cl::cat(category),
            cl::desc("Take the factor of the scores as an argument (default "
                     "1/sqrt of the head dimension)")),
      lse("lse", cl::cat(category),
          cl::desc("Return the log-sum-exp of the fine scores")),
      returnMap("return-map", cl::cat(category),
                cl::desc("Return the blocks kept, as lists: index and count")),
      returnCoarse("return-coarse", cl::cat(category),
                   cl::desc("Return the coarse result, one row for each query "
                            "block, f32")),
      withoutCoarse("without-coarse", cl::cat(category),
                    cl::desc("Leave the coarse result out of the output")) {}

/// "64" or "64x128".
static bool parseBlock(StringRef text, int64_t &query, int64_t &key) {
  bool both = text.contains('x');
  auto [first, second] = text.split('x');
  return !first.getAsInteger(10, query) &&
         !(both ? second : first).getAsInteger(10, key);
}

bool SpecFlags::isGiven(StringRef flag) {
  auto option = cl::getRegisteredOptions().find(flag);
  return option != cl::getRegisteredOptions().end() &&
         option->second->getNumOccurrences() > 0;
}

llvm::Expected<Spec> SpecFlags::spec() const {
  Spec spec;
  spec.op = op;
  spec.name = name;
  spec.headDim = headDim;
  if (!parseBlock(block, spec.queryBlock, spec.keyBlock))
    return llvm::createStringError("--block: '" + block +
                                   "' is no block; write 64 or 64x128");
  spec.capacity = capacity;
  spec.element = dtype;
  spec.batch = batch;
  spec.heads = heads;
  spec.keyHeads = keyHeads;
  spec.queryLength = length;
  spec.keyLength = keyLength;
  spec.sizes = sizes;
  spec.scale = scale;
  spec.lse = lse;
  spec.returnMap = returnMap;
  spec.returnCoarse = returnCoarse;
  spec.sink = sink;
  spec.local = local;
  spec.forced = forced;
  spec.gates = gates;
  spec.gatePer = gatePer;
  spec.withoutCoarse = withoutCoarse;
  return spec;
}

bool SpecFlags::isDescribed() const {
  return llvm::any_of(cl::getRegisteredOptions(), [&](const auto &entry) {
    return entry.second->getNumOccurrences() > 0 &&
           llvm::is_contained(entry.second->Categories, &category);
  });
}

llvm::Expected<std::string> SpecFlags::path() const {
  if (isDescribed())
    return llvm::createStringError("'" + input +
                                   "' says what to compile already; drop it, "
                                   "or the flags that describe an attention");
  return input.getValue();
}

llvm::Expected<OwningOpRef<ModuleOp>>
SpecFlags::load(MLIRContext &context) const {
  if (!hasInput()) {
    llvm::Expected<Spec> described = spec();
    if (!described)
      return described.takeError();
    return buildModule(context, *described);
  }
  llvm::Expected<std::string> named = path();
  if (!named)
    return named.takeError();
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> source =
      openModule(*named);
  if (!source)
    return source.takeError();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*source), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  return parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
}

} // namespace tessera
