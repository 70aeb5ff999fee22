// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Specs: each becomes a valid module that compiles, or says what is wrong.
#include "tessera/Compiler/Spec.h"
#include "tessera/Compiler/Compiler.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace tessera;

namespace {

mlir::MLIRContext &testContext() {
  static mlir::MLIRContext *context = [] {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    return new mlir::MLIRContext(registry);
  }();
  return *context;
}

/// The module, or "error: ..".
std::string text(const Spec &spec) {
  auto module = buildModule(testContext(), spec);
  if (!module)
    return "error: " + llvm::toString(module.takeError());
  std::string printed;
  llvm::raw_string_ostream(printed) << **module;
  return printed;
}

/// Names of the arguments of the compiled function, or "error: ..".
std::string compiledArguments(const Spec &spec) {
  auto module = buildModule(testContext(), spec);
  if (!module)
    return "error: " + llvm::toString(module.takeError());
  HostCompiler compiler;
  llvm::Error error = compiler.prepare(**module);
  if (error)
    return "error: " + llvm::toString(std::move(error));
  auto object = compiler.buildObject(**module);
  if (!object)
    return "error: " + llvm::toString(object.takeError());
  program::Program program = compiler.records().front().program();
  std::string names = std::string(program.function()) + ":";
  for (const program::Param &param : program.params())
    names += std::string(" ") + program.text(param.name);
  return names;
}

void expectContains(const std::string &all, const char *part) {
  EXPECT_NE(all.find(part), std::string::npos) << part << "\nnot in:\n" << all;
}

TEST(Spec, DefaultIsAnAttentionOfAnyBatchHeadsAndLength) {
  std::string module = text(Spec());
  expectContains(module, "func.func @tessera_attention(");
  expectContains(module, "tensor<?x?x?x128xbf16> {bsa.name = \"query\"}");
  expectContains(module, "block(64x64)");
  expectContains(module, "#bsa.select<capacity = 32>");
  EXPECT_EQ(compiledArguments(Spec()),
            "tessera_attention: query key value topk output");
}

TEST(Spec, AttentionWithEverything) {
  Spec spec;
  spec.headDim = 64;
  spec.capacity = 16;
  spec.element = SpecElement::F32;
  spec.heads = 8;
  spec.keyHeads = 2;
  spec.sizes = spec.scale = spec.lse = true;
  spec.sink = 1;
  spec.local = 2;
  spec.forced = bsa::Forced::Beside;
  spec.gates = SpecGates::Both;
  spec.name = "everything";
  std::string module = text(spec);
  expectContains(module, "tensor<?x8x?x64xf32>");
  expectContains(module, "tensor<?x2x?x64xf32>");
  expectContains(module,
                 "<capacity = 16, sink = 1, local = 2, forced = beside>");
  EXPECT_EQ(compiledArguments(spec),
            "everything: query key value query_sizes key_sizes fine_gate "
            "coarse_gate topk scale output lse");
}

TEST(Spec, AttentionOfStaticExtentsWithoutCoarse) {
  Spec spec;
  spec.batch = 2;
  spec.heads = 4;
  spec.queryLength = 1000;
  spec.keyLength = 500;
  spec.keyBlock = 32;
  spec.sizes = true;
  spec.withoutCoarse = true;
  std::string module = text(spec);
  expectContains(module, "tensor<2x4x1000x128xbf16>");
  expectContains(module, "tensor<2x4x500x128xbf16>");
  expectContains(module, "tensor<?x16xi32>"); // ceil(1000 / 64), ceil(500 / 32)
  expectContains(module, "without_coarse");
  EXPECT_EQ(compiledArguments(spec), "tessera_attention: query key value "
                                     "query_sizes key_sizes topk output");
}

TEST(Spec, AttentionReturnsWhatIsAskedFor) {
  Spec spec;
  spec.heads = 4;
  spec.capacity = 9;
  spec.queryLength = 1000;
  spec.returnMap = spec.returnCoarse = true;
  std::string module = text(spec);
  // ceil(1000 / 64) query blocks.
  expectContains(module, "tensor<?x4x16x9xi32> {bsa.name = \"index\"}");
  expectContains(module, "tensor<?x4x16xi32> {bsa.name = \"count\"}");
  expectContains(module, "tensor<?x4x16x128xf32> {bsa.name = \"coarse\"}");
  EXPECT_EQ(compiledArguments(spec),
            "tessera_attention: query key value topk output index count "
            "coarse");
  spec.returnMap = false;
  spec.lse = true;
  EXPECT_EQ(compiledArguments(spec),
            "tessera_attention: query key value topk output lse coarse");
}

TEST(Spec, GatesPerToken) {
  Spec spec;
  spec.gates = SpecGates::Both;
  expectContains(text(spec), "tensor<?x?x?x128xbf16> {bsa.name = "
                             "\"coarse_gate\"}");
  spec.gatePer = SpecGatePer::Token;
  std::string module = text(spec);
  expectContains(module, "tensor<?x?x?x1xbf16> {bsa.name = \"fine_gate\"}");
  expectContains(module, "tensor<?x?x?x1xbf16> {bsa.name = \"coarse_gate\"}");
  EXPECT_EQ(compiledArguments(spec), "tessera_attention: query key value "
                                     "fine_gate coarse_gate topk output");
}

TEST(Spec, AttendTakesLists) {
  Spec spec;
  spec.op = SpecOp::Attend;
  spec.element = SpecElement::F16;
  spec.capacity = 76;
  spec.heads = 12;
  spec.lse = true;
  std::string module = text(spec);
  expectContains(module, "tensor<?x12x?x76xi32> {bsa.name = \"index\"}");
  expectContains(module, "bsa.map_from_lists");
  EXPECT_EQ(compiledArguments(spec),
            "tessera_attend: query key value index count output lse");
}

struct WrongSpec {
  const char *name;
  void (*change)(Spec &);
  const char *message;
};

class SpecErrors : public testing::TestWithParam<WrongSpec> {};

TEST_P(SpecErrors, SayWhatIsWrongAndWhatWouldBeRight) {
  Spec spec;
  GetParam().change(spec);
  EXPECT_EQ(text(spec), std::string("error: ") + GetParam().message);
}

const WrongSpec kWrongSpecs[] = {
    {"NameWithADash", [](Spec &s) { s.name = "my-attention"; },
     "the name of the function is 'my-attention'; use letters, digits and '_', "
     "and no digit first"},
    {"NameWithADigitFirst", [](Spec &s) { s.name = "2d"; },
     "the name of the function is '2d'; use letters, digits and '_', and no "
     "digit first"},
    {"HeadDim", [](Spec &s) { s.headDim = 100; },
     "the head dimension is 100; use a multiple of 8 from 32 to 256"},
    {"HeadDimTooLarge", [](Spec &s) { s.headDim = 264; },
     "the head dimension is 264; use a multiple of 8 from 32 to 256"},
    {"QueryBlock", [](Spec &s) { s.queryBlock = 0; },
     "the query block is 0; use a multiple of 8 from 8 to 256"},
    {"KeyBlock", [](Spec &s) { s.keyBlock = 12; },
     "the key block is 12; use a multiple of 8 from 8 to 256"},
    {"Capacity", [](Spec &s) { s.capacity = 0; },
     "the capacity of a list is 0; use 1 to 2147483647"},
    {"Heads", [](Spec &s) { s.heads = -1; },
     "the number of heads is -1; use 0 (0: known when run) to 2147483647"},
    {"KeyHeads",
     [](Spec &s) {
       s.heads = 12;
       s.keyHeads = 5;
     },
     "12 heads cannot share 5 key/value heads evenly; use a number of "
     "key/value heads that divides 12"},
    {"LocalBlocks",
     [](Spec &s) {
       s.local = 1;
       s.keyBlock = 32;
     },
     "local blocks need query and key blocks of one size, found 64 and 32; "
     "make them equal or leave local blocks out"},
    {"ForcedBlocks",
     [](Spec &s) {
       s.sink = 30;
       s.local = 3;
     },
     "30 sink and 3 local blocks force up to 35 key blocks, but lists hold 32; "
     "raise the capacity to 35 or more"},
    {"CoarseGate",
     [](Spec &s) {
       s.gates = SpecGates::Both;
       s.withoutCoarse = true;
     },
     "a coarse gate has nothing to scale without the coarse result; drop one "
     "of the two"},
    {"AttendWithGates",
     [](Spec &s) {
       s.op = SpecOp::Attend;
       s.gates = SpecGates::Fine;
     },
     "gates belong to attention, and attend takes its lists as arguments; "
     "leave that out or compile attention"},
    {"AttendWithMap",
     [](Spec &s) {
       s.op = SpecOp::Attend;
       s.returnMap = true;
     },
     "the blocks kept belong to attention, and attend takes its lists as "
     "arguments; leave that out or compile attention"},
    {"AttendWithCoarse",
     [](Spec &s) {
       s.op = SpecOp::Attend;
       s.returnCoarse = true;
     },
     "the coarse result belongs to attention, and attend takes its lists as "
     "arguments; leave that out or compile attention"},
    {"CoarseBothWays", [](Spec &s) { s.withoutCoarse = s.returnCoarse = true; },
     "the coarse result is both left out and returned; drop one of the two"},
    {"GatePerTokenWithoutGates",
     [](Spec &s) { s.gatePer = SpecGatePer::Token; },
     "gates are one per token, but there are no gates; take a fine or a coarse "
     "gate, or both"},
};

INSTANTIATE_TEST_SUITE_P(All, SpecErrors, testing::ValuesIn(kWrongSpecs),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

TEST(Compiler, RecordsEachStageOnce) {
  Spec spec;
  spec.op = SpecOp::Attend;
  auto module = buildModule(testContext(), spec);
  ASSERT_TRUE(bool(module));
  StageTimes times;
  CompileOptions options;
  options.times = &times;
  auto jit = compileAndLoad(**module, options);
  ASSERT_TRUE(bool(jit)) << llvm::toString(jit.takeError());
  std::string stages;
  for (const StageTimes::Row &row : times.rows()) {
    EXPECT_GT(row.seconds, 0) << row.stage;
    stages += row.stage + "; ";
  }
  EXPECT_EQ(stages,
            "expand and fuse; loops and vectors; LLVM dialect; LLVM IR; "
            "optimise; machine code; load; ");
}

} // namespace
