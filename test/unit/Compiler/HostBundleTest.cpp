// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bundles with programs for the host, alone and beside those for a GPU.
#include "DriverFixture.h"

#include "tessera/Compiler/GpuBundle.h"
#include "tessera/Compiler/HostBundle.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Compiler/Spec.h"
#include "tessera/Runtime/Program.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace tessera;
using driver::fakeCuda;

namespace {

class HostBundleTest : public driver::DriverTest {
protected:
  HostBundleTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    fakeCuda().deviceAttributes = {{16, 132}, {75, 9}, {76, 0}, {97, 232448}};
  }

  OwningOpRef<ModuleOp> module() {
    Spec spec;
    spec.op = SpecOp::Attend;
    spec.headDim = 64, spec.capacity = 4;
    return llvm::cantFail(buildModule(context, spec));
  }
  std::vector<std::byte> compile() {
    return llvm::cantFail(compileToBundle(*module(), CompileOptions()));
  }
  static std::string explain(tessera_program *program) {
    char *text = nullptr;
    EXPECT_FALSE(rt::Error(
        tessera_program_explain(program, nullptr, TESSERA_WORDS, &text)));
    std::string words = text;
    tessera_text_destroy(text);
    return words;
  }

  MLIRContext context;
};

bool has(StringRef text, StringRef part) { return text.contains(part); }

/// Code of bundles that this process has loaded.
bool hasHostCode() {
  auto maps = llvm::MemoryBuffer::getFileAsStream("/proc/self/maps");
  return maps && has((*maps)->getBuffer(), "tessera-host-code");
}

TEST_F(HostBundleTest, IsTheSameEachTime) { EXPECT_EQ(compile(), compile()); }

TEST_F(HostBundleTest, HasCodeForEachContext) {
  program::BundleWriter writer;
  HostCompiler compiler;
  OwningOpRef<ModuleOp> forHost = module(), forGpu = module();
  llvm::cantFail(compiler.prepare(*forHost));
  llvm::cantFail(addToBundle(compiler, *forHost, writer));
  addToBundle(
      llvm::cantFail(compileForGpu(*forGpu, GpuOptions(), std::nullopt)),
      writer);
  std::vector<std::byte> bundle = writer.write();
  auto library = Library::openBytes(bundle);
  ASSERT_TRUE(library) << library.error().message();
  auto host = Context::host();
  auto gpu = Context::gpu(0);
  // Both are found by what they compute.
  const tessera_fact facts[] = {{"operation", "attend", 0},
                                {"dtype", "bf16", 0},
                                {"head_dim", nullptr, 64}};
  auto onHost = library->find(*host, {nullptr, facts});
  ASSERT_TRUE(onHost) << onHost.error().message();
  EXPECT_TRUE(has(explain(*onHost), "chip: host\n"));
  EXPECT_TRUE(has(explain(*onHost), "for: sm_90a\n"));
  auto onGpu = library->find(*gpu, {nullptr, facts});
  ASSERT_TRUE(onGpu) << onGpu.error().message();
  EXPECT_TRUE(has(explain(*onGpu), "chip: sm_90a\n"));
}

TEST_F(HostBundleTest, IsLoadedWhenItIsNeededAndGoesWithTheLibrary) {
  std::vector<std::byte> bundle = compile();
  auto host = Context::host();
  {
    auto library = Library::openBytes(bundle);
    auto second = Library::openBytes(bundle);
    auto program = library->find(*host, {"tessera_attend", {}});
    ASSERT_TRUE(program) << program.error().message();
    EXPECT_FALSE(hasHostCode());
    EXPECT_FALSE(rt::Error(tessera_program_warm(*program)));
    EXPECT_TRUE(hasHostCode());
    auto other = second->find(*host, {"tessera_attend", {}});
    EXPECT_FALSE(rt::Error(tessera_program_warm(*other)));
  }
  EXPECT_FALSE(hasHostCode());
}

TEST_F(HostBundleTest, IsNotLoadedIfItIsDamaged) {
  std::vector<std::byte> bundle = compile();
  // The image is the last but for names and headers.
  bundle[bundle.size() / 2] ^= std::byte(1);
  auto library = Library::openBytes(bundle);
  ASSERT_TRUE(library) << library.error().message();
  auto host = Context::host();
  auto program = library->find(*host, {"tessera_attend", {}});
  ASSERT_TRUE(program) << program.error().message();
  rt::Error error(tessera_program_warm(*program));
  EXPECT_EQ(error.code(), TESSERA_DAMAGED);
  EXPECT_TRUE(has(error.message(), "copy the bundle whole"));
  EXPECT_FALSE(hasHostCode());
}

} // namespace
