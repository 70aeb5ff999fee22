// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reports of ptxas 13.0.88, recorded, and what is read from them. Some numbers
// were changed so that no two of a report are equal.
#include "TestKernels.h"

#include "gtest/gtest.h"

using namespace tessera::nvptx;
using namespace tessera::test;

namespace {

using Texts = std::vector<std::string>;

// Two kernels, a function that both call, shared memory, a stack.
const char *const kCalls = R"(ptxas info    : 400 bytes gmem
ptxas info    : Compiling entry function 'plain' for 'sm_90a'
ptxas info    : Function properties for plain
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 6 registers, used 1 barriers, 2048 bytes smem
ptxas info    : Compile time = 2.127 ms
ptxas info    : Compiling entry function 'calls' for 'sm_90a'
ptxas info    : Function properties for calls
    64 bytes stack frame, 8 bytes spill stores, 16 bytes spill loads
ptxas info    : Used 8 registers, used 1 barriers, 80 bytes cumulative stack size, 1024 bytes smem
ptxas info    : Compile time = 1.564 ms
ptxas info    : Function properties for dev
    0 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads
)";

const char *const kSpills = R"(ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'fwd' for 'sm_90a'
ptxas info    : Function properties for fwd
    24 bytes stack frame, 44 bytes spill stores, 56 bytes spill loads
ptxas info    : Used 128 registers, used 1 barriers, 24 bytes cumulative stack size
ptxas info    : Compile time = 319.505 ms
)";

const char *const kIgnored =
    R"(ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored; unable to determine register count at entry.
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'calls' for 'sm_90a'
ptxas info    : Function properties for calls
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 8 registers, used 0 barriers
ptxas info    : Compile time = 2.230 ms
ptxas info    : Compiling entry function 'roles' for 'sm_90a'
ptxas info    : Function properties for roles
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 4 registers, used 2 barriers
ptxas info    : Compile time = 0.718 ms
)";

const char *const kInjected =
    R"(ptxas info    : (C7517) warpgroup.wait is injected in around line 110 by compiler to allow use of registers defined by GMMA in function 'product'
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'other' for 'sm_90a'
ptxas info    : Function properties for other
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 8 registers, used 0 barriers
ptxas info    : Compiling entry function 'product' for 'sm_90a'
ptxas info    : Function properties for product
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 202 registers, used 0 barriers
ptxas info    : Compile time = 285.915 ms
)";

TEST(Resources, AreThoseOfEachKernelWithWhatItCalls) {
  std::vector<KernelResources> kernels = get(parseResources(kCalls));
  ASSERT_EQ(kernels.size(), 2U);
  EXPECT_EQ(kernels[0].print(), "plain: 6 registers, 2048 B shared, 1 "
                                "barriers, 0 B stack, 0+0 B spilled");
  EXPECT_FALSE(kernels[0].hasHazard());
  EXPECT_EQ(kernels[1].print(), "calls: 8 registers, 1024 B shared, 1 "
                                "barriers, 80 B stack, 12+28 B spilled");
  EXPECT_TRUE(kernels[1].hasHazard());
}

TEST(Resources, CountSpills) {
  KernelResources fwd = get(parseResources(kSpills)).at(0);
  EXPECT_EQ(fwd.registersPerThread, 128);
  EXPECT_EQ(fwd.stackBytes, 24);
  EXPECT_EQ(fwd.spillStoreBytes, 44);
  EXPECT_EQ(fwd.spillLoadBytes, 56);
  EXPECT_TRUE(fwd.hasHazard());
}

TEST(Resources, GiveANoteWithoutNameToEveryKernel) {
  std::vector<KernelResources> kernels = get(parseResources(kIgnored));
  ASSERT_EQ(kernels.size(), 2U);
  for (const KernelResources &kernel : kernels) {
    EXPECT_EQ(kernel.notes,
              (Texts{"(C7508) Potential Performance Loss: 'setmaxnreg' "
                     "ignored; unable to determine register count at "
                     "entry."}));
    EXPECT_TRUE(kernel.hasHazard());
  }
}

TEST(Resources, GiveANoteToTheKernelItNames) {
  std::vector<KernelResources> kernels = get(parseResources(kInjected));
  ASSERT_EQ(kernels.size(), 2U);
  EXPECT_TRUE(kernels[0].notes.empty());
  EXPECT_FALSE(kernels[0].hasHazard());
  EXPECT_EQ(kernels[1].notes.size(), 1U);
  EXPECT_TRUE(kernels[1].hasHazard());
}

TEST(Resources, KeepWarningsThatAreNoHazard) {
  std::string report(kCalls);
  report += "ptxas warning : Stack size for entry function 'plain' "
            "cannot be statically determined\n";
  KernelResources plain = get(parseResources(report)).at(0);
  EXPECT_EQ(plain.notes, (Texts{"Stack size for entry function 'plain' "
                                "cannot be statically determined"}));
  EXPECT_FALSE(plain.hasHazard());
}

TEST(Resources, AreNotInventedFromAReportOfAnotherForm) {
  auto kernels = parseResources("ptxas info : Compiling entry function 'f' for "
                                "'sm_90a'\nptxas info : 12 regs\n");
  ASSERT_FALSE(bool(kernels));
  std::string text = llvm::toString(kernels.takeError());
  EXPECT_NE(text.find("no registers for kernel 'f'"), std::string::npos)
      << text;
  EXPECT_TRUE(get(parseResources("")).empty());
}

} // namespace
