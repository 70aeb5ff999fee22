// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a record says of the steps of a function for a GPU.
#include "tessera/Compiler/ReadSteps.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Compiler/Signature.h"
#include "tessera/Conversion/BsaToTile/Passes.h"
#include "tessera/Program/Evaluate.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include "gtest/gtest.h"

#include <map>

using namespace mlir;
using namespace tessera;
using namespace tessera::program;
using Numbers = std::map<std::string, int64_t>;

namespace {

constexpr const char *kAttend = R"(
func.func @attend(%q: tensor<?x?x?x64xbf16>, %k: tensor<?x?x?x64xbf16>, %i: tensor<?x?x?x8xi32>,
    %n: tensor<?x?x?xi32>, %qs: tensor<?x?xi32>, %scale: f32)
    -> (tensor<?x?x?x64xbf16>, tensor<?x?x?xf32>) {
  %m = bsa.map_from_lists %i, %n : tensor<?x?x?x8xi32>, tensor<?x?x?xi32>
      -> !bsa.block_map<64x64, capacity = 8>
  %o, %l = bsa.attend query(%q : tensor<?x?x?x64xbf16>, sizes %qs : tensor<?x?xi32>)
      key(%k : tensor<?x?x?x64xbf16>) value(%k : tensor<?x?x?x64xbf16>)
      at(%m : !bsa.block_map<64x64, capacity = 8>) scale(%scale)
      -> tensor<?x?x?x64xbf16>, lse tensor<?x?x?xf32>
  return %o, %l : tensor<?x?x?x64xbf16>, tensor<?x?x?xf32>
})";

class ReadStepsTest : public testing::Test {
protected:
  ReadStepsTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  /// The record of the only function, for a GPU.
  void read(const char *text, StringRef plan) {
    module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
    ASSERT_TRUE(module);
    auto source = *module->getOps<func::FuncOp>().begin();
    SmallVector<mlir::Value> computed;
    FailureOr<Writer> begun = readSignature(source, computed);
    ASSERT_TRUE(succeeded(begun));
    writer = std::move(*begun);
    ASSERT_TRUE(succeeded(convertBsaToTile(source, "sm_90a", plan)));
    PassManager passes(&context);
    passes.addPass(createCSEPass());
    ASSERT_TRUE(succeeded(passes.run(*module)));
    steps = readSteps(*module->getOps<func::FuncOp>().begin(), writer);
  }

  /// An expression for a call with these symbols, on a device with so much L2.
  int64_t evaluate(Index expression, const Numbers &symbols, int64_t l2Bytes) {
    Record record = writer.write();
    Program program = record.program();
    std::vector<SymbolValue> values;
    for (const program::Symbol &symbol : program.symbols()) {
      auto given = symbols.find(program.text(symbol.name));
      values.emplace_back();
      if (given != symbols.end())
        values.back().value = {given->second, program::Value::Known};
    }
    DeviceValues device;
    device.numbers[int(DeviceNumber::L2Bytes)] = {l2Bytes,
                                                  program::Value::Known};
    int64_t resident[] = {132, 132};
    device.residentCtas = resident;
    std::vector<program::Value> numbers(program.expressions().size());
    program::evaluate(program, {values, nullptr, &device}, numbers);
    EXPECT_TRUE(bool(numbers[size_t(expression)]));
    return numbers[size_t(expression)].number;
  }

  std::string nameOf(Text text) { return std::string(writer.read(text)); }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  Writer writer;
  LogicalResult steps = failure();
};

TEST_F(ReadStepsTest, ReadsALaunch) {
  read(kAttend, "order=static");
  ASSERT_TRUE(succeeded(steps));
  ASSERT_EQ(writer.steps.size(), 1u);
  ASSERT_EQ(writer.actions.size(), 1u);
  const Action &launch = writer.actions[0];
  EXPECT_EQ(launch.kind, ActionKind::Launch);
  EXPECT_EQ(launch.flags, 0);
  EXPECT_EQ(nameOf(writer.kernels[launch.kernel].name), "attend_attend_static");
  EXPECT_EQ(writer.expression(launch.threads).value, 512);
  EXPECT_EQ(writer.expression(launch.grid[0]).kind, ExpressionKind::Minimum);
  EXPECT_EQ(writer.maps.size(), 3u) << "query, key and value, output";
  ASSERT_EQ(writer.buffers.size(), 1u);
  EXPECT_EQ(nameOf(writer.buffers[0].name), "marks");
  Record record = writer.write();
  auto program = Program::open(record.bytes());
  EXPECT_TRUE(bool(program)) << program.error().message();
}

TEST_F(ReadStepsTest, ReadsStepsWithAlternatives) {
  read(kAttend, "");
  ASSERT_TRUE(succeeded(steps));
  ASSERT_EQ(writer.steps.size(), 2u) << "a fill and a launch";
  EXPECT_EQ(writer.steps[0].choice, writer.steps[1].choice);
  EXPECT_NE(writer.steps[0].choice, kNone);
  ASSERT_EQ(writer.actions.size(), 4u);
  EXPECT_EQ(writer.actions[0].kind, ActionKind::Zero);
  EXPECT_EQ(writer.actions[1].kind, ActionKind::Zero);
  EXPECT_EQ(writer.actions[2].flags, 0);
  EXPECT_EQ(writer.actions[3].flags, kCooperative);
  EXPECT_EQ(writer.steps[1].after.count, 1u);
  Record record = writer.write();
  auto program = Program::open(record.bytes());
  EXPECT_TRUE(bool(program)) << program.error().message();
}

