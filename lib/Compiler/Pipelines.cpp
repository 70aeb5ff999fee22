// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of passes from `bsa` to the host, stated once: the compiler and
// pass pipelines in text both take it from here.
#include "tessera/Compiler/Compiler.h"

#include "Bsa/Transforms/Passes.h"
#include "tessera/Conversion/Passes.h"
#include "tessera/Target/Host/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace tessera {

void buildBsaPipeline(OpPassManager &pipeline, bool fuse) {
  pipeline.addPass(bsa::createRefineShapesPass());
  pipeline.addNestedPass<func::FuncOp>(bsa::createExpandPass());
  pipeline.addPass(createCanonicalizerPass());
  pipeline.addPass(createCSEPass());
  if (fuse)
    pipeline.addNestedPass<func::FuncOp>(bsa::createFusePass());
}

void buildLevelPipeline(OpPassManager &pipeline, const host::CpuLevel &level) {
  ConvertBsaToVectorPassOptions tile;
  tile.lanes = level.lanes;
  tile.tileRows = level.tileRows;
  tile.tileVectors = level.tileVectors;
  pipeline.addPass(createConvertBsaToVectorPass(tile));
  pipeline.addPass(createCanonicalizerPass());
  pipeline.addPass(createCSEPass());
}

namespace {

/// A row of kCpuLevels; options in text need an enumeration.
enum class LevelRow : size_t { Best, Second, End };
static_assert(size_t(LevelRow::End) == std::size(host::kCpuLevels),
              "each level can be chosen");

llvm::cl::OptionEnumValue levelValue(LevelRow row, StringRef help) {
  return {host::kCpuLevels[size_t(row)].cpu, int(row), help};
}

struct HostPipelineOptions : PassPipelineOptions<HostPipelineOptions> {
  Option<LevelRow> level{
      *this, "cpu", llvm::cl::desc("The level of x86-64 to cut tiles for"),
      llvm::cl::init(LevelRow::Best),
      llvm::cl::values(levelValue(LevelRow::Best, "AVX-512"),
                       levelValue(LevelRow::Second, "AVX2 and FMA"))};
  Option<bool> fuse{*this, "fuse",
                    llvm::cl::desc("Let ops share passes over query blocks"),
                    llvm::cl::init(true)};
};

} // namespace

static void buildHostPipeline(OpPassManager &pipeline,
                              const HostPipelineOptions &options) {
  pipeline.addPass(createSymbolDCEPass());
  buildBsaPipeline(pipeline, options.fuse);
  buildLevelPipeline(pipeline,
                     host::kCpuLevels[size_t(options.level.getValue())]);
  host::buildLowerToLLVMPipeline(pipeline);
}

void registerCompilerPipelines() {
  PassPipelineRegistration<HostPipelineOptions>(
      "tessera-host",
      "Compile bsa functions for the host, as far as the LLVM dialect",
      buildHostPipeline);
}

} // namespace tessera
