// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See ModuleText.h.
#include "ModuleText.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <ostream>

using namespace tessera::oracle;
using llvm::formatv;

namespace tessera::test {

static const char *elementType(Element element) {
  constexpr const char *kNames[] = {"f32", "bf16", "f16"};
  return kNames[int(element)];
}

namespace {

/// A function as it is put together: what is asked for becomes an argument.
class FunctionText {
public:
  explicit FunctionText(std::string name) : name(std::move(name)) {}

  /// Adds the argument; returns "%name".
  std::string argument(const std::string &argument, const std::string &type) {
    arguments.push_back("%" + argument + ": " + type);
    return "%" + argument;
  }
  /// Adds it and returns "%name : type".
  std::string typed(const std::string &name, const std::string &type) {
    return argument(name, type) + " : " + type;
  }
  void line(const std::string &text) { body += "  " + text + "\n"; }

  std::string finish(const std::vector<std::string> &values,
                     const std::vector<std::string> &types) const {
    std::string typeList = llvm::join(types, ", ");
    return formatv(
        "func.func @{0}({1}) -> ({2}) {{\n{3}  return {4} : {2}\n}\n", name,
        llvm::join(arguments, ", "), typeList, body, llvm::join(values, ", "));
  }

private:
  std::string name, body;
  std::vector<std::string> arguments;
};

/// The types and clauses of one configuration.
struct Words {
  explicit Words(const StaticConfig &config)
      : config(config), x(sequence(config.element)),
        f32(sequence(Element::F32)),
        lists(formatv("tensor<?x?x?x{0}xi32>", config.capacity)),
        map(formatv("!bsa.block_map<{0}x{1}, capacity = {2}, ascending>",
                    config.block.query, config.block.key, config.capacity)),
        policy(formatv("#bsa.select<capacity = {0}, sink = {1}, local = {2}, "
                       "forced = {3}>",
                       config.capacity, config.policy.sink, config.policy.local,
                       config.policy.beside ? "beside" : "within")) {}

  std::string sequence(Element element) const {
    return formatv("tensor<?x?x?x{0}x{1}>", config.headDim,
                   elementType(element));
  }
  /// "<clause>%name : type)" and an argument of that name, or nothing.
  std::string sizes(FunctionText &function, const std::string &clause,
                    const std::string &name) const {
    if (config.sizesRank == 0)
      return "";
    std::string type =
        config.sizesRank == 1 ? "tensor<?xi32>" : "tensor<?x?xi32>";
    return clause + function.typed(name, type);
  }
  std::string gate(FunctionText &function, StaticConfig::Gate gate,
                   const std::string &name) const {
    if (gate == StaticConfig::Gate::Absent)
      return "";
    std::string type =
        gate == StaticConfig::Gate::Full
            ? x
            : formatv("tensor<?x?x?x1x{0}>", elementType(config.element)).str();
    return " " + name + "(" + function.typed(name, type) + ")";
  }
  std::string scale(FunctionText &function) const {
    if (!config.scale)
      return "";
    return " scale(" + function.argument("scale", "f32") + ")";
  }
  std::string blocks() const {
    return formatv("{0}x{1}", config.block.query, config.block.key);
  }

