// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See ModuleText.h.
#include "ModuleText.h"

#include "FunctionText.h"

#include "tessera/Oracle/Random.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

#include <bit>
#include <ostream>

using namespace tessera::oracle;
using llvm::formatv;

namespace tessera::test {

namespace {

/// The types and clauses of one configuration. Types are made anew each time,
/// for each may say other extents.
class Words {
public:
  explicit Words(const StaticConfig &config) : config(config) {}
  Words(const Geometry &geometry, const Wording &wording)
      : config(geometry.config), geometry(&geometry), wording(wording),
        random(wording.seed) {}

  /// Tensors by their rows: Sq, Skv, Nq or Nkv.
  std::string sequence(const char *rows, Element element) {
    bool isKey = llvm::StringRef(rows).ends_with("kv");
    return tensor({"B", isKey ? "Hkv" : "H", rows}, config.headDim,
                  elementType(element));
  }
  std::string query() { return sequence("Sq", config.element); }
  std::string key() { return sequence("Skv", config.element); }
  std::string queryBlocks() { return sequence("Nq", Element::F32); }
  std::string keyBlocks() { return sequence("Nkv", Element::F32); }
  std::string lse() { return tensor({"B", "H", "Sq"}, 0, "f32"); }
  std::string scores() { return tensor({"B", "H", "Nq", "Nkv"}, 0, "f32"); }
  std::string index() {
    return tensor({"B", "H", "Nq"}, config.capacity, "i32");
  }
  std::string counts() { return tensor({"B", "H", "Nq"}, 0, "i32"); }

  /// An argument of a type, as one of a type like it: "%name : type".
  std::string input(FunctionText &function, const std::string &name,
                    std::string (Words::*type)()) {
    std::string given = (this->*type)();
    std::string argument = function.typed(name, given);
    if (!wording.mixed || !random.oneIn(3))
      return argument;
    std::string wanted = (this->*type)();
    function.line(
        formatv("%{0}_cast = tensor.cast {1} to {2}", name, argument, wanted));
    return formatv("%{0}_cast : {1}", name, wanted);
  }
  /// "<clause>%name : type" and an argument of that name, or nothing.
  std::string sizes(FunctionText &function, const std::string &clause,
                    const std::string &name, const char *blocks) {
    if (config.sizesRank == 0)
      return "";
    std::string type = config.sizesRank == 1 ? tensor({blocks}, 0, "i32")
                                             : tensor({"B", blocks}, 0, "i32");
    return clause + function.typed(name, type);
  }
  std::string gate(FunctionText &function, StaticConfig::Gate gate,
                   const std::string &name);
  std::string topk(FunctionText &function) {
    int64_t k = geometry ? geometry->topk : 0;
    return scalar(function, wording.topk, "topk", "i32", std::to_string(k),
                  "subi", "3");
  }
  std::string scale(FunctionText &function) {
    if (!config.scale)
      return "";
    uint32_t bits =
        geometry ? std::bit_cast<uint32_t>(*geometry->scale) : uint32_t(0);
    return " scale(" +
           scalar(function, wording.scale, "scale", "f32",
                  "0x" + llvm::utohexstr(bits), "mulf", "0.5") +
           ")";
  }
  std::string blocks() const {
    return formatv("{0}x{1}", config.block.query, config.block.key);
  }
  std::string map(bool ascending = true) const {
    return formatv("!bsa.block_map<{0}x{1}, capacity = {2}{3}>",
                   config.block.query, config.block.key, config.capacity,
                   ascending ? ", ascending" : "");
  }
  std::string policy() const {
    return formatv("#bsa.select<capacity = {0}, sink = {1}, local = {2}, "
                   "forced = {3}>",
                   config.capacity, config.policy.sink, config.policy.local,
                   config.policy.beside ? "beside" : "within");
  }

  const StaticConfig &config;

private:
  /// Dimensions by name, then one by its number if it is not 0.
  std::string tensor(llvm::ArrayRef<const char *> dims, int64_t last,
                     const char *element) {
    std::string text = "tensor<";
    for (const char *dim : dims)
      text += extent(geometry ? extentOf(dim) : 0) + "x";
    return text + (last ? std::to_string(last) + "x" : "") + element + ">";
  }
  std::string extent(int64_t number) {
    return wording.mixed && random.oneIn(2) ? std::to_string(number) : "?";
  }
  int64_t extentOf(llvm::StringRef dim) const;
  static std::string scalar(FunctionText &function, Wording::Origin origin,
                            const std::string &name, const char *type,
                            const std::string &number, const char *operation,
                            const char *operand);

