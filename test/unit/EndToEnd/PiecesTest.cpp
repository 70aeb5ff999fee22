// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each op alone, compiled and loaded, against the oracle over random geometry.
// A failure prints the call and its seed; TESSERA_SEED=<seed> runs it first.
#include "Compare.h"
#include "CompiledCall.h"
#include "ModuleText.h"
#include "TestModule.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace tessera;
using namespace tessera::oracle;
using namespace tessera::test;

namespace {

using Gate = StaticConfig::Gate;
constexpr uint64_t kCalls = 12; // of each op of each configuration
constexpr uint64_t kWordings = 4;

const StaticConfig kConfigs[] = {
    {.headDim = 48,
     .block = {16, 16},
     .capacity = 6,
     .policy = {1, 2, true},
     .fineGate = Gate::Row,
     .coarseGate = Gate::Full,
     .sizesRank = 1,
     .scale = true},
    {.element = Element::BF16,
     .headDim = 128,
     .block = {64, 32},
     .capacity = 5,
     .policy = {2, 0, false},
     .fineGate = Gate::Full,
     .sizesRank = 2,
     .ascending = true,
     .maxQueryBlocks = 3},
    {.element = Element::F16,
     .headDim = 64,
     .block = {24, 128},
     .capacity = 4,
     .policy = {},
     .coarse = false,
     .maxKeyBlocks = 4},
};

class Pieces : public testing::TestWithParam<StaticConfig> {
public:
  using Check = void (Pieces::*)();

  /// Compiles `op` and checks random calls on the levels of this machine in
  /// turn, then some calls of modules that were written for them alone.
  void checkCalls(const std::string &op, Check check);

  void checkPool();
  void checkCoarse();
  void checkSelect();
  void checkAttend();
  void checkCombine();

private:
  void checkCall(Check check);
  CompiledCall call(const char *function) {
    return CompiledCall(*jit, function, random);
  }
  Tensor drawTensor(std::vector<int64_t> dims);
  Tensor drawScores();
  void addTopk(CompiledCall &call) const {
    if (wording.topk == Wording::Origin::Argument)
      call.input(int32_t(in.k));
    if (wording.topk == Wording::Origin::Computed)
      call.input(argumentOf(in.k));
  }
  void addScale(CompiledCall &call) const {
    if (geometry.scale && wording.scale == Wording::Origin::Argument)
      call.input(*geometry.scale);
    if (geometry.scale && wording.scale == Wording::Origin::Computed)
      call.input(argumentOf(*geometry.scale));
  }
  int64_t queryBlocks() const {
    return blockCount(geometry.queries, in.block.query);
  }
  int64_t keyBlocks() const { return blockCount(geometry.keys, in.block.key); }
  Element element() const { return GetParam().element; }

