// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SpecFlags.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
namespace cl = llvm::cl;

namespace tessera {

SpecFlags::SpecFlags()
    : category("Attention, instead of a module"),
      input(cl::Positional, cl::desc("<input.mlir, or - for standard input>")),
      op("op", cl::cat(category), cl::init(SpecOp::Attention),
         cl::desc("What to compile"),
         cl::values(clEnumValN(SpecOp::Attention, "attention",
                               "coarse-to-fine attention, whole"),
                    clEnumValN(SpecOp::Attend, "attend",
                               "attention over given lists"))),
      headDim("head-dim", cl::cat(category), cl::init(128),
              cl::desc("Features of a head; 128")),
      capacity("topk", cl::cat(category), cl::init(32),
               cl::desc("Room of a list, the largest k; k stays an argument; "
                        "32")),
      heads("heads", cl::cat(category), cl::init(0),
            cl::desc("Query heads; 0, the default: given when run")),
      keyHeads("kv-heads", cl::cat(category), cl::init(0),
               cl::desc("Key/value heads; 0: as many, or given when run")),
      batch("batch", cl::cat(category), cl::init(0),
            cl::desc("Batch entries; 0: given when run")),
      length("length", cl::cat(category), cl::init(0),
             cl::desc("Query tokens; 0: given when run")),
      keyLength("kv-length", cl::cat(category), cl::init(0),
                cl::desc("Key/value tokens; 0: given when run")),
      sink("sink", cl::cat(category), cl::init(0),
           cl::desc("Key blocks at the start that are always kept")),
      local("local", cl::cat(category), cl::init(0),
            cl::desc("Keep key blocks nearer than this; 1: the own one")),
      block("block", cl::cat(category), cl::init("64"),
            cl::value_desc("n or nxm"),
            cl::desc("Tokens of a block, or of query x key block; 64")),
      dtype("dtype", cl::cat(category), cl::init(SpecElement::BF16),
            cl::desc("Element type"),
            cl::values(clEnumValN(SpecElement::BF16, "bf16", "the default"),
                       clEnumValN(SpecElement::F16, "f16", ""),
                       clEnumValN(SpecElement::F32, "f32", ""))),
      forced("forced", cl::cat(category), cl::init(bsa::Forced::Within),
             cl::desc("How kept blocks count"),
             cl::values(
                 clEnumValN(bsa::Forced::Within, "within", "among the k"),
                 clEnumValN(bsa::Forced::Beside, "beside", "beside the k"))),
      gates("gates", cl::cat(category), cl::init(SpecGates::None),
            cl::desc("Gates to take as arguments"),
            cl::values(clEnumValN(SpecGates::None, "none", ""),
                       clEnumValN(SpecGates::Coarse, "coarse", ""),
                       clEnumValN(SpecGates::Fine, "fine", ""),
                       clEnumValN(SpecGates::Both, "both", ""))),
      sizes("sizes", cl::cat(category),
            cl::desc("Take the valid tokens of each block as arguments")),
      scale("scale", cl::cat(category),
            cl::desc("Take the factor of the scores as argument")),
      lse("lse", cl::cat(category), cl::desc("Return the log-sum-exp")),
      withoutCoarse("without-coarse", cl::cat(category),
                    cl::desc("Leave the coarse branch out")) {}

llvm::Expected<Spec> SpecFlags::spec() const {
  Spec spec;
  spec.op = op;
  spec.headDim = headDim;
  auto [query, key] = StringRef(block).split('x');
  if (query.getAsInteger(10, spec.queryBlock) ||
      (key.empty() ? query : key).getAsInteger(10, spec.keyBlock))
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
  spec.sink = sink;
  spec.local = local;
  spec.forced = forced;
  spec.gates = gates;
  spec.withoutCoarse = withoutCoarse;
  return spec;
}

llvm::Expected<OwningOpRef<ModuleOp>>
SpecFlags::load(MLIRContext &context) const {
  bool anyFlag = false;
  for (auto &[name, option] : cl::getRegisteredOptions())
    anyFlag |= option->getNumOccurrences() > 0 &&
               llvm::is_contained(option->Categories, &category);
  if (input.empty()) {
    llvm::Expected<Spec> described = spec();
    if (!described)
      return described.takeError();
    return buildModule(context, *described);
  }
  if (anyFlag)
    return llvm::createStringError("'" + input +
                                   "' says what to compile already; drop it, "
                                   "or the flags that describe an attention");
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> source = openInputFile(input, &error);
  if (!source)
    return llvm::createStringError(error);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(source), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!module)
    return llvm::createStringError("'" + input + "' is no valid module");
  return module;
}

} // namespace tessera