/// 64 wide heads: waves from 7/10 of the L2 on, and up to 1/4 of it.
TEST_F(ReadStepsTest, DecidesAtTheCall) {
  read(kAttend, "");
  ASSERT_TRUE(succeeded(steps));
  Index order = writer.steps[1].choice;
  constexpr int64_t kL2 = 50 << 20;
  EXPECT_EQ(evaluate(order, {{"Skv", 16384}}, kL2), 1);
  EXPECT_EQ(evaluate(order, {{"Skv", 92160}}, kL2), 0);
  EXPECT_EQ(evaluate(order, {{"Skv", 160000}}, kL2), 1);
  const Action &ticket = writer.actions[2];
  Numbers call = {{"B", 2}, {"H", 3}, {"Nq", 5}};
  EXPECT_EQ(evaluate(ticket.grid[0], call, kL2), 10) << "30 tiles, 3 a CTA";
  call["Nq"] = 500;
  EXPECT_EQ(evaluate(ticket.grid[0], call, kL2), 132);
  // 8 bytes of state and 3000 marks, each from a multiple of 256 on.
  EXPECT_EQ(evaluate(writer.head.leastWorkspace, call, kL2), 256 + 12032);
}

TEST_F(ReadStepsTest, CopiesWhatIsNotWrittenInPlace) {
  std::string text = kAttend;
  auto replace = [&](StringRef from, StringRef to) {
    size_t at = text.find(from.str());
    ASSERT_NE(at, std::string::npos);
    text.replace(at, from.size(), to.str());
  };
  replace("-> (tensor<?x?x?x64xbf16>, tensor<?x?x?xf32>) {",
          "-> (tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16>) {");
  replace("return %o, %l : tensor<?x?x?x64xbf16>, tensor<?x?x?xf32>",
          "return %o, %k : tensor<?x?x?x64xbf16>, tensor<?x?x?x64xbf16>");
  read(text.c_str(), "order=static");
  ASSERT_TRUE(succeeded(steps));
  ASSERT_EQ(writer.actions.size(), 2u);
  EXPECT_EQ(writer.actions[1].kind, ActionKind::Copy);
  EXPECT_EQ(writer.actions[1].from.index, 1);
  EXPECT_EQ(writer.actions[1].to.index, 7);
  EXPECT_EQ(writer.buffers.size(), 2u) << "marks, and an lse that nobody wants";
}

/// The map's box, and where strides come from.
TEST_F(ReadStepsTest, DescribesMaps) {
  read(kAttend, "order=static");
  ASSERT_TRUE(succeeded(steps));
  const Map *output = nullptr;
  for (const Map &map : writer.maps)
    if (nameOf(map.name) == "output_map")
      output = &map;
  ASSERT_TRUE(output);
  EXPECT_EQ(output->rank, 5);
  EXPECT_EQ(output->box[1], 16);
  EXPECT_EQ(output->swizzleBytes, 128);
  EXPECT_EQ(output->promotionBytes, 0);
  const Expression &stride = writer.expression(output->strides[0]);
  EXPECT_EQ(stride.kind, ExpressionKind::Stride);
  EXPECT_EQ(stride.b, 2);
  auto isCopied = [&](const Constraint &row) {
    return row.kind == ConstraintKind::Copied &&
           row.param == output->memory.index;
  };
  EXPECT_EQ(llvm::count_if(writer.constraints, isCopied), 1);
}

TEST_F(ReadStepsTest, RefusesFloatArithmetic) {
  std::string said;
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { said += diagnostic.str(); });
  std::string text = kAttend;
  size_t at = text.find("  %o, %l");
  text.insert(at, "  %twice = arith.addf %scale, %scale : f32\n");
  text.replace(text.find("scale(%scale)"), 13, "scale(%twice)");
  read(text.c_str(), "order=static");
  EXPECT_TRUE(failed(steps));
  EXPECT_NE(said.find("takes an f32 that is computed; on a GPU it is an "
                      "argument or a constant: compute it before the call"),
            std::string::npos)
      << said;
}

/// Integers that come from elsewhere.
TEST_F(ReadStepsTest, RefusesNumbersThatNoCallDetermines) {
  std::string said;
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { said += diagnostic.str(); });
  std::string text = kAttend;
  size_t at = text.find("  %m = ");
  text.insert(at, "  %one = arith.fptosi %scale : f32 to i32\n");
  text.replace(text.find("%i, %n :"), 8, "%i, %one :");
  text.replace(text.find("tensor<?x?x?xi32>\n      -> !bsa"), 17, "i32");
  read(text.c_str(), "order=static");
  EXPECT_TRUE(failed(steps));
  EXPECT_NE(said.find("takes a number that integer arithmetic does not give"),
            std::string::npos)
      << said;
}

} // namespace
