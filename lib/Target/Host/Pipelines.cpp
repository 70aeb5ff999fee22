// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From memref and vector to the LLVM dialect.
#include "tessera/Target/Host/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

static void addVectorToLLVM(OpPassManager &pipeline) {
  ConvertVectorToLLVMPassOptions options;
  // Outer products broadcast one operand and keep a tile in registers; the
  // default would reduce across lanes for every element.
  options.vectorContractLowering = vector::VectorContractLowering::OuterProduct;
  options.vectorTransposeLowering =
      vector::VectorTransposeLowering::Shuffle16x16;
  pipeline.addPass(createConvertVectorToLLVMPass(options));
}

void tessera::host::buildLowerToLLVMPipeline(OpPassManager &pipeline) {
  pipeline.addNestedPass<func::FuncOp>(createHostExpandCopiesPass());
  pipeline.addPass(createHostOutlineParallelPass());
  pipeline.addPass(createCanonicalizerPass());
  pipeline.addPass(createCSEPass());
  pipeline.addNestedPass<func::FuncOp>(createHostGatherBuffersPass());
  pipeline.addNestedPass<func::FuncOp>(createHostPlaceBuffersPass());
  pipeline.addPass(createHostExpandArithPass());
  pipeline.addPass(createConvertVectorToSCFPass());
  pipeline.addPass(memref::createExpandStridedMetadataPass());
  pipeline.addPass(createLowerAffinePass());
  pipeline.addPass(createSCFToControlFlowPass());
  addVectorToLLVM(pipeline);
  FinalizeMemRefToLLVMConversionPassOptions aligned;
  aligned.useAlignedAlloc = true;
  pipeline.addPass(createFinalizeMemRefToLLVMConversionPass(aligned));
  pipeline.addPass(createConvertToLLVMPass());
  pipeline.addPass(createReconcileUnrealizedCastsPass());
  pipeline.addPass(createCanonicalizerPass());
  pipeline.addPass(createCSEPass());
}

void tessera::host::registerHostPipelines() {
  PassPipelineRegistration<>("host-lower-to-llvm",
                             "Lower memref, vector and scf to the LLVM "
                             "dialect, parallel loops to runtime calls",
                             buildLowerToLLVMPipeline);
}