  const StaticConfig &config;
  std::string x, f32, lists, map, policy;
  std::string counts = "tensor<?x?x?xi32>", rows = "tensor<?x?x?xf32>",
              scores = "tensor<?x?x?x?xf32>";
};

} // namespace

static std::string attentionFunction(const Words &w) {
  FunctionText f("attention");
  std::string query = f.typed("query", w.x), key = f.typed("key", w.x),
              value = f.typed("value", w.x);
  query += w.sizes(f, ", sizes ", "q_sizes");
  key += w.sizes(f, ", sizes ", "kv_sizes");
  std::string gates = w.gate(f, w.config.fineGate, "fine_gate");
  gates += w.gate(f, w.config.coarseGate, "coarse_gate");
  std::string topk = f.argument("topk", "i32"), scale = w.scale(f);
  bool coarse = w.config.coarse;
  f.line(formatv("%o, %lse, %map{0} = bsa.attention query({1}) key({2}) "
                 "value({3}){4} top({5}){6} block({7}) select({8}){9} -> {10}, "
                 "lse {11}, map {12}{13}",
                 coarse ? ", %c" : "", query, key, value, gates, topk, scale,
                 w.blocks(), w.policy, coarse ? "" : " without_coarse", w.x,
                 w.rows, w.map, coarse ? ", coarse " + w.f32 : ""));
  f.line(formatv("%i, %n = bsa.map_to_lists %map : {0} -> {1}, {2}", w.map,
                 w.lists, w.counts));
  if (coarse)
    return f.finish({"%o", "%lse", "%c", "%i", "%n"},
                    {w.x, w.rows, w.f32, w.lists, w.counts});
  return f.finish({"%o", "%lse", "%i", "%n"}, {w.x, w.rows, w.lists, w.counts});
}

static std::string scoresFunction(const Words &w) {
  FunctionText f("scores");
  f.argument("query", w.x);
  f.argument("key", w.x);
  std::string qSizes = w.sizes(f, " sizes(", "q_sizes");
  std::string kvSizes = w.sizes(f, " sizes(", "kv_sizes");
  std::string close = qSizes.empty() ? "" : ")";
  std::string scale = w.scale(f);
  f.line(formatv("%q = bsa.pool %query by {0}{1}{2} : {3} -> {4}",
                 w.config.block.query, qSizes, close, w.x, w.f32));
  f.line(formatv("%k = bsa.pool %key by {0}{1}{2} : {3} -> {4}",
                 w.config.block.key, kvSizes, close, w.x, w.f32));
  // " sizes(%kv_sizes : type" reads ", sizes %kv_sizes : type" in bsa.coarse.
  std::string keySizes =
      kvSizes.empty() ? "" : ", sizes " + kvSizes.substr(kvSizes.find('%'));
  f.line(formatv("%s = bsa.coarse query(%q : {0}) key(%k : {0}{1}){2} -> {3}",
                 w.f32, keySizes, scale, w.scores));
  return f.finish({"%s"}, {w.scores});
}

std::string attentionModule(const StaticConfig &config) {
  Words words(config);
  return attentionFunction(words) + scoresFunction(words);
}

static std::string poolFunction(const Words &w) {
  FunctionText f("pool");
  std::string input = f.argument("input", w.x);
  std::string sizes = w.sizes(f, " sizes(", "sizes");
  f.line(formatv("%m = bsa.pool {0} by {1}{2}{3} : {4} -> {5}", input,
                 w.config.block.query, sizes, sizes.empty() ? "" : ")", w.x,
                 w.f32));
  return f.finish({"%m"}, {w.f32});
}

static std::string coarseFunction(const Words &w) {
  FunctionText f("coarse");
  std::string query = f.typed("query", w.f32), key = f.typed("key", w.f32),
              value = f.typed("value", w.f32);
  key += w.sizes(f, ", sizes ", "kv_sizes");
  f.line(formatv("%s, %o = bsa.coarse query({0}) key({1}) value({2}){3} -> "
                 "{4}, output {5}",
                 query, key, value, w.scale(f), w.scores, w.f32));
  return f.finish({"%s", "%o"}, {w.scores, w.f32});
}

static std::string selectFunction(const Words &w) {
  FunctionText f("select");
  std::string scores = f.typed("scores", w.scores);
  std::string topk = f.argument("topk", "i32");
  std::string sizes = w.sizes(f, " sizes(", "kv_sizes");
  f.line(formatv("%map = bsa.select {0} top({1}){2}{3} policy({4}) -> {5}",
                 scores, topk, sizes, sizes.empty() ? "" : ")", w.policy,
                 w.map));
  f.line(formatv("%i, %n = bsa.map_to_lists %map : {0} -> {1}, {2}", w.map,
                 w.lists, w.counts));
  return f.finish({"%i", "%n"}, {w.lists, w.counts});
}

static std::string attendFunction(const Words &w) {
  FunctionText f("attend");
  std::string query = f.typed("query", w.x), key = f.typed("key", w.x),
              value = f.typed("value", w.x);
  query += w.sizes(f, ", sizes ", "q_sizes");
  key += w.sizes(f, ", sizes ", "kv_sizes");
  f.argument("index", w.lists);
  f.argument("count", w.counts);
  std::string map = w.map;
  if (!w.config.ascending)
    map = map.substr(0, map.rfind(", ascending")) + ">";
  f.line(formatv("%map = bsa.map_from_lists %index, %count : {0}, {1} -> {2}",
                 w.lists, w.counts, map));
  f.line(formatv("%o, %lse = bsa.attend query({0}) key({1}) value({2}) at(%map "
                 ": {3}){4} -> {5}, lse {6}",
                 query, key, value, map, w.scale(f), w.x, w.rows));
  return f.finish({"%o", "%lse"}, {w.x, w.rows});
}

static std::string combineFunction(const Words &w) {
  FunctionText f("combine");
  std::string terms = "fine(" + f.typed("fine", w.f32) + ")";
  if (w.config.coarse)
    terms += " coarse(" + f.typed("coarse", w.f32) + ")";
  terms += w.gate(f, w.config.fineGate, "fine_gate");
  terms += w.gate(f, w.config.coarseGate, "coarse_gate");
  std::string sizes = w.sizes(f, " sizes(", "q_sizes");
  f.line(formatv("%o = bsa.combine {0} by {1}{2}{3} -> {4}", terms,
                 w.config.block.query, sizes, sizes.empty() ? "" : ")", w.x));
  return f.finish({"%o"}, {w.x});
}

std::string pieceModule(const StaticConfig &config, const std::string &op) {
  constexpr std::pair<const char *, std::string (*)(const Words &)> kPieces[] =
      {{"pool", poolFunction},
       {"coarse", coarseFunction},
       {"select", selectFunction},
       {"attend", attendFunction},
       {"combine", combineFunction}};
  for (auto [name, write] : kPieces)
    if (op == name)
      return write(Words(config));
  llvm_unreachable("not a piece of attention");
}

std::string partitionModule(const PartitionConfig &config) {
  using Text = PartitionConfig::Text;
  std::string x = formatv("tensor<?x?x?x{0}x{1}>", config.features,
                          elementType(config.element));
  auto start = [&](FunctionText &f) {
    f.argument("x", x);
    for (const char *extent : {"time", "height", "width"})
      f.argument(extent, "i32");
    std::string clause =
        formatv("%x by #bsa.cube<{0}x{1}x{2}> grid(%time, %height, %width)",
                config.cube[0], config.cube[1], config.cube[2]);
    if (config.text == Text::Absent)
      return clause;
    return clause + " text(" + f.argument("text", "i32") +
           (config.text == Text::Prefix ? " prefix)" : " suffix)");
  };
  FunctionText there("there"), back("back");
  std::string sizes = "tensor<?xi32>";
  there.line(formatv("%y, %sizes = bsa.partition {0} : {1} -> {1}, {2}",
                     start(there), x, sizes));
  back.line(formatv("%y = bsa.unpartition {0} : {1} -> {1}", start(back), x));
  return there.finish({"%y", "%sizes"}, {x, sizes}) + back.finish({"%y"}, {x});
}

void PrintTo(const PartitionConfig &config, std::ostream *out) {
  constexpr const char *kTexts[] = {"no", "prefix", "suffix"};
  *out << formatv("{0}, cube {1}x{2}x{3}, {4} text",
                  elementType(config.element), config.cube[0], config.cube[1],
                  config.cube[2], kTexts[int(config.text)])
              .str();
}

} // namespace tessera::test

void tessera::oracle::PrintTo(const StaticConfig &config, std::ostream *out) {
  *out << formatv("{0}, head dimension {1}, blocks {2}x{3}, capacity {4}",
                  test::elementType(config.element), config.headDim,
                  config.block.query, config.block.key, config.capacity)
              .str();
}