  std::unique_ptr<host::HostJit> jit;
  Geometry geometry;
  Wording wording;
  AttentionInputs in;
  Random random{0};
};

/// One module for all calls, then one for each of some.
void Pieces::checkCalls(const std::string &op, Check check) {
  jit = compile(pieceModule(GetParam(), op));
  for (uint64_t number = 0; number < kCalls + kWordings; ++number) {
    geometry = drawGeometry(firstSeed() + number, GetParam());
    std::string text;
    if (number >= kCalls) {
      wording = drawWording(geometry);
      text = pieceModule(geometry, wording, op);
      jit = compile(text);
    }
    SCOPED_TRACE(text);
    checkCall(check);
    if (HasFailure())
      return;
  }
}

void Pieces::checkCall(Check check) {
  in = drawInputs(geometry);
  random = Random(geometry.seed);
  std::vector<int32_t> levels = levelsHere();
  LevelLimit limit(levels[geometry.seed % levels.size()]);
  SCOPED_TRACE("level " + std::to_string(tessera_cpu_level()) + ", " +
               wording.describe() + ", " + geometry.describe());
  (this->*check)();
}

/// Numbers that f32 holds.
Tensor Pieces::drawTensor(std::vector<int64_t> dims) {
  Tensor tensor(std::move(dims));
  for (double &number : tensor.data)
    number = roundTo(Element::F32, random.normal());
  return tensor;
}

void Pieces::checkPool() {
  CompiledCall pooling = call("pool");
  pooling.input(in.query, element());
  pooling.input(in.qSizes);
  std::vector<int64_t> dims = in.query.dims;
  dims[2] = queryBlocks();
  pooling.output(dims, TESSERA_F32);
  ASSERT_EQ(pooling.run(), "");
  EXPECT_TRUE(isClose(pooling.result(0),
                      pool(in.query, in.block.query, in.qSizes),
                      largest(in.query), Element::F32));
}

TEST_P(Pieces, PoolIsTheOracles) { checkCalls("pool", &Pieces::checkPool); }

void Pieces::checkCoarse() {
  int64_t features = GetParam().headDim;
  std::vector<int64_t> kvDims = {geometry.batch, geometry.kvHeads, keyBlocks(),
                                 features};
  Tensor query =
      drawTensor({geometry.batch, geometry.heads(), queryBlocks(), features});
  Tensor key = drawTensor(kvDims), value = drawTensor(kvDims);
  CompiledCall coarsening = call("coarse");
  for (const Tensor *tensor : {&query, &key, &value})
    coarsening.input(*tensor, Element::F32);
  coarsening.input(in.kvSizes);
  addScale(coarsening);
  coarsening.output(
      {geometry.batch, geometry.heads(), queryBlocks(), keyBlocks()},
      TESSERA_F32);
  coarsening.output(query.dims, TESSERA_F32);
  ASSERT_EQ(coarsening.run(), "");

  double scale = in.scale.value_or(1 / std::sqrt(double(features)));
  CoarseResult wanted = coarse(query, key, value, scale, in.kvSizes);
  EXPECT_TRUE(isClose(coarsening.result(0), wanted.scores,
                      largest(wanted.scores), Element::F32));
  EXPECT_TRUE(isClose(coarsening.result(1), wanted.output, largest(value),
                      Element::F32));
}

TEST_P(Pieces, CoarseIsTheOracles) {
  checkCalls("coarse", &Pieces::checkCoarse);
}

/// Few different numbers, so that there are ties, and special ones.
Tensor Pieces::drawScores() {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kSpecial[] = {nan, -nan, inf, -inf, 0., -0., 1e-45, -1e-45};
  Tensor scores({geometry.batch, geometry.heads(), queryBlocks(), keyBlocks()});
  for (double &score : scores.data)
    score = random.oneIn(3)
                ? roundTo(Element::F32, kSpecial[random.integer(0, 7)])
                : double(random.integer(-2, 2));
  return scores;
}

void Pieces::checkSelect() {
  Tensor scores = drawScores();
  CompiledCall selecting = call("select");
  selecting.input(scores, Element::F32);
  addTopk(selecting);
  selecting.input(in.kvSizes);
  std::vector<int64_t> dims = {scores.dims[0], scores.dims[1], scores.dims[2]};
  selecting.output({dims[0], dims[1], dims[2], GetParam().capacity},
                   TESSERA_I32);
  selecting.output(dims, TESSERA_I32);
  ASSERT_EQ(selecting.run(), "");
  EXPECT_TRUE(sameLists(readLists(selecting.result(0), selecting.result(1)),
                        select(scores, in.k, in.policy, in.kvSizes)));
}

TEST_P(Pieces, SelectIsTheOracles) {
  checkCalls("select", &Pieces::checkSelect);
}

void Pieces::checkAttend() {
  const Lists &lists = geometry.lists;
  int64_t capacity = GetParam().capacity;
  // Past the counts: ids that would be far out of bounds if they were read.
  ListTensors ids = toTensors(lists, capacity, 0x7fffff00);
  Tensor index({lists.batches, lists.heads, lists.blocks, capacity});
  Tensor count({lists.batches, lists.heads, lists.blocks});
  std::copy(ids.index.begin(), ids.index.end(), index.data.begin());
  std::copy(ids.count.begin(), ids.count.end(), count.data.begin());

  CompiledCall attending = call("attend");
  for (const Tensor *tensor : {&in.query, &in.key, &in.value})
    attending.input(*tensor, element());
  attending.input(in.qSizes);
  attending.input(in.kvSizes);
  attending.input(index, TESSERA_I32);
  attending.input(count, TESSERA_I32);
  addScale(attending);
  const std::vector<int64_t> &dims = in.query.dims;
  attending.output(dims, dtypeOf(element()));
  attending.output({dims[0], dims[1], dims[2]}, TESSERA_F32);
  ASSERT_EQ(attending.run(), "");

  double scale = in.scale.value_or(1 / std::sqrt(double(dims[3])));
  AttendResult wanted = attend(in.query, in.key, in.value, lists, in.block,
                               scale, in.qSizes, in.kvSizes);
  EXPECT_TRUE(isClose(attending.result(0), wanted.output,
                      largest(wanted.output), element()))
      << "of output";
  EXPECT_TRUE(isClose(attending.result(1), wanted.lse, 1 + largest(wanted.lse),
                      Element::F32))
      << "of lse";
}

TEST_P(Pieces, AttendIsTheOracles) {
  checkCalls("attend", &Pieces::checkAttend);
}

void Pieces::checkCombine() {
  Tensor fine = drawTensor(in.query.dims);
  std::vector<int64_t> blockDims = fine.dims;
  blockDims[2] = queryBlocks();
  std::optional<Tensor> coarse;
  if (in.withCoarse)
    coarse = drawTensor(blockDims);

  CompiledCall combining = call("combine");
  combining.input(fine, Element::F32);
  if (coarse)
    combining.input(*coarse, Element::F32);
  for (const std::optional<Tensor> &gate : {in.fineGate, in.coarseGate})
    if (gate)
      combining.input(*gate, element());
  combining.input(in.qSizes);
  combining.output(fine.dims, dtypeOf(element()));
  ASSERT_EQ(combining.run(), "");
  Tensor wanted = combine(fine, in.fineGate, coarse, in.coarseGate,
                          in.block.query, in.qSizes);
  EXPECT_TRUE(isClose(combining.result(0), wanted, largest(wanted), element()));
}

TEST_P(Pieces, CombineIsTheOracles) {
  checkCalls("combine", &Pieces::checkCombine);
}

INSTANTIATE_TEST_SUITE_P(EndToEnd, Pieces, testing::ValuesIn(kConfigs));

} // namespace