  const Geometry *geometry = nullptr;
  Wording wording;
  Random random{0};
};

} // namespace

int64_t Words::extentOf(llvm::StringRef dim) const {
  return llvm::StringSwitch<int64_t>(dim)
      .Case("B", geometry->batch)
      .Case("H", geometry->heads())
      .Case("Hkv", geometry->kvHeads)
      .Case("Sq", geometry->queries)
      .Case("Skv", geometry->keys)
      .Case("Nq", blockCount(geometry->queries, config.block.query))
      .Case("Nkv", blockCount(geometry->keys, config.block.key));
}

std::string Words::gate(FunctionText &function, StaticConfig::Gate gate,
                        const std::string &name) {
  if (gate == StaticConfig::Gate::Absent)
    return "";
  std::string type = "tensor<";
  for (size_t dim = 0; dim < 3; ++dim) {
    const auto *dims = !geometry             ? nullptr
                       : name == "fine_gate" ? &geometry->fineGate
                                             : &geometry->coarseGate;
    type += extent(dims ? (*dims)[dim] : 0) + "x";
  }
  int64_t features = gate == StaticConfig::Gate::Full ? config.headDim : 1;
  type += std::to_string(features) + "x" + elementType(config.element) + ">";
  return " " + name + "(" + function.typed(name, type) + ")";
}

/// The name of a value that is an argument, a constant or computed from both.
std::string Words::scalar(FunctionText &function, Wording::Origin origin,
                          const std::string &name, const char *type,
                          const std::string &number, const char *operation,
                          const char *operand) {
  if (origin == Wording::Origin::Argument)
    return function.argument(name, type);
  if (origin == Wording::Origin::Constant) {
    function.line(
        formatv("%{0} = arith.constant {1} : {2}", name, number, type));
    return "%" + name;
  }
  std::string given = function.argument(name + "_given", type);
  function.line(
      formatv("%{0}_by = arith.constant {1} : {2}", name, operand, type));
  function.line(formatv("%{0} = arith.{1} {2}, %{0}_by : {3}", name, operation,
                        given, type));
  return "%" + name;
}

static std::string attentionFunction(Words &w) {
  FunctionText f("attention");
  std::string query = w.input(f, "query", &Words::query),
              key = w.input(f, "key", &Words::key),
              value = w.input(f, "value", &Words::key);
  query += w.sizes(f, ", sizes ", "q_sizes", "Nq");
  key += w.sizes(f, ", sizes ", "kv_sizes", "Nkv");
  std::string gates = w.gate(f, w.config.fineGate, "fine_gate");
  gates += w.gate(f, w.config.coarseGate, "coarse_gate");
  std::string topk = w.topk(f), scale = w.scale(f);
  bool coarse = w.config.coarse;
  std::string output = w.query(), lse = w.lse(), means = w.queryBlocks(),
              index = w.index(), counts = w.counts();
  f.line(formatv("%o, %lse, %map{0} = bsa.attention query({1}) key({2}) "
                 "value({3}){4} top({5}){6} block({7}) select({8}){9} -> {10}, "
                 "lse {11}, map {12}{13}",
                 coarse ? ", %c" : "", query, key, value, gates, topk, scale,
                 w.blocks(), w.policy(), coarse ? "" : " without_coarse",
                 output, lse, w.map(), coarse ? ", coarse " + means : ""));
  f.line(formatv("%i, %n = bsa.map_to_lists %map : {0} -> {1}, {2}", w.map(),
                 index, counts));
  if (coarse)
    return f.finish({"%o", "%lse", "%c", "%i", "%n"},
                    {output, lse, means, index, counts});
  return f.finish({"%o", "%lse", "%i", "%n"}, {output, lse, index, counts});
}

static std::string scoresFunction(Words &w) {
  FunctionText f("scores");
  std::string query = w.input(f, "query", &Words::query),
              key = w.input(f, "key", &Words::key);
  auto [queryName, queryType] = llvm::StringRef(query).split(" : ");
  auto [keyName, keyType] = llvm::StringRef(key).split(" : ");
  std::string qSizes = w.sizes(f, " sizes(", "q_sizes", "Nq");
  std::string kvSizes = w.sizes(f, " sizes(", "kv_sizes", "Nkv");
  std::string close = qSizes.empty() ? "" : ")";
  std::string scale = w.scale(f);
  std::string queries = w.queryBlocks(), keys = w.keyBlocks(),
              scores = w.scores();
  f.line(formatv("%q = bsa.pool {0} by {1}{2}{3} : {4} -> {5}", queryName,
                 w.config.block.query, qSizes, close, queryType, queries));
  f.line(formatv("%k = bsa.pool {0} by {1}{2}{3} : {4} -> {5}", keyName,
                 w.config.block.key, kvSizes, close, keyType, keys));
  // " sizes(%kv_sizes : type" reads ", sizes %kv_sizes : type" in bsa.coarse.
  std::string keySizes =
      kvSizes.empty() ? "" : ", sizes " + kvSizes.substr(kvSizes.find('%'));
  f.line(formatv("%s = bsa.coarse query(%q : {0}) key(%k : {1}{2}){3} -> {4}",
                 queries, keys, keySizes, scale, scores));
  return f.finish({"%s"}, {scores});
}

static std::string attentionAndScores(Words words) {
  return attentionFunction(words) + scoresFunction(words);
}
std::string attentionModule(const StaticConfig &config) {
  return attentionAndScores(Words(config));
}
std::string attentionModule(const Geometry &geometry, const Wording &wording) {
  return attentionAndScores(Words(geometry, wording));
}

static std::string poolFunction(Words &w) {
  FunctionText f("pool");
  auto input = w.input(f, "input", &Words::query);
  auto [name, type] = llvm::StringRef(input).split(" : ");
  std::string sizes = w.sizes(f, " sizes(", "sizes", "Nq");
  std::string means = w.queryBlocks();
  f.line(formatv("%m = bsa.pool {0} by {1}{2}{3} : {4} -> {5}", name,
                 w.config.block.query, sizes, sizes.empty() ? "" : ")", type,
                 means));
  return f.finish({"%m"}, {means});
}

static std::string coarseFunction(Words &w) {
  FunctionText f("coarse");
  std::string query = w.input(f, "query", &Words::queryBlocks),
              key = w.input(f, "key", &Words::keyBlocks),
              value = w.input(f, "value", &Words::keyBlocks);
  key += w.sizes(f, ", sizes ", "kv_sizes", "Nkv");
  std::string scores = w.scores(), means = w.queryBlocks();
  f.line(formatv("%s, %o = bsa.coarse query({0}) key({1}) value({2}){3} -> "
                 "{4}, output {5}",
                 query, key, value, w.scale(f), scores, means));
  return f.finish({"%s", "%o"}, {scores, means});
}

static std::string selectFunction(Words &w) {
  FunctionText f("select");
  std::string scores = w.input(f, "scores", &Words::scores);
  std::string topk = w.topk(f);
  std::string sizes = w.sizes(f, " sizes(", "kv_sizes", "Nkv");
  std::string index = w.index(), counts = w.counts();
  f.line(formatv("%map = bsa.select {0} top({1}){2}{3} policy({4}) -> {5}",
                 scores, topk, sizes, sizes.empty() ? "" : ")", w.policy(),
                 w.map()));
  f.line(formatv("%i, %n = bsa.map_to_lists %map : {0} -> {1}, {2}", w.map(),
                 index, counts));
  return f.finish({"%i", "%n"}, {index, counts});
}

static std::string attendFunction(Words &w) {
  FunctionText f("attend");
  std::string query = w.input(f, "query", &Words::query),
              key = w.input(f, "key", &Words::key),
              value = w.input(f, "value", &Words::key);
  query += w.sizes(f, ", sizes ", "q_sizes", "Nq");
  key += w.sizes(f, ", sizes ", "kv_sizes", "Nkv");
  std::string index = w.input(f, "index", &Words::index),
              counts = w.input(f, "count", &Words::counts);
  auto [indexName, indexType] = llvm::StringRef(index).split(" : ");
  auto [countName, countType] = llvm::StringRef(counts).split(" : ");
  std::string map = w.map(w.config.ascending);
  std::string output = w.query(), lse = w.lse();
  f.line(formatv("%map = bsa.map_from_lists {0}, {1} : {2}, {3} -> {4}",
                 indexName, countName, indexType, countType, map));
  f.line(formatv("%o, %lse = bsa.attend query({0}) key({1}) value({2}) at(%map "
                 ": {3}){4} -> {5}, lse {6}",
                 query, key, value, map, w.scale(f), output, lse));
  return f.finish({"%o", "%lse"}, {output, lse});
}

static std::string combineFunction(Words &w) {
  FunctionText f("combine");
  std::string fine = w.sequence("Sq", Element::F32), output = w.query();
  std::string terms = "fine(" + f.typed("fine", fine) + ")";
  if (w.config.coarse)
    terms += " coarse(" + w.input(f, "coarse", &Words::queryBlocks) + ")";
  terms += w.gate(f, w.config.fineGate, "fine_gate");
  terms += w.gate(f, w.config.coarseGate, "coarse_gate");
  std::string sizes = w.sizes(f, " sizes(", "q_sizes", "Nq");
  f.line(formatv("%o = bsa.combine {0} by {1}{2}{3} -> {4}", terms,
                 w.config.block.query, sizes, sizes.empty() ? "" : ")",
                 output));
  return f.finish({"%o"}, {output});
}

static std::string pieceFunction(Words words, const std::string &op) {
  constexpr std::pair<const char *, std::string (*)(Words &)> kPieces[] = {
      {"pool", poolFunction},
      {"coarse", coarseFunction},
      {"select", selectFunction},
      {"attend", attendFunction},
      {"combine", combineFunction}};
  for (auto [name, write] : kPieces)
    if (op == name)
      return write(words);
  llvm_unreachable("not a piece of attention");
}
std::string pieceModule(const StaticConfig &config, const std::string &op) {
  return pieceFunction(Words(config), op);
}
std::string pieceModule(const Geometry &geometry, const Wording &wording,
                        const std::string &op) {
  return pieceFunction(Words(geometry, wording), op);
}

} // namespace tessera::test

void tessera::oracle::PrintTo(const StaticConfig &config, std::ostream *out) {
  *out << formatv("{0}, head dimension {1}, blocks {2}x{3}, capacity {4}",
                  test::elementType(config.element), config.headDim,
                  config.block.query, config.block.key, config.capacity)
              .str();
}
