// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX becomes a cubin, and the report of it is believed.
#include "TestKernels.h"

#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

#include <cstdlib>

using namespace tessera;
using namespace tessera::nvptx;
using namespace tessera::test;

namespace {

std::string refusal(llvm::StringRef ptx) {
  llvm::Expected<Cubin> cubin = assemble(ptx, testChip(), testAssembler());
  return cubin ? "" : llvm::toString(cubin.takeError());
}

TEST(Assembler, MakesACubinThatIsElfAndDoesNotSpill) {
  Cubin cubin = assembleKernel(kScaleKernel);
  EXPECT_EQ(llvm::identify_magic(cubin.elf->getBuffer()),
            llvm::file_magic::elf_executable);
  ASSERT_EQ(cubin.kernels.size(), 1U);
  const KernelResources &scale = cubin.kernels[0];
  EXPECT_EQ(scale.kernel, "scale");
  EXPECT_GT(scale.registersPerThread, 0);
  EXPECT_EQ(scale.spillStoreBytes + scale.spillLoadBytes, 0);
  EXPECT_EQ(scale.staticSharedBytes, 0);
  EXPECT_FALSE(scale.hasHazard()) << scale.print();
  EXPECT_EQ(cubin.assembler.path, testAssembler().path);
}

TEST(Assembler, ReportsSpills) {
  Cubin cubin = assembleKernel(manyLiveValues(100, "nvvm.maxnreg = 32 : i32"));
  const KernelResources &crowd = cubin.kernels.at(0);
  EXPECT_LE(crowd.registersPerThread, 32);
  EXPECT_GT(crowd.spillStoreBytes, 0);
  EXPECT_GT(crowd.spillLoadBytes, 0);
  EXPECT_GT(crowd.stackBytes, 0);
  EXPECT_TRUE(crowd.hasHazard());
}

TEST(Assembler, ReportsThatSetmaxnregIsIgnored) {
  KernelResources roles = assembleKernel(setMaxRegisters("")).kernels.at(0);
  ASSERT_EQ(roles.notes.size(), 1U);
  EXPECT_TRUE(has(roles.notes[0], "C7508"));
  EXPECT_TRUE(roles.hasHazard());

  // With a launch stated it is heeded: the kernel starts with all it may have.
  roles = assembleKernel(setMaxRegisters((", " + kLaunch).str())).kernels.at(0);
  EXPECT_TRUE(roles.notes.empty());
  EXPECT_GT(roles.registersPerThread, 40);
  EXPECT_FALSE(roles.hasHazard());
}

TEST(Assembler, ReportsAProductThatLacksItsWait) {
  KernelResources product =
      assembleKernel(productLoop("wgmma.wait_group.sync.aligned 0;"))
          .kernels.at(0);
  EXPECT_FALSE(product.hasHazard()) << product.print();

  product = assembleKernel(productLoop("// no wait")).kernels.at(0);
  EXPECT_TRUE(product.hasHazard()) << product.print();
}

TEST(Assembler, RepeatsWhatPtxasSaysOfBrokenPtx) {
  std::string ptx = compile(kScaleKernel);
  ptx.replace(ptx.find("mul.rn.f32"), 10, "mul.xx.f32");
  std::string text = refusal(ptx);
  EXPECT_TRUE(has(text, "refused the PTX"));
  EXPECT_TRUE(has(text, "ptxas kernels.ptx, "
                        "line "));
  EXPECT_TRUE(has(text, "'.xx'"));
}

TEST(Assembler, SaysThatItCannotStart) {
  Assembler gone{"/nonexistent/ptxas", "a test", {}};
  llvm::Expected<Cubin> cubin = assemble("", testChip(), gone);
  ASSERT_FALSE(bool(cubin));
  EXPECT_TRUE(has(llvm::toString(cubin.takeError()),
                  "/nonexistent/ptxas did not run to its end"));
}

TEST(Assembler, LeavesNoFilesBehind) {
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("nvptx-test", folder));
  setenv("TMPDIR", folder.c_str(), /*overwrite=*/1);
  assembleKernel(kScaleKernel);
  EXPECT_NE(refusal("not PTX"), "");
  unsetenv("TMPDIR");
  // Refused unless it is empty.
  EXPECT_FALSE(llvm::sys::fs::remove(folder));
}

} // namespace
