// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ptxas takes each op of the `ptx` dialect, in each of its forms.
#include "TestKernels.h"
#include "tessera/Conversion/PtxToLLVM/Passes.h"

#include "Ptx/IR/Ptx.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringSet.h"
#include "gtest/gtest.h"

using namespace tessera;
using namespace tessera::nvptx;
using namespace tessera::test;

namespace {

constexpr llvm::StringLiteral kEveryOp = R"mlir(
llvm.func @every(%map: !llvm.ptr {llvm.byval = !llvm.array<128 x i8>, llvm.align = 64 : i64,
    nvvm.grid_constant}, %global: !llvm.ptr<1>, %out: !llvm.ptr<1>, %a: i32, %n: i32, %x: f32)
    attributes {nvvm.kernel, nvvm.reqntid = array<i32: 128>, nvvm.minctasm = 1 : i32} {
  ptx.mbarrier.init %a, %n
  ptx.mbarrier.arrive %a
  ptx.mbarrier.arrive.after %a, %n
  ptx.mbarrier.arrive.after %a, %n, %a
  ptx.mbarrier.arrive.expect_tx %a, %n
  ptx.mbarrier.wait %a, %n
  ptx.mbarrier.wait %a, %n
  ptx.cp.async.bulk.tensor.load %map[%n], %a, %a
  ptx.cp.async.bulk.tensor.load %map[%n, %n, %n, %n, %n], %a, %a
  ptx.cp.async.bulk.tensor.store %a, %map[%n]
  ptx.cp.async.bulk.tensor.store %a, %map[%n, %n, %n, %n, %n]
  ptx.cp.reduce.async.bulk.tensor.add %a, %map[%n]
  ptx.cp.reduce.async.bulk.tensor.add %a, %map[%n, %n, %n, %n, %n]
  %any = ptx.bar.red.or %a, %n, %n
  %also = ptx.bar.red.or %any, %n, %n
  %v = ptx.ld.shared %a
  ptx.st.shared %a, %v
  %one = ptx.ldmatrix %a : i32
  %two:2 = ptx.ldmatrix %a : i32, i32
  %m:4 = ptx.ldmatrix %a : i32, i32, i32, i32
  ptx.stmatrix %a, %one
  ptx.stmatrix %a, %two#0, %two#1
  ptx.stmatrix %a, %m#0, %m#1, %m#2, %m#3
  %relaxed = ptx.atom.add relaxed %global, %v
  %ordered = ptx.atom.add acq_rel %global, %relaxed
  ptx.wait_at_least %global, %ordered
  ptx.wait_at_least %global, %v
  %d = ptx.wgmma.descriptor %a leading 16 stride 1024 swizzle 128
  %p:4 = ptx.wgmma n 8 bf16 left(%m#0, %m#1, %m#2, %m#3) right %d at [0]
  %w:4 = ptx.wgmma.wait 0, %p#0, %p#1, %p#2, %p#3
  %q:4 = ptx.wgmma n 8 f16 left %d at [0, 32] right %d at [0, 2048] transpose
      plus(%w#0, %w#1, %w#2, %w#3)
  %z:4 = ptx.wgmma.wait 0, %q#0, %q#1, %q#2, %q#3
  %power = ptx.ex2 %z#0
  %log = ptx.lg2 %power
  llvm.store volatile %log, %out : f32, !llvm.ptr<1>
  llvm.return
})mlir";

TEST(PtxOps, ArePtxThatTheAssemblerTakes) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  registry.insert<ptx::PtxDialect>();
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(kEveryOp, &context);
  ASSERT_TRUE(bool(module));

  llvm::StringSet<> tried;
  module->walk(
      [&](mlir::Operation *op) { tried.insert(op->getName().getStringRef()); });
  size_t count = 0;
  for (mlir::RegisteredOperationName name : context.getRegisteredOperations()) {
    if (name.getDialectNamespace() != "ptx")
      continue;
    EXPECT_TRUE(tried.contains(name.getStringRef()))
        << name.getStringRef().str() << " is not assembled here; add it";
    ++count;
  }
  EXPECT_GT(count, 0U);

  mlir::PassManager passes(&context);
  passes.addPass(createConvertPtxToLLVMPass());
  ASSERT_TRUE(mlir::succeeded(passes.run(*module)));
  PtxProgram program = get(buildProgram(*module, testChip()));
  Cubin cubin =
      get(assemble(get(program.emitPtx()), testChip(), testAssembler()));
  EXPECT_FALSE(cubin.kernels.at(0).hasHazard()) << cubin.kernels.at(0).print();
}

} // namespace
