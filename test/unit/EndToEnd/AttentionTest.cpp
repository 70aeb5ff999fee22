// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole attention, compiled and loaded, against the oracle over random
// geometry. A failure prints the call and its seed; TESSERA_SEED=<seed> runs it
// first.
#include "Compare.h"
#include "CompiledCall.h"
#include "ModuleText.h"
#include "TestModule.h"

#include <algorithm>
#include <cmath>

using namespace tessera;
using namespace tessera::oracle;
using namespace tessera::test;

namespace {

using Gate = StaticConfig::Gate;
constexpr uint64_t kGeometries = 16; // of each configuration
constexpr uint64_t kWordings = 4;    // each of which is compiled

const StaticConfig kConfigs[] = {
    {.headDim = 64,
     .block = {64, 64},
     .policy = {},
     .sizesRank = 2,
     .scale = true,
     .maxQueryBlocks = 3},
    {.headDim = 32,
     .block = {8, 8},
     .capacity = 7,
     .policy = {1, 2, false},
     .sizesRank = 1,
     .maxQueryBlocks = 9},
    {.headDim = 40,
     .block = {16, 24},
     .capacity = 5,
     .policy = {},
     .fineGate = Gate::Full,
     .maxKeyBlocks = 12},
    {.headDim = 72,
     .block = {16, 16},
     .capacity = 9,
     .policy = {2, 1, true},
     .coarseGate = Gate::Row,
     .sizesRank = 2,
     .maxQueryBlocks = 8},
    {.headDim = 96,
     .block = {64, 128},
     .capacity = 3,
     .policy = {},
     .coarse = false,
     .maxQueryBlocks = 2,
     .maxKeyBlocks = 4},
    {.headDim = 256,
     .block = {24, 8},
     .capacity = 12,
     .policy = {2, 0, false},
     .sizesRank = 1,
     .maxKeyBlocks = 16},
    {.element = Element::BF16,
     .headDim = 128,
     .block = {64, 64},
     .policy = {0, 1, false},
     .coarseGate = Gate::Full,
     .sizesRank = 1,
     .scale = true,
     .maxQueryBlocks = 2},
    {.element = Element::BF16,
     .headDim = 104,
     .block = {40, 56},
     .capacity = 6,
     .policy = {},
     .fineGate = Gate::Row,
     .coarse = false,
     .maxQueryBlocks = 3},
    {.element = Element::F16,
     .headDim = 64,
     .block = {32, 32},
     .capacity = 9,
     .policy = {0, 2, true},
     .fineGate = Gate::Full,
     .coarseGate = Gate::Full,
     .sizesRank = 2},
};

/// Copies some key blocks over others of the same size, so that their scores
/// are equal to the bit and the rule for ties decides.
void repeatKeyBlocks(AttentionInputs &in, Random &random) {
  Tensor &key = in.key;
  int64_t rows = key.dims[2], block = in.block.key;
  for (int64_t j = 1; j < blockCount(rows, block); ++j) {
    int64_t from = random.integer(0, j - 1);
    if (!random.oneIn(2))
      continue;
    for (int64_t b = 0; b < key.dims[0]; ++b) {
      int64_t valid = validRows(in.kvSizes, b, j, block, rows);
      if (valid != validRows(in.kvSizes, b, from, block, rows))
        continue;
      for (int64_t h = 0; h < key.dims[1]; ++h)
        for (int64_t t = 0; t < valid; ++t)
          for (int64_t d = 0; d < key.dims[3]; ++d)
            key(b, h, j * block + t, d) = key(b, h, from * block + t, d);
    }
  }
}

/// One configuration, compiled; one random call of it at a time.
class Attention : public testing::TestWithParam<StaticConfig> {
protected:
  void draw(uint64_t seed);
  void check();
  Tensor callScores();
  void addTopk(CompiledCall &call) const;
  void addScale(CompiledCall &call) const;
  void callAttention();
  void checkSelection(const Tensor &scores) const;
  void checkNumbers() const;

  Element element() const { return GetParam().element; }

