// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Drawing geometries and inputs.
#include "tessera/Oracle/RandomGeometry.h"

#include "tessera/Oracle/Random.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>
#include <numeric>

using namespace tessera::oracle;

//===----------------------------------------------------------------------===//
// Geometry
//===----------------------------------------------------------------------===//

/// A length of 1 .. maxBlocks blocks: often whole blocks, sometimes one token.
static int64_t drawLength(Random &random, int64_t block, int64_t maxBlocks) {
  if (random.oneIn(10))
    return 1;
  if (random.oneIn(4))
    return block * random.integer(1, maxBlocks);
  return random.integer(1, block * maxBlocks);
}

/// Full, empty and partial blocks, none larger than what exists of it.
static Sizes drawSizes(Random &random, int rank, int64_t batch, int64_t rows,
                       int64_t block) {
  Sizes sizes;
  if (rank == 0)
    return sizes;
  int64_t blocks = blockCount(rows, block);
  sizes.dims = rank == 1 ? std::vector{blocks} : std::vector{batch, blocks};
  for (int64_t b = 0; b < (rank == 1 ? 1 : batch); ++b)
    for (int64_t i = 0; i < blocks; ++i) {
      int64_t exist = std::min(block, rows - i * block);
      int64_t size = random.integer(0, exist);
      if (random.oneIn(3))
        size = exist;
      else if (random.oneIn(5))
        size = 0;
      sizes.values.push_back(int32_t(size));
    }
  return sizes;
}

static std::vector<int64_t> drawGate(Random &random, StaticConfig::Gate gate,
                                     std::vector<int64_t> dims) {
  if (gate == StaticConfig::Gate::Absent)
    return {};
  for (int d = 0; d < 3; ++d)
    if (random.oneIn(3))
      dims[size_t(d)] = 1;
  if (gate == StaticConfig::Gate::Row)
    dims[3] = 1;
  return dims;
}

static std::vector<int32_t> drawList(Random &random, int64_t blocks,
                                     int64_t capacity, bool ascending) {
  std::vector<int32_t> ids(size_t(blocks), 0);
  std::iota(ids.begin(), ids.end(), 0);
  for (size_t i = ids.size(); i > 1; --i)
    std::swap(ids[i - 1], ids[size_t(random.integer(0, int64_t(i) - 1))]);
  int64_t most = std::min(blocks, capacity);
  int64_t count = random.integer(0, most);
  if (random.oneIn(5))
    count = 0;
  else if (random.oneIn(4))
    count = most;
  ids.resize(size_t(count));
  if (ascending || random.oneIn(3))
    std::sort(ids.begin(), ids.end());
  return ids;
}

static int64_t drawTopk(Random &random, int64_t most, int64_t blocks) {
  if (random.oneIn(6))
    return 0;
  if (random.oneIn(6))
    return most;
  return random.integer(0, random.oneIn(2) ? std::min(most, blocks) : most);
}

Geometry tessera::oracle::drawGeometry(uint64_t seed,
                                       const StaticConfig &config) {
  Random random(seed);
  Geometry g;
  g.seed = seed;
  g.config = config;
  g.batch = random.integer(1, 3);
  g.kvHeads = random.integer(1, 3);
  g.group = random.integer(1, 4);
  g.queries = drawLength(random, config.block.query, config.maxQueryBlocks);
  g.keys = drawLength(random, config.block.key, config.maxKeyBlocks);
  if (config.policy.local > 0)
    g.keys = g.queries;
  g.qSizes = drawSizes(random, config.sizesRank, g.batch, g.queries,
                       config.block.query);
  g.kvSizes =
      drawSizes(random, config.sizesRank, g.batch, g.keys, config.block.key);
  if (config.policy.local > 0)
    g.kvSizes = g.qSizes;
  int64_t keyBlocks = blockCount(g.keys, config.block.key);
  g.topk = drawTopk(random, config.maxTopk(), keyBlocks);
  if (config.scale)
    g.scale = float(0.05 + 0.25 * random.uniform());
  std::vector<int64_t> shape = {g.batch, g.heads(), g.queries, config.headDim};
  g.fineGate = drawGate(random, config.fineGate, shape);
  g.coarseGate = drawGate(random, config.coarseGate, shape);
  g.lists =
      Lists(g.batch, g.heads(), blockCount(g.queries, config.block.query));
  for (std::vector<int32_t> &row : g.lists.rows)
    row = drawList(random, keyBlocks, config.capacity, config.ascending);
  return g;
}

Wording tessera::oracle::drawWording(const Geometry &geometry) {
  // A third stream, beside those of the geometry and of the inputs.
  Random random(geometry.seed ^ 0x9e3779b97f4a7c15);
  auto origin = [&] { return Wording::Origin(random.integer(0, 2)); };
  Wording wording{origin(), origin()};
  wording.mixed = true;
  wording.seed = geometry.seed;
  return wording;
}

