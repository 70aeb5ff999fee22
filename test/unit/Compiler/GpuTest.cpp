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
using launch::ParameterKind;

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

TEST_F(GpuTest, RecordsWhatALaunchWants) {
  OwningOpRef<ModuleOp> module = parse(kShared);
  ASSERT_TRUE(module);
  llvm::Expected<GpuProgram> program =
      compileForGpu(*module, {}, /*assembler=*/std::nullopt);
  ASSERT_TRUE(bool(program)) << toString(program.takeError());
  EXPECT_NE(program->ptx.find(".entry self("), std::string::npos);
  EXPECT_FALSE(program->cubin);
  ASSERT_EQ(program->entries.size(), 1u);
  const launch::Entry &entry = program->entries[0];
  EXPECT_EQ(entry.kernel, "self");
  EXPECT_EQ(entry.dtype, TESSERA_F16);
  EXPECT_EQ(entry.capacity, 9);
  EXPECT_EQ(entry.threads, 512);
  EXPECT_GT(entry.sharedBytes, 12 * 16384);
  EXPECT_TRUE(entry.hasScale && entry.hasQuerySizes && entry.hasKeySizes);
  EXPECT_FALSE(entry.hasLse || entry.wantsResidentGrid);
  EXPECT_EQ(entry.stateWords, 2) << "tickets count";
  using Kinds = std::vector<ParameterKind>;
  EXPECT_EQ(entry.arguments,
            (std::vector<Kinds>{
                Kinds{ParameterKind::ValueMap}, Kinds{ParameterKind::KeyMap},
                Kinds{ParameterKind::QueryMap},
                Kinds{ParameterKind::QuerySizes, ParameterKind::KeySizes},
                Kinds{ParameterKind::Index}, Kinds{ParameterKind::Count},
                Kinds{ParameterKind::Scale}, Kinds{ParameterKind::OutputMap}}));
}

TEST_F(GpuTest, BuildsAsThePlanSays) {
  OwningOpRef<ModuleOp> module = parse(kShared);
  GpuOptions options;
  options.plan = "order=wave,stages=3";
  GpuCompiler compiler(options);
  ASSERT_FALSE(bool(compiler.buildTile(*module)));
  ASSERT_EQ(compiler.entries().size(), 1u);
  EXPECT_TRUE(compiler.entries()[0].wantsResidentGrid);
  EXPECT_NE(compiler.entries()[0].plan.find("stages=3"), std::string::npos);
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
