// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules, kernels and launches.
#include "DriverFixture.h"

#include "tessera/Driver/Module.h"

#include <cstring>
#include <elf.h>

using namespace tessera;
using namespace tessera::driver;

namespace {

class KernelTest : public DriverTest {
protected:
  KernelTest() { fakeCuda().current = context.view().handle; }

  /// Kernel 'attend' of a module, number #2; no calls noted yet.
  Kernel makeKernel() {
    auto kernel = module->kernel("attend");
    EXPECT_TRUE(kernel) << kernel.error().message();
    takeCalls();
    return *kernel;
  }

  Context context = makeContext();
  Expected<Module> module = Module::loadPtx(context, "ptx");
};

/// An ELF file of a header, 4 bytes and two tables of one entry each.
std::vector<std::byte> makeElf() {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_shoff = sizeof header + 4;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_phoff = header.e_shoff + sizeof(Elf64_Shdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_shnum = header.e_phnum = 1;
  std::vector<std::byte> file(header.e_phoff + sizeof(Elf64_Phdr));
  std::memcpy(file.data(), &header, sizeof header);
  return file;
}

template <typename T>
std::string bytesOf(const T &value) {
  return {reinterpret_cast<const char *>(&value), sizeof value};
}

} // namespace

TEST_F(KernelTest, LoadsAndUnloads) {
  ASSERT_TRUE(module);
  EXPECT_EQ(takeCalls(), (Calls{"cuCtxSetCurrent #1", "cuModuleLoadDataEx #2",
                                "cuCtxSetCurrent #0"}));
  EXPECT_TRUE(module->kernel("attend"));
  EXPECT_EQ(takeCalls(), (Calls{"lookup attend", "cuModuleGetFunction #2"}));
  {
    Module last = std::move(*module);
  }
  EXPECT_EQ(takeCalls(), Calls{"cuModuleUnload #2"});
}

TEST_F(KernelTest, TerminatesPtx) {
  const char text[] = {'p', 't', 'x', '!'};
  ASSERT_TRUE(Module::loadPtx(context, {text, 3}));
  EXPECT_EQ(fakeCuda().image, "ptx");
  ASSERT_TRUE(Module::loadPtx(context, ""));
  EXPECT_EQ(fakeCuda().image, "");
}

TEST_F(KernelTest, QuotesTheAssembler) {
  fakeCuda().failures["cuModuleLoadDataEx"] = Result::InvalidPtx;
  fakeCuda().jitLog = "line 5; error   : Unknown symbol 'x'\nptxas fatal\n\n";
  auto bad = Module::loadPtx(context, "ptx");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), TESSERA_INVALID_ARGUMENT);
  EXPECT_STREQ(bad.error().message(),
               "cuModuleLoadDataEx failed assembling PTX on GPU 0: "
               "CUDA_ERROR_INVALID_PTX, the driver's text (218); repair the "
               "PTX, or compile it for this GPU; the assembler's words: line "
               "5; error   : Unknown symbol 'x' ptxas fatal");
  fakeCuda().jitLog = std::string(10000, 'x'); // longer than there is room for
  std::string cut = Module::loadPtx(context, "ptx").error().message();
  EXPECT_GT(cut.size(), 4000u);
  EXPECT_LT(cut.size(), 5000u);
  fakeCuda().jitLog = "\n";
  std::string bare = Module::loadPtx(context, "ptx").error().message();
  EXPECT_EQ(bare.find("words"), std::string::npos) << "it said nothing";
}

TEST_F(KernelTest, LoadsCubinsThatAreWhole) {
  EXPECT_TRUE(Module::loadCubin(context, makeElf()));
  takeCalls();
  std::vector<std::byte> cut = makeElf();
  cut.pop_back();
  EXPECT_STREQ(Module::loadCubin(context, cut).error().message(),
               "load a cubin: 187 bytes that are no 64-bit ELF file, or part "
               "of one; make the cubin again, or load PTX as PTX");
  std::vector<std::byte> foreign = makeElf();
  foreign[0] = std::byte('.');
  EXPECT_FALSE(Module::loadCubin(context, foreign));
  EXPECT_FALSE(Module::loadCubin(context, {}));
  std::vector<std::byte> wild = makeElf();
  for (size_t i = 0; i < 8; ++i) // e_shoff, so that a sum would overflow
    wild[offsetof(Elf64_Ehdr, e_shoff) + i] = std::byte(0xff);
  EXPECT_FALSE(Module::loadCubin(context, wild));
  EXPECT_EQ(takeCalls(), Calls{}) << "the driver saw none of them";
}

TEST_F(KernelTest, NamesAKernelThatIsNotThere) {
  fakeCuda().failures["cuModuleGetFunction"] = Result::NotFound;
  EXPECT_STREQ(module->kernel("atend").error().message(),
               "cuModuleGetFunction failed looking for kernel 'atend' on GPU "
               "0: CUDA_ERROR_NOT_FOUND, the driver's text (500); check the "
               "name");
}

