// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists that all have one count: a number of the call, or as many as they hold.
#include "AttendCall.h"

#include "tessera/Compiler/Gpu.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Simulator/Simulator.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::oracle;
using namespace tessera::test;

namespace {

constexpr int64_t kCount = 3;

/// Each list has as many ids, in no order.
Geometry drawEven(uint64_t seed, int64_t capacity) {
  Geometry geometry = drawGeometry(seed, {.element = Element::BF16,
                                          .headDim = 64,
                                          .block = {64, 64},
                                          .capacity = capacity,
                                          .policy = {},
                                          .sizesRank = 0,
                                          .scale = true,
                                          .maxQueryBlocks = 3,
                                          .maxKeyBlocks = 12});
  int64_t blocks = std::max(blockCount(geometry.keys, 64), kCount);
  geometry.keys = std::max(geometry.keys, (blocks - 1) * 64 + 1);
  for (std::vector<int32_t> &list : geometry.lists.rows) {
    list.clear();
    for (int64_t slot = 0; slot < kCount; ++slot)
      list.push_back(int32_t((int64_t(seed) + slot) % blocks));
  }
  return geometry;
}

/// `isGiven`: the count is an argument.
std::string textOf(int64_t capacity, bool isGiven) {
  std::string index = llvm::formatv("tensor<?x?x?x{0}xi32>", capacity);
  return llvm::formatv(
      "func.func @attend(%q: {0}, %k: {0}, %v: {0}, %i: {1}, %scale: f32{2}) "
      "-> ({0}, tensor<?x?x?xf32>) {{\n"
      "  %m = bsa.map_from_lists %i{3} : {1}{4} -> {5}\n"
      "  %o, %l = bsa.attend query(%q : {0}) key(%k : {0}) value(%v : {0}) "
      "at(%m : {5}) scale(%scale) -> {0}, lse tensor<?x?x?xf32>\n"
      "  return %o, %l : {0}, tensor<?x?x?xf32>\n}",
      "tensor<?x?x?x64xbf16>", index, isGiven ? ", %n: i32" : "",
      isGiven ? ", %n" : "", isGiven ? ", i32" : "",
      llvm::formatv("!bsa.block_map<64x64, capacity = {0}>", capacity).str());
}

/// What the call has for each parameter, by its name; a count is a number.
std::vector<sim::Argument> argumentsOf(tile::KernelOp kernel,
                                       AttendCall &call) {
  launch::Entry entry;
  entry.queryBlock = entry.keyBlock = 64;
  entry.stateWords = 2;
  std::vector<size_t> counts;
  for (BlockArgument parameter : kernel.getArguments()) {
    std::string name = cast<NameLoc>(parameter.getLoc()).getName().str();
    launch::ParameterKind kind = launch::parameterKind(name.c_str());
    if (kind == launch::ParameterKind::Count)
      counts.push_back(entry.parameters.size());
    entry.parameters.push_back({kind, {}});
  }
  std::vector<sim::Argument> arguments = call.arguments(entry);
  for (size_t position : counts)
    arguments[position] = kCount;
  return arguments;
}

void attendEvenLists(int64_t capacity, bool isGiven) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      textOf(capacity, isGiven), ParserConfig(&context));
  ASSERT_TRUE(module);
  GpuCompiler compiler({.plan = "order=ticket"});
  if (llvm::Error refused = compiler.buildTile(*module))
    FAIL() << toString(std::move(refused));
  tile::KernelOp kernel;
  module->walk([&](tile::KernelOp found) { kernel = found; });
  for (uint64_t seed = 31; seed < 35; ++seed) {
    Geometry geometry = drawEven(seed, capacity);
    SCOPED_TRACE(geometry.describe());
    AttendCall call(geometry);
    sim::Options options;
    options.seed = seed;
    sim::SimulationResult result =
        sim::simulate(kernel, argumentsOf(kernel, call), /*grid=*/2, options);
    EXPECT_TRUE(result.isClean());
    EXPECT_TRUE(call.matchesOracle());
  }
}

TEST(AttendCountTest, TakesOneNumberForAllLists) {
  attendEvenLists(/*capacity=*/8, /*isGiven=*/true);
}

TEST(AttendCountTest, TakesAllThatListsHold) {
  attendEvenLists(/*capacity=*/kCount, /*isGiven=*/false);
}

} // namespace
