// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MLIR text becomes PTX that says what the kernel said.
#include "TestKernels.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

using namespace tessera;
using namespace tessera::nvptx;
using namespace tessera::test;

namespace {

/// What is wrong with a module, or "".
std::string whyNot(llvm::StringRef text) {
  llvm::Expected<PtxProgram> program = build(text);
  if (!program)
    return llvm::toString(program.takeError());
  llvm::Expected<std::string> ptx = program->emitPtx();
  return ptx ? "" : llvm::toString(ptx.takeError());
}

size_t count(llvm::StringRef text, llvm::StringRef word) {
  return text.count(word);
}

TEST(PtxProgram, WritesAKernelAndInlinesWhatItCalls) {
  std::string ptx = compile(kScaleKernel);
  EXPECT_TRUE(has(ptx, ".version 8.6"));
  EXPECT_TRUE(has(ptx, ".target sm_90a"));
  EXPECT_TRUE(has(ptx, ".visible .entry scale("));
  EXPECT_TRUE(has(ptx, "mul.rn.f32"));
  EXPECT_FALSE(has(ptx, ".func"));
}

TEST(PtxProgram, KeepsWhatAKernelSaysOfItsLaunch) {
  std::string ptx = compile(kScaleKernel);
  EXPECT_TRUE(has(ptx, ".maxntid 64, 2"));
  EXPECT_TRUE(has(ptx, ".minnctapersm 2"));
  ptx = compile(setMaxRegisters((", " + kLaunch).str()));
  EXPECT_TRUE(has(ptx, ".reqntid 128"));
  EXPECT_TRUE(has(ptx, ".minnctapersm 1"));
  ptx = compile(manyLiveValues(2, "nvvm.maxnreg = 40 : i32"));
  EXPECT_TRUE(has(ptx, ".maxnreg 40"));
}

TEST(PtxProgram, KeepsABarrierBetweenEqualBranchesWhole) {
  std::string ptx = compile(R"(
    llvm.func @kernel(%out: !llvm.ptr<1>) attributes {nvvm.kernel} {
      %zero = llvm.mlir.constant(0 : i32) : i32
      %one = llvm.mlir.constant(1 : i32) : i32
      %thread = nvvm.read.ptx.sreg.tid.x : i32
      %leads = llvm.icmp "eq" %thread, %zero : i32
      llvm.cond_br %leads, ^first, ^meet
    ^first:
      llvm.store volatile %zero, %out : i32, !llvm.ptr<1>
      llvm.br ^meet
    ^meet:
      llvm.inline_asm has_side_effects "bar.sync 1, 128;", "~{memory}" : () -> ()
      llvm.cond_br %leads, ^second, ^end
    ^second:
      llvm.store volatile %one, %out : i32, !llvm.ptr<1>
      llvm.br ^end
    ^end:
      llvm.return
    })");
  EXPECT_EQ(count(ptx, "bar.sync"), 1u) << ptx;
}

TEST(PtxProgram, LetsTextWithoutSideEffectsBeCopied) {
  auto translated = [](llvm::StringRef effects) {
    return get(build(llvm::formatv(R"(
      llvm.func @kernel(%out: !llvm.ptr<1>, %x: i32) attributes {{nvvm.kernel} {{
        %y = llvm.inline_asm {0} "brev.b32 $0, $1;", "=r,r" %x : (i32) -> i32
        llvm.store %y, %out : i32, !llvm.ptr<1>
        llvm.return
      })",
                                   effects)
                         .str()))
        .printLLVM();
  };
  EXPECT_TRUE(has(translated("has_side_effects"), "convergent"));
  EXPECT_FALSE(has(translated(""), "convergent"));
}

TEST(PtxProgram, ShowsOptimisedLLVM) {
  std::string text = get(build(kScaleKernel)).printLLVM();
  EXPECT_TRUE(has(text, "define ptx_kernel void @scale("));
  EXPECT_TRUE(has(text, "nvptx64-nvidia-cuda"));
  EXPECT_FALSE(has(text, "@thread"));
}

TEST(PtxProgram, RecordsEachStageOnce) {
  StageTimes times;
  PtxProgram program = get(build(kScaleKernel, &times));
  std::string ptx = get(program.emitPtx(&times));
  get(assemble(ptx, testChip(), testAssembler(), &times));
  std::string stages;
  for (const StageTimes::Row &row : times.rows()) {
    EXPECT_GT(row.seconds, 0) << row.stage;
    stages += row.stage + "; ";
  }
  EXPECT_EQ(stages, "LLVM IR; optimise; PTX; cubin; ");
}

/// A loop of 8 turns with a block of assembly in it that has a label.
std::string loopOfAssembly(llvm::StringRef annotation) {
  return llvm::formatv(R"mlir(
llvm.func @loop() attributes {{nvvm.kernel} {{
  %c0 = llvm.mlir.constant(0 : i32) : i32
  %c1 = llvm.mlir.constant(1 : i32) : i32
  %c8 = llvm.mlir.constant(8 : i32) : i32
  llvm.br ^turn(%c0 : i32)
^turn(%i: i32):
  llvm.inline_asm has_side_effects "{{ again: nanosleep.u32 $0; }", "r" %i : (i32) -> ()
  %next = llvm.add %i, %c1 : i32
  %more = llvm.icmp "slt" %next, %c8 : i32
  llvm.cond_br %more, ^turn(%next : i32), ^done {0}
^done:
  llvm.return
})mlir",
                       annotation);
}

TEST(PtxProgram, UnrollsALoopOnlyWhereAsked) {
  EXPECT_EQ(count(compile(loopOfAssembly("")), "nanosleep"), 1U);
  std::string unrolled = compile(
      loopOfAssembly("{loop_annotation = #llvm.loop_annotation<unroll = "
                     "<disable = false, full = true>>}"));
  EXPECT_EQ(count(unrolled, "nanosleep"), 8U);
  get(assemble(unrolled, testChip(), testAssembler()));
}

TEST(PtxProgram, KeepsAProductInOnePiece) {
  std::string ptx = compile(productLoop("wgmma.wait_group.sync.aligned 0;"));
  EXPECT_EQ(count(ptx, "wgmma.mma_async"), 4U);
  EXPECT_EQ(count(ptx, "wgmma.fence"), 1U);
}

TEST(PtxProgram, RefusesAModuleWithoutKernel) {
  EXPECT_TRUE(has(whyNot("llvm.func @f() { llvm.return }"),
                  "no kernel; give one of its functions the attribute "
                  "nvvm.kernel"));
}

TEST(PtxProgram, SaysWhatLLVMDoesNotTake) {
  EXPECT_TRUE(has(whyNot(R"mlir(
llvm.func @f(%x: i32) attributes {nvvm.kernel} {
  llvm.inline_asm has_side_effects "use $0;", "x" %x : (i32) -> ()
  llvm.return
})mlir"),
                  "unknown asm constraint 'x'"));
}

TEST(PtxProgram, SaysThatAnOpHasNoTranslation) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry);
  context.allowUnregisteredDialects();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(R"mlir(
llvm.func @f() attributes {nvvm.kernel} {
  "other.op"() : () -> ()
  llvm.return
})mlir",
                                                        &context);
  std::string diagnostics;
  mlir::ScopedDiagnosticHandler handler(
      &context, [&](mlir::Diagnostic &d) { diagnostics += d.str(); });
  llvm::Expected<PtxProgram> program = buildProgram(*module, testChip());
  ASSERT_FALSE(bool(program));
  EXPECT_TRUE(
      has(llvm::toString(program.takeError()), "did not become LLVM IR"));
  EXPECT_TRUE(has(diagnostics, "other.op"));
}

TEST(Chips, AreFoundByName) {
  EXPECT_EQ(get(findChip("sm_90a")).name, "sm_90a");
  llvm::Expected<const Chip &> chip = findChip("sm_90");
  ASSERT_FALSE(bool(chip));
  EXPECT_EQ(llvm::toString(chip.takeError()),
            "'sm_90' is no GPU known here; use one of sm_90a");
}

} // namespace