TEST_F(KernelTest, ReadsAttributes) {
  fakeCuda().kernelAttributes = {
      {0, 384}, {1, 1024}, {3, 16}, {4, 168}, {8, 49152}};
  auto attributes = makeKernel().attributes();
  ASSERT_TRUE(attributes);
  EXPECT_EQ(attributes->maxThreads, 384);
  EXPECT_EQ(attributes->staticSharedBytes, 1024);
  EXPECT_EQ(attributes->localBytes, 16);
  EXPECT_EQ(attributes->registers, 168);
  EXPECT_EQ(attributes->maxDynamicSharedBytes, 49152);
  fakeCuda().failures["cuFuncGetAttribute"] = Result::InvalidValue;
  EXPECT_FALSE(makeKernel().attributes());
}

TEST_F(KernelTest, BoundsSharedMemory) {
  fakeCuda().deviceAttributes[97] = 232448;
  fakeCuda().kernelAttributes[1] = 1024;
  Kernel kernel = makeKernel();
  EXPECT_FALSE(kernel.setMaxDynamicSharedBytes(231424));
  EXPECT_EQ(takeCalls(), Calls{"cuFuncSetAttribute #77"});
  EXPECT_EQ(fakeCuda().kernelAttributes[8], 231424);
  EXPECT_STREQ(kernel.setMaxDynamicSharedBytes(231425).message(),
               "kernel 'attend' wants 231425 bytes of dynamic shared memory; "
               "GPU 0 has 0 to 231424 for it, 232448 a block less 1024 static: "
               "use fewer or smaller stages");
  EXPECT_TRUE(kernel.setMaxDynamicSharedBytes(-1));
  EXPECT_EQ(takeCalls(), Calls{});
}

TEST_F(KernelTest, CountsResidentBlocks) {
  Kernel kernel = makeKernel();
  EXPECT_EQ(*kernel.maxActiveBlocksPerMultiprocessor(256, 1 << 20), 8);
  EXPECT_EQ(*kernel.maxActiveBlocksPerMultiprocessor(256, (1 << 20) + 1), 0);
  fakeCuda().failures["cuOccupancyMaxActiveBlocksPerMultiprocessor"] =
      Result::InvalidValue;
  EXPECT_FALSE(kernel.maxActiveBlocksPerMultiprocessor(256, 0));
}

TEST_F(KernelTest, Launches) {
  const uint64_t address = 0x123456789abc;
  const float scale = 0.5f;
  fakeCuda().paramBytes = {sizeof address, sizeof scale};
  const LaunchShape shape{{132, 2, 3}, {384, 5, 6}, 200000};
  auto *stream = fakeHandle<StreamHandle>(5);
  const void *params[] = {&address, &scale};
  ASSERT_FALSE(makeKernel().launch(stream, shape, params));

  const FakeLaunch &seen = fakeCuda().launch;
  EXPECT_EQ(seen.function, fakeHandle<FunctionHandle>(77));
  EXPECT_EQ(seen.config.gridX, 132u);
  EXPECT_EQ(seen.config.gridY, 2u);
  EXPECT_EQ(seen.config.gridZ, 3u);
  EXPECT_EQ(seen.config.blockX, 384u);
  EXPECT_EQ(seen.config.blockY, 5u);
  EXPECT_EQ(seen.config.blockZ, 6u);
  EXPECT_EQ(seen.config.dynamicSharedBytes, 200000u);
  EXPECT_EQ(seen.config.stream, stream);
  EXPECT_EQ(seen.config.attributeCount, 0u);
  ASSERT_EQ(seen.params.size(), 2u);
  EXPECT_EQ(seen.params[0], bytesOf(address));
  EXPECT_EQ(seen.params[1], bytesOf(scale));
}

TEST_F(KernelTest, LaunchesWithoutParameters) {
  ASSERT_FALSE(makeKernel().launch(nullptr, LaunchShape(), {}));
  EXPECT_EQ(takeCalls(), Calls{"cuLaunchKernelEx #77"});
}

TEST_F(KernelTest, DescribesALaunchThatFailed) {
  fakeCuda().failures["cuLaunchKernelEx"] = Result::InvalidValue;
  LaunchShape shape;
  shape.grid[0] = 0;
  const int x = 0;
  const void *params[] = {&x, &x};
  EXPECT_STREQ(
      makeKernel().launch(nullptr, shape, params).message(),
      "cuLaunchKernelEx failed launching kernel 'attend', 0 x 1 x 1 blocks of "
      "1 x 1 x 1 threads, 0 bytes of dynamic shared memory, 2 parameters on "
      "GPU 0: CUDA_ERROR_INVALID_VALUE, the driver's text (1); check the "
      "arguments");
}
