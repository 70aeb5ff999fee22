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
using tessera::program::ParamKind;

namespace {

const char *const kProgram = R"c(
#include "saxpy.h"
#include <stdio.h>

int main(void) {
  float x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {10, 20, 30, 40, 50, 60}, out[6];
  tessera_tensor tx = {x, TESSERA_F32, 2, {2, 3}, {3, 1}};
  tessera_tensor ty = {y, TESSERA_F32, 2, {2, 3}, {3, 1}};
  tessera_tensor to = {out, TESSERA_F32, 2, {2, 3}, {3, 1}};
  tessera_error *error = saxpy(NULL, NULL, NULL, 0, &tx, &ty, 2, &to);
  if (error) {
    puts(tessera_error_message(error));
    return 1;
  }
  for (int i = 0; i < 6; ++i)
    printf("%g ", out[i]);
  tx.dims[0] = 1;
  error = saxpy(NULL, NULL, NULL, 0, &tx, &ty, 2, &to);
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
  HostProgram program = get(build(kSaxpy, saxpyRecord(), kCpuLevels, Linked()));
  std::string object =
      folder.write("saxpy.o", get(program.emitObject())->getBuffer());
  folder.write("saxpy.h", get(emitHeader(saxpyRecord())));
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

/// A module that calls what is in no library it is linked with.
const char *const kCallsOutside = R"mlir(
func.func private @outside(i64)
func.func @saxpy(%x: memref<?x?xf32, strided<[?, 1], offset: ?>>,
                 %y: memref<?x?xf32, strided<[?, 1], offset: ?>>, %a: f32,
                 %out: memref<?x?xf32, strided<[?, 1], offset: ?>>) {
  %zero = arith.constant 0 : i64
  call @outside(%zero) : (i64) -> ()
  return
}
)mlir";

TEST(Object, NeedsNothingButTheRuntimeAndTheCLibrary) {
  HostProgram program = get(build(kCallsOutside, saxpyRecord()));
  auto object = program.emitObject();
  ASSERT_FALSE(bool(object));
  EXPECT_EQ(llvm::toString(object.takeError()),
            "internal: the object needs 'outside', which neither libtessera_rt "
            "nor the C library has; please report this");
}

/// Of a header as C and as C++, with the flags of each.
void expectCompiles(const TemporaryFolder &folder, const std::string &source) {
  const std::vector<std::string> languages[] = {
      {"-xc", "-std=c11"}, {"-xc", "-std=gnu2x"}, {"-xc++", "-std=c++20"}};
  for (const std::vector<std::string> &language : languages) {
    std::string output = folder.path("output");
    std::vector<std::string> command = {TEST_C_COMPILER, "-fsyntax-only",
                                        "-Wall", "-Werror",
                                        std::string("-I") + TEST_INCLUDE_DIR};
    command.insert(command.end(), language.begin(), language.end());
    command.push_back(source);
    EXPECT_EQ(runProgram(command, output), 0) << language[1] << ":\n"
                                              << readText(output);
  }
}

TEST(Object, TwoHeadersOfOneNameMeetInAProgram) {
  TemporaryFolder folder;
  llvm::sys::fs::create_directory(folder.path("a"));
  llvm::sys::fs::create_directory(folder.path("b"));
  folder.write("a/x.h", get(emitHeader(hostWriter("first").write())));
  folder.write("b/x.h", get(emitHeader(hostWriter("second").write())));
  expectCompiles(folder, folder.write("both.c", R"c(
#include "a/x.h"
#include "b/x.h"
#include "a/x.h"
int both_succeed(void);
int both_succeed(void) {
  return !first(NULL, NULL, NULL, 0) && !second(NULL, NULL, NULL, 0);
}
)c"));
}

TEST(Object, ParametersMayHaveAnyName) {
  TemporaryFolder folder;
  tessera::program::Writer writer = hostWriter("f");
  for (const char *name : {"requires",
                           "asm",
                           "_Bool",
                           "typeof",
                           "int32_t",
                           "INT32_MAX",
                           "linux",
                           "unix",
                           "tessera_tensor",
                           "tessera_error",
                           "__linux__",
                           "__GNUC__",
                           "NULL",
                           "TESSERA_F32",
                           "query",
                           "nullptr",
                           "co_await",
                           "a b",
                           "",
                           "wchar_t",
                           "main",
                           "_",
                           "x.y",
                           "9"})
    addParam(writer, name, ParamKind::Input, TESSERA_F32, {writer.constant(1)});
  // Its name is in the words of a rule as it is.
  addParam(writer, "x*/ #error\n#error", ParamKind::Input, TESSERA_I32,
           {writer.constant(1)});
  tessera::program::Constraint sizes = tessera::program::Writer::constraint(
      tessera::program::ConstraintKind::Sizes);
  sizes.param = tessera::program::Index(writer.params.size()) - 1;
  sizes.value = sizes.target = writer.constant(64);
  sizes.maximum = 64;
  writer.add(sizes);
  folder.write("f.h", get(emitHeader(writer.write())));
  expectCompiles(folder, folder.write("use.c", "#include \"f.h\"\n"));
}

} // namespace
