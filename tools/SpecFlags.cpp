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
      inputs(cl::Positional, cl::desc("<input.mlir, or - for standard input>")),
      op("op", cl::cat(category), cl::init(SpecOp::Attention),
         cl::desc("What to compile (default attention)"),
         cl::values(clEnumValN(SpecOp::Attention, "attention",
                               "coarse-to-fine attention, whole"),
                    clEnumValN(SpecOp::Attend, "attend",
                               "attention over given lists"))),
      headDims("head-dim", cl::cat(category), cl::CommaSeparated,
               cl::desc("Features of a head, a multiple of 8 from 32 to 256 "
                        "(default 128)")),
      capacities("topk", cl::cat(category), cl::CommaSeparated,
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
      blocks("block", cl::cat(category), cl::CommaSeparated,
             cl::value_desc("n or nxm"),
             cl::desc("Tokens of a block, or of a query and a key block, "
                      "64x128 (default 64)")),
      dtypes("dtype", cl::cat(category), cl::CommaSeparated,
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

Spec SpecFlags::common() const {
  Spec spec;
  spec.op = op;
  spec.name = name;
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

/// As --dtype has it.
static StringRef nameOf(SpecElement element) {
  switch (element) {
  case SpecElement::BF16:
    return "bf16";
  case SpecElement::F16:
    return "f16";
  case SpecElement::F32:
    return "f32";
  }
  llvm_unreachable("an element type without a name");
}

/// Each of `specs` with each of `values`, which set(spec, value) puts into it
/// and gives a word for; where there are several, names have the word.
template <typename Values, typename Set>
static std::vector<Spec> combine(const std::vector<Spec> &specs,
                                 const Values &values, Set set) {
  if (values.empty())
    return specs;
  std::vector<Spec> combined;
  for (const Spec &spec : specs)
    for (const auto &value : values) {
      Spec &made = combined.emplace_back(spec);
      std::string word = set(made, value);
      if (values.size() > 1)
        made.name += "_" + word;
    }
  return combined;
}

llvm::Expected<std::vector<Spec>> SpecFlags::specs() const {
  Spec first = common();
  bool areSeveral = headDims.size() > 1 || blocks.size() > 1 ||
                    capacities.size() > 1 || dtypes.size() > 1;
  if (areSeveral)
    first.name = functionName(first).str();
  std::vector<Spec> specs = {std::move(first)};
  specs = combine(specs, headDims, [](Spec &spec, int64_t headDim) {
    spec.headDim = headDim;
    return "d" + std::to_string(headDim);
  });
  for (const std::string &block : blocks)
    if (int64_t query = 0, key = 0; !parseBlock(block, query, key))
      return llvm::createStringError("--block: '" + block +
                                     "' is no block; write 64 or 64x128");
  specs = combine(specs, blocks, [](Spec &spec, const std::string &block) {
    parseBlock(block, spec.queryBlock, spec.keyBlock);
    return "b" + block;
  });
  specs = combine(specs, capacities, [](Spec &spec, int64_t capacity) {
    spec.capacity = capacity;
    return "k" + std::to_string(capacity);
  });
  return combine(specs, dtypes, [](Spec &spec, SpecElement element) {
    spec.element = element;
    return nameOf(element).str();
  });
}

llvm::Expected<Spec> SpecFlags::spec() const {
  llvm::Expected<std::vector<Spec>> found = specs();
  if (!found)
    return found.takeError();
  if (found->size() > 1)
    return llvm::createStringError(
        "--head-dim, --block, --topk and --dtype describe " +
        llvm::Twine(found->size()) +
        " attentions, one is taken here; give one value to each");
  return std::move(found->front());
}

bool SpecFlags::isDescribed() const {
  return llvm::any_of(cl::getRegisteredOptions(), [&](const auto &entry) {
    return entry.second->getNumOccurrences() > 0 &&
           llvm::is_contained(entry.second->Categories, &category);
  });
}

llvm::Error SpecFlags::checkAlone() const {
  if (!isDescribed())
    return llvm::Error::success();
  return llvm::createStringError("'" + inputs.front() +
                                 "' says what to compile already; drop it, "
                                 "or the flags that describe an attention");
}

llvm::Error SpecFlags::checkOne() const {
  if (inputs.size() <= 1)
    return llvm::Error::success();
  return llvm::createStringError("'" + inputs[1] +
                                 "' is a second module, one is taken here; "
                                 "leave it out");
}

llvm::Expected<std::string> SpecFlags::path() const {
  if (llvm::Error error = checkOne())
    return error;
  if (llvm::Error error = checkAlone())
    return error;
  return inputs.front();
}

/// Null if it is not valid, which has been said then.
static llvm::Expected<OwningOpRef<ModuleOp>> readModule(MLIRContext &context,
                                                        StringRef path) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> source = openModule(path);
  if (!source)
    return source.takeError();
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*source), llvm::SMLoc());
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  return parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
}

llvm::Expected<SpecFlags::Modules>
SpecFlags::loadAll(MLIRContext &context) const {
  Modules modules;
  auto add = [&](llvm::Expected<OwningOpRef<ModuleOp>> module) {
    if (module)
      modules.push_back(std::move(*module));
    return module.takeError();
  };
  if (!hasInput()) {
    llvm::Expected<std::vector<Spec>> described = specs();
    if (!described)
      return described.takeError();
    for (const Spec &spec : *described)
      if (llvm::Error error = add(buildModule(context, spec)))
        return error;
    return modules;
  }
  if (llvm::Error error = checkAlone())
    return error;
  for (const std::string &input : inputs) {
    if (llvm::Error error = add(readModule(context, input)))
      return error;
    if (!modules.back())
      return Modules();
  }
  return modules;
}

llvm::Expected<OwningOpRef<ModuleOp>>
SpecFlags::load(MLIRContext &context) const {
  if (llvm::Error error = checkOne())
    return error;
  if (!hasInput())
    if (llvm::Expected<Spec> one = spec(); !one)
      return one.takeError();
  llvm::Expected<Modules> modules = loadAll(context);
  if (!modules)
    return modules.takeError();
  if (modules->empty())
    return OwningOpRef<ModuleOp>();
  return std::move(modules->front());
}

} // namespace tessera