  std::unique_ptr<host::HostJit> jit;
  Geometry geometry;
  Wording wording;
  AttentionInputs in;
  Random layouts{0};
  Tensor output, lse, coarse;
  Lists lists;
};

void Attention::draw(uint64_t seed) {
  geometry = drawGeometry(seed, GetParam());
  in = drawInputs(geometry);
  layouts = Random(seed);
  repeatKeyBlocks(in, layouts);
}

void Attention::addTopk(CompiledCall &call) const {
  if (wording.topk == Wording::Origin::Argument)
    call.input(int32_t(in.k));
  if (wording.topk == Wording::Origin::Computed)
    call.input(argumentOf(in.k));
}

void Attention::addScale(CompiledCall &call) const {
  if (geometry.scale && wording.scale == Wording::Origin::Argument)
    call.input(*geometry.scale);
  if (geometry.scale && wording.scale == Wording::Origin::Computed)
    call.input(argumentOf(*geometry.scale));
}

/// The scores by which attention selects, in f32: fusing changes no bit.
Tensor Attention::callScores() {
  CompiledCall call(*jit, "scores", layouts);
  call.input(in.query, element());
  call.input(in.key, element());
  call.input(in.qSizes);
  call.input(in.kvSizes);
  addScale(call);
  call.output({geometry.batch, geometry.heads(),
               blockCount(geometry.queries, in.block.query),
               blockCount(geometry.keys, in.block.key)},
              TESSERA_F32);
  EXPECT_EQ(call.run(), "");
  return call.result(0);
}

void Attention::callAttention() {
  CompiledCall call(*jit, "attention", layouts);
  for (const Tensor *tensor : {&in.query, &in.key, &in.value})
    call.input(*tensor, element());
  call.input(in.qSizes);
  call.input(in.kvSizes);
  for (const std::optional<Tensor> &gate : {in.fineGate, in.coarseGate})
    if (gate)
      call.input(*gate, element());
  addTopk(call);
  addScale(call);

  const std::vector<int64_t> &dims = in.query.dims;
  int64_t blocks = blockCount(dims[2], in.block.query);
  call.output(dims, dtypeOf(element()));
  call.output({dims[0], dims[1], dims[2]}, TESSERA_F32);
  if (in.withCoarse)
    call.output({dims[0], dims[1], blocks, dims[3]}, TESSERA_F32);
  call.output({dims[0], dims[1], blocks, GetParam().capacity}, TESSERA_I32);
  call.output({dims[0], dims[1], blocks}, TESSERA_I32);
  ASSERT_EQ(call.run(), "");

  size_t next = 0;
  output = call.result(next++);
  lse = call.result(next++);
  if (in.withCoarse)
    coarse = call.result(next++);
  lists = readLists(call.result(next), call.result(next + 1));
}

/// The scores are near the oracle's; the lists are exactly those the scores
/// give.
void Attention::checkSelection(const Tensor &scores) const {
  double scale = in.scale.value_or(1 / std::sqrt(double(in.query.dims[3])));
  Tensor query = pool(in.query, in.block.query, in.qSizes);
  Tensor key = pool(in.key, in.block.key, in.kvSizes);
  Tensor wanted =
      oracle::coarse(query, key, Tensor(key.dims), scale, in.kvSizes).scores;
  EXPECT_TRUE(isClose(scores, wanted, largest(wanted), Element::F32));
  EXPECT_TRUE(sameLists(lists, select(scores, in.k, in.policy, in.kvSizes)));
}

void Attention::checkNumbers() const {
  AttentionInputs given = in;
  given.lists = lists;
  AttentionResult wanted = attention(given);
  double magnitude = std::max(largest(wanted.coarse), largest(in.value, 0));
  double gates = 1;
  for (const std::optional<Tensor> &gate : {in.fineGate, in.coarseGate})
    if (gate)
      gates = largest(*gate, gates);
  EXPECT_TRUE(isClose(output, wanted.output, magnitude * gates, element()))
      << "of output";
  EXPECT_TRUE(isClose(lse, wanted.lse, 1 + largest(wanted.lse), Element::F32))
      << "of lse";
  if (in.withCoarse) {
    EXPECT_TRUE(
        isClose(coarse, wanted.coarse, largest(wanted.coarse), Element::F32))
        << "of coarse";
  }
}

/// One call, on the levels of this machine in turn.
void Attention::check() {
  std::vector<int32_t> levels = levelsHere();
  LevelLimit limit(levels[geometry.seed % levels.size()]);
  SCOPED_TRACE("level " + std::to_string(tessera_cpu_level()) + ", " +
               wording.describe() + ", " + geometry.describe());
  ASSERT_NO_FATAL_FAILURE(callAttention());
  checkSelection(callScores());
  checkNumbers();
}

TEST_P(Attention, IsTheOracles) {
  jit = compile(attentionModule(GetParam()));
  for (uint64_t number = 0; number < kGeometries && !HasFailure(); ++number) {
    draw(firstSeed() + number);
    check();
  }
}

TEST_P(Attention, IsTheOraclesHoweverItIsStated) {
  for (uint64_t number = 0; number < kWordings && !HasFailure(); ++number) {
    draw(firstSeed() + number);
    wording = drawWording(geometry);
    std::string text = attentionModule(geometry, wording);
    SCOPED_TRACE(text);
    jit = compile(text);
    check();
  }
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Attention, testing::ValuesIn(kConfigs));

} // namespace
