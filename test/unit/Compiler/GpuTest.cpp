// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The GPU compiler as a library: what the record of a kernel says.
#include "tessera/Compiler/Gpu.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace tessera;

namespace {

// Query and key share their sizes, as self-attention does.
constexpr const char *kShared = R"(
func.func @self(%v: tensor<?x?x?x128xf16>, %k: tensor<?x?x?x128xf16>, %q: tensor<?x?x?x128xf16>,
    %sizes: tensor<?xi32>, %index: tensor<?x?x?x9xi32>, %count: tensor<?x?x?xi32>, %scale: f32)
    -> tensor<?x?x?x128xf16> {
  %map = bsa.map_from_lists %index, %count : tensor<?x?x?x9xi32>, tensor<?x?x?xi32>
      -> !bsa.block_map<64x64, capacity = 9>
  %o = bsa.attend query(%q : tensor<?x?x?x128xf16>, sizes %sizes : tensor<?xi32>)
      key(%k : tensor<?x?x?x128xf16>, sizes %sizes : tensor<?xi32>)
      value(%v : tensor<?x?x?x128xf16>) at(%map : !bsa.block_map<64x64, capacity = 9>)
      scale(%scale) -> tensor<?x?x?x128xf16>
  return %o : tensor<?x?x?x128xf16>
})";

class GpuTest : public testing::Test {
protected:
  GpuTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
  }
  OwningOpRef<ModuleOp> parse(const char *text) {
    return parseSourceString<ModuleOp>(text, ParserConfig(&context));
  }

  MLIRContext context;
};

/// Names of what its launches take, the first of them first.
std::vector<std::string> operandsOf(const program::Writer &record) {
  std::vector<std::string> names;
  for (const program::Action &action : record.actions)
    if (action.kind == program::ActionKind::Launch && names.empty())
      for (const program::Operand &operand :
           ArrayRef(record.operands)
               .slice(action.operands.first, action.operands.count))
        names.emplace_back(record.read(operand.name));
  return names;
}

TEST_F(GpuTest, RecordsWhatALaunchWants) {
  OwningOpRef<ModuleOp> module = parse(kShared);
  ASSERT_TRUE(module);
  GpuOptions options;
  options.plan = "order=ticket";
  llvm::Expected<GpuProgram> program =
      compileForGpu(*module, options, /*assembler=*/std::nullopt);
  ASSERT_TRUE(bool(program)) << toString(program.takeError());
  EXPECT_NE(program->ptx.find(".entry self_attend_ticket("), std::string::npos);
  EXPECT_FALSE(program->cubin);
  ASSERT_EQ(program->functions.size(), 1u);
  EXPECT_EQ(program->functions[0].name, "self");
  const program::Writer &record = program->functions[0].writer;
  ASSERT_EQ(record.kernels.size(), 1u);
  EXPECT_EQ(record.read(record.kernels[0].name), "self_attend_ticket");
  ASSERT_EQ(record.actions.size(), 2u) << "a fill and a launch";
  const program::Action &launch = record.actions[1];
  EXPECT_EQ(record.expression(launch.threads).value, 512);
  EXPECT_GT(record.expression(launch.sharedBytes).value, 12 * 16384);
  EXPECT_EQ(launch.flags & program::kCooperative, 0);
  std::vector<std::string> operands = operandsOf(record);
  for (const char *name : {"query", "key", "value", "output", "index", "count",
                           "key_sizes", "scale", "state"})
    EXPECT_TRUE(llvm::is_contained(operands, name)) << name;
  // Query and key share them: one parameter for a value.
  EXPECT_FALSE(llvm::is_contained(operands, "query_sizes"));
  EXPECT_FALSE(llvm::is_contained(operands, "lse"));
}

TEST_F(GpuTest, BuildsAsThePlanSays) {
  OwningOpRef<ModuleOp> module = parse(kShared);
  GpuOptions options;
  options.plan = "order=wave,stages=3";
  GpuCompiler compiler(options);
  ASSERT_FALSE(bool(compiler.buildTile(*module)));
  std::vector<GpuFunction> functions = compiler.takeFunctions();
  ASSERT_EQ(functions.size(), 1u);
  const program::Writer &record = functions[0].writer;
  ASSERT_EQ(record.kernels.size(), 1u);
  EXPECT_NE(record.read(record.kernels[0].plan).find("stages=3"),
            std::string_view::npos);
  EXPECT_TRUE(llvm::any_of(record.actions, [](const auto &action) {
    return action.flags & program::kCooperative;
  }));
}

TEST_F(GpuTest, SaysWhichOpHasNoKernel) {
  OwningOpRef<ModuleOp> module = parse(R"(
func.func @pool(%x: tensor<1x2x128x64xbf16>) -> tensor<1x2x2x64xf32> {
  %mean = bsa.pool %x by 64 : tensor<1x2x128x64xbf16> -> tensor<1x2x2x64xf32>
  return %mean : tensor<1x2x2x64xf32>
})");
  ASSERT_TRUE(module);
  llvm::Expected<GpuProgram> program =
      compileForGpu(*module, {}, /*assembler=*/std::nullopt);
  ASSERT_FALSE(bool(program));
  EXPECT_NE(
      toString(program.takeError()).find("'bsa.pool' op has no GPU kernel"),
      std::string::npos);
}

} // namespace
