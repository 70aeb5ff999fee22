// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An object and its header in a C program that knows nothing of LLVM.
#include "TestModule.h"

#include "tessera/Target/Host/Header.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace tessera::host;
using namespace tessera::test;
using llvm::StringRef;

namespace {

const char *const kProgram = R"c(
#include "saxpy.h"
#include <stdio.h>

int main(void) {
  float x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {10, 20, 30, 40, 50, 60}, out[6];
  tessera_tensor tx = {x, TESSERA_F32, 2, {2, 3}, {3, 1}};
  tessera_tensor ty = {y, TESSERA_F32, 2, {2, 3}, {3, 1}};
  tessera_tensor to = {out, TESSERA_F32, 2, {2, 3}, {3, 1}};
  tessera_error *error = saxpy(&tx, &ty, 2, &to);
  if (error) {
    puts(tessera_error_message(error));
    return 1;
  }
  for (int i = 0; i < 6; ++i)
    printf("%g ", out[i]);
  tx.dims[0] = 1;
  error = saxpy(&tx, &ty, 2, &to);
  puts(tessera_error_message(error));
  tessera_error_destroy(error);
  return 0;
}
)c";

/// A folder that is gone after the test.
class TemporaryFolder {
public:
  TemporaryFolder() {
    if (llvm::sys::fs::createUniqueDirectory("tessera", folder))
      llvm::report_fatal_error("no temporary folder");
  }
  ~TemporaryFolder() {
    EXPECT_FALSE(llvm::sys::fs::remove_directories(folder));
  }

  std::string path(StringRef name) const {
    llvm::SmallString<128> path = folder;
    llvm::sys::path::append(path, name);
    return path.str().str();
  }

  std::string write(StringRef name, StringRef text) const {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << text;
    EXPECT_FALSE(error) << error.message();
    return path(name);
  }

private:
  llvm::SmallString<128> folder;
};

/// Exit code of a program whose output goes into `output`.
int runProgram(std::vector<std::string> command, const std::string &output) {
  std::vector<StringRef> words(command.begin(), command.end());
  return llvm::sys::ExecuteAndWait(
      command.front(), words, /*Env=*/std::nullopt,
      {std::nullopt, StringRef(output), StringRef(output)});
}

std::string readText(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

TEST(Object, RunsInACProgramWithTheRuntimeAlone) {
  TemporaryFolder folder;
  HostProgram program = get(build(kSaxpy, saxpyRecord()));
  std::string object =
      folder.write("saxpy.o", get(program.emitObject())->getBuffer());
  folder.write("saxpy.h", get(emitHeader(saxpyRecord(), "saxpy")));
  std::string source = folder.write("main.c", kProgram);

  std::string executable = folder.path("main"), output = folder.path("output");
  std::vector<std::string> compile = {
      TEST_C_COMPILER, "-std=c11", "-pedantic",
      "-Wall",         "-Wextra",  "-Werror",
      "-pie",          "-fPIE",    std::string("-I") + TEST_INCLUDE_DIR,
      source,          object,     TEST_RUNTIME,
      "-pthread",      "-lm",      "-o",
      executable};
  if (*TEST_SANITIZERS)
    compile.push_back(std::string("-fsanitize=") + TEST_SANITIZERS);
  ASSERT_EQ(runProgram(compile, output), 0) << readText(output);
  ASSERT_EQ(runProgram({executable}, output), 0) << readText(output);
  std::string text = readText(output);
  EXPECT_TRUE(StringRef(text).starts_with("12 24 36 48 60 72 ")) << text;
  EXPECT_NE(text.find("'y'"), std::string::npos) << text;
}

} // namespace
