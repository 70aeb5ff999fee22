// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiling for a GPU just in time: the compiler is the real one, the driver a
// fake.
#include "DriverFixture.h"
#include "FakeCuda.h"

extern "C" {
#include "Attend.h"
}
#include "tessera/Runtime/Program.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

using namespace tessera;
using driver::fakeCuda;

namespace {

class JitTest : public driver::DriverTest {
protected:
  /// Before the driver is opened, which is asked once.
  static void SetUpTestSuite() {
    fakeCuda().cudaVersion = 13000;
    ASSERT_TRUE(driver::Driver::open());
  }
  void SetUp() override {
    folder = testing::TempDir() + "tessera-jit-XXXXXX";
    ASSERT_TRUE(mkdtemp(folder.data()));
    setenv("TESSERA_CACHE_DIR", (folder + "/cache").c_str(), 1);
    setenv("TESSERA_PTXAS", (folder + "/ptxas").c_str(), 1);
    fakeCuda().deviceAttributes = {{16, 132}, {38, 100000}, {75, 9}, {76, 0}};
    context = Context::gpu(0);
    ASSERT_TRUE(context) << context.error().message();
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// What explains the program of a fresh compilation, or the error.
  std::string compile(const char *source, const char *plan = nullptr) {
    auto library = Library::compile(*context, source, plan);
    if (!library)
      return library.error().message();
    auto program = library->find(*context, {"attend", {}});
    if (!program)
      return program.error().message();
    char *text = nullptr;
    EXPECT_EQ(tessera_program_explain(*program, nullptr, TESSERA_WORDS, &text),
              nullptr);
    std::string words = text;
    tessera_text_destroy(text);
    return words;
  }
  size_t entries() const {
    std::filesystem::directory_iterator all(folder + "/cache");
    return size_t(std::distance(begin(all), end(all)));
  }

  /// The contents of the only one.
  std::string entry() const {
    EXPECT_EQ(entries(), 1U);
    std::string text;
    for (const auto &place :
         std::filesystem::directory_iterator(folder + "/cache")) {
      std::ifstream file(place.path());
      text.assign(std::istreambuf_iterator<char>(file), {});
    }
    return text;
  }

  std::string folder;
  rt::Expected<Context> context = rt::makeError(TESSERA_INTERNAL, "none yet");
};

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

TEST_F(JitTest, CompilesForTheChipOfTheContext) {
  std::string words = compile(attendSource);
  EXPECT_TRUE(has(words, "chip: sm_90a")) << words;
  EXPECT_EQ(entries(), 1U);
  EXPECT_EQ(compile(attendSource), words);
  EXPECT_EQ(entries(), 1U);
  // A plan is something else.
  EXPECT_TRUE(has(compile(attendSource, "stages=2"), "stages=2"));
  EXPECT_EQ(entries(), 2U);
}

TEST_F(JitTest, CompilesAgainWhenAnAssemblerComes) {
  EXPECT_TRUE(has(compile(attendSource), "assembler: the driver's"));
  std::string before = entry();
  std::ofstream(folder + "/ptxas")
      << "#!/bin/sh\necho no assembler >&2\nexit 1\n";
  std::filesystem::permissions(folder + "/ptxas",
                               std::filesystem::perms::owner_all);
  // What changes while something is compiled is not trusted, and the clock of
  // files ticks slowly.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  // It is none, which is found out anew.
  EXPECT_TRUE(has(compile(attendSource), "assembler: the driver's"));
  EXPECT_NE(entry(), before);
  before = entry();
  EXPECT_TRUE(has(compile(attendSource), "assembler: the driver's"));
  EXPECT_EQ(entry(), before);
}

TEST_F(JitTest, SaysWhatIsWrongInOneLine) {
  std::string message = compile("func.func @f(");
  EXPECT_TRUE(has(message, "source:1:")) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_TRUE(has(compile(attendSource, "stages=0"), "stages"));
  fakeCuda().deviceAttributes[75] = 8;
  fakeCuda().deviceAttributes[76] = 6;
  context = Context::gpu(0);
  ASSERT_TRUE(context);
  EXPECT_TRUE(has(compile(attendSource), "sm_86a")) << compile(attendSource);
  EXPECT_EQ(entries(), 0U);
}

/// Of one process; some want the same, some something else.
TEST_F(JitTest, ThreadsCompileAtTheSameTime) {
  std::string other = attendSource;
  other.replace(other.find("@attend"), 7, "@second");
  auto host = Context::host();
  ASSERT_TRUE(host);
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      bool isSecond = i % 2 != 0;
      auto library =
          Library::compile(*host, isSecond ? other.c_str() : attendSource);
      if (!library)
        return;
      auto program = library->find(*host, {isSecond ? "second" : "attend", {}});
      if (program && !rt::Error(tessera_program_warm(*program)))
        ++found;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(found, 8);
  EXPECT_EQ(entries(), 2U);
}

TEST_F(JitTest, ChecksTheSizeOfOptions) {
  tessera_compile_options options{sizeof(size_t), nullptr};
  tessera_library *library = nullptr;
  rt::Error error(
      tessera_library_compile(context->get(), "", &options, &library));
  EXPECT_TRUE(has(error.message(), "set struct_size"));
}

} // namespace