//===----------------------------------------------------------------------===//
// Description
//===----------------------------------------------------------------------===//

template <typename Number>
static std::string printList(const std::vector<Number> &numbers) {
  std::string text = "[";
  for (size_t i = 0; i < numbers.size(); ++i)
    text += (i ? "," : "") + std::to_string(numbers[i]);
  return text + "]";
}

static std::string printSizes(const Sizes &sizes) {
  return sizes.present() ? printList(sizes.dims) + printList(sizes.values)
                         : "absent";
}

static std::string printGate(const std::vector<int64_t> &dims) {
  return dims.empty() ? "absent" : printList(dims);
}

std::string Wording::describe() const {
  static constexpr const char *kOrigins[] = {"argument", "constant",
                                             "computed"};
  return std::string("k: ") + kOrigins[int(topk)] +
         " scale: " + kOrigins[int(scale)] +
         (mixed ? " extents: mixed" : " extents: arguments");
}

std::string Geometry::describe() const {
  static constexpr const char *kElements[] = {"f32", "bf16", "f16"};
  char text[320];
  size_t entries = 0, empty = 0;
  for (const std::vector<int32_t> &row : lists.rows) {
    entries += row.size();
    empty += row.empty();
  }
  std::snprintf(
      text, sizeof(text),
      "seed=0x%016" PRIx64 " %s B=%" PRId64 " H=%" PRId64 " Hkv=%" PRId64
      " Sq=%" PRId64 " Skv=%" PRId64 " D=%" PRId64 " block=%" PRId64 "x%" PRId64
      " capacity=%" PRId64 " sink=%" PRId64 " local=%" PRId64
      " forced=%s k=%" PRId64 " scale=%.9g%s lists=%zu(%zu entries, %zu empty)",
      seed, kElements[int(config.element)], batch, heads(), kvHeads, queries,
      keys, config.headDim, config.block.query, config.block.key,
      config.capacity, config.policy.sink, config.policy.local,
      config.policy.beside ? "beside" : "within", topk,
      double(scale.value_or(0)), config.coarse ? "" : " without_coarse",
      lists.rows.size(), entries, empty);
  return std::string(text) + " q_sizes=" + printSizes(qSizes) +
         " kv_sizes=" + printSizes(kvSizes) +
         " fine_gate=" + printGate(fineGate) +
         " coarse_gate=" + printGate(coarseGate);
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

static Tensor drawTensor(Random &random, Element element,
                         std::vector<int64_t> dims, double spread) {
  Tensor tensor(std::move(dims));
  for (double &number : tensor.data)
    number = roundTo(element, spread * random.normal());
  return tensor;
}

/// Writes `poison` to the rows past the size of their block.
static void spoilPadding(Tensor &tensor, const Sizes &sizes, int64_t block,
                         double poison) {
  int64_t rows = tensor.dims[2];
  for (int64_t b = 0; b < tensor.dims[0]; ++b)
    for (int64_t t = 0; t < rows; ++t)
      if (t % block >= validRows(sizes, b, t / block, block, rows))
        for (int64_t h = 0; h < tensor.dims[1]; ++h)
          for (int64_t d = 0; d < tensor.dims[3]; ++d)
            tensor(b, h, t, d) = poison;
}

AttentionInputs tessera::oracle::drawInputs(const Geometry &g) {
  // Another stream than the geometry's.
  Random random(~g.seed);
  const StaticConfig &config = g.config;
  constexpr double kSpreads[] = {0.3, 1, 4};
  double spread = kSpreads[random.integer(0, 2)];
  std::vector<int64_t> kvShape = {g.batch, g.kvHeads, g.keys, config.headDim};
  AttentionInputs in;
  in.query =
      drawTensor(random, config.element,
                 {g.batch, g.heads(), g.queries, config.headDim}, spread);
  in.key = drawTensor(random, config.element, kvShape, spread);
  in.value = drawTensor(random, config.element, kvShape, spread);
  // Finite in every element type: 60000 is below the largest f16.
  double large = roundTo(config.element, 60000);
  spoilPadding(in.query, g.qSizes, config.block.query,
               std::numeric_limits<double>::quiet_NaN());
  spoilPadding(in.key, g.kvSizes, config.block.key, large);
  spoilPadding(in.value, g.kvSizes, config.block.key, large);
  if (!g.fineGate.empty())
    in.fineGate = drawTensor(random, config.element, g.fineGate, 1);
  if (!g.coarseGate.empty())
    in.coarseGate = drawTensor(random, config.element, g.coarseGate, 1);
  in.qSizes = g.qSizes;
  in.kvSizes = g.kvSizes;
  if (g.scale)
    in.scale = double(*g.scale);
  in.block = config.block;
  in.policy = config.policy;
  in.k = g.topk;
  in.withCoarse = config.coarse;
  return in;
}
