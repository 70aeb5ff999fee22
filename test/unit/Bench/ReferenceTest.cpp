// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sampled rows, against the oracle that computes all of them; and the numbers
// they are computed from.
#include "BenchFixture.h"

#include "llvm/ADT/STLExtras.h"

#include <gtest/gtest.h>

using namespace tessera;
using namespace tessera::bench;

static void expectOracle(tessera_dtype dtype, Layout layout) {
  Problem problem = makeRaggedProblem();
  Inputs inputs = makeInputs(problem, raggedOptions(dtype, layout));
  oracle::AttendResult wanted = attendByOracle(problem, inputs);
  auto rows = sampleRows(problem, inputs.lists, 400, 1);
  auto reference = computeReference(problem, inputs, 1 / std::sqrt(32.0), rows);
  int64_t empty = 0;
  for (const ReferenceRow &row : reference) {
    auto [b, h, t] = row.position;
    for (int64_t f = 0; f < 32; ++f)
      EXPECT_NEAR(row.output[f], wanted.output(b, h, t, f), 1e-12);
    double lse = wanted.lse(b, h, t);
    empty += std::isinf(lse);
    if (std::isinf(lse))
      EXPECT_EQ(row.lse, lse);
    else
      EXPECT_NEAR(row.lse, lse, 1e-12);
  }
  EXPECT_GT(empty, 20);
  EXPECT_LT(empty, 300);
}

TEST(Reference, IsWhatTheOracleSays) {
  expectOracle(TESSERA_BF16, Layout::BHSD);
  expectOracle(TESSERA_F16, Layout::BSHD);
}

TEST(Reference, SamplesTheEdges) {
  Problem problem = makeRaggedProblem();
  Inputs inputs = makeInputs(problem, raggedOptions());
  auto rows = sampleRows(problem, inputs.lists, 512, 1);
  EXPECT_GE(rows.size(), 512u);
  auto has = [&](auto wanted) { return llvm::any_of(rows, wanted); };
  EXPECT_TRUE(has([](RowPosition p) {
    return p.batch == 0 && p.head == 0 && p.token == 0;
  }));
  EXPECT_TRUE(has([](RowPosition p) {
    return p.batch == 1 && p.head == 5 && p.token == 299;
  }));
  // Both sides of the end of block 1, which holds 10.
  EXPECT_TRUE(has([](RowPosition p) { return p.token == 64 + 9; }));
  EXPECT_TRUE(has([](RowPosition p) { return p.token == 64 + 10; }));
  int64_t emptyLists = 0;
  for (RowPosition p : rows) {
    ASSERT_LT(p.token, problem.queryLength);
    int64_t tile = (p.batch * 6 + p.head) * 5 + p.token / 64;
    emptyLists += inputs.lists.count[tile] == 0;
  }
  EXPECT_GT(emptyLists, 0);
}

TEST(Inputs, AreNormal) {
  Problem problem = cantFail(parseShape("1x2x4096x64x4"));
  InputOptions options;
  options.queryScale = 3;
  Inputs inputs = makeInputs(problem, options);
  for (const auto *tensor : {&inputs.query, &inputs.key, &inputs.value}) {
    double sum = 0, squares = 0;
    int64_t beyondTwo = 0;
    double scale = tensor == &inputs.query ? 3 : 1;
    for (uint16_t bits : *tensor) {
      double x = widen(bits, TESSERA_BF16) / scale;
      sum += x;
      squares += x * x;
      beyondTwo += std::abs(x) > 2;
    }
    double n = double(tensor->size());
    EXPECT_NEAR(sum / n, 0, 0.01);
    EXPECT_NEAR(squares / n, 1, 0.01);
    EXPECT_NEAR(double(beyondTwo) / n, 0.0455, 0.003);
  }
  EXPECT_NE(inputs.key, inputs.value);
  EXPECT_EQ(makeInputs(problem, options).query, inputs.query);
}

TEST(Inputs, LieAsTheLayoutSays) {
  Problem problem = cantFail(parseShape("2x3x128x64x2"));
  InputOptions options;
  Inputs plain = makeInputs(problem, options);
  EXPECT_EQ(plain.queryView.strides[1], 128 * 64);
  EXPECT_EQ(plain.queryView.strides[2], 64);
  options.layout = Layout::BSHD;
  Inputs other = makeInputs(problem, options);
  EXPECT_EQ(other.outputView.strides[0], 3 * 128 * 64);
  EXPECT_EQ(other.outputView.strides[1], 64);
  EXPECT_EQ(other.outputView.strides[2], 3 * 64);
}
