// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which ptxas is taken, with folders that stand for a user's machine.
#include "TestKernels.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <list>
#include <optional>

using namespace tessera::nvptx;
using namespace tessera::test;
namespace fs = llvm::sys::fs;

namespace {

using Texts = std::vector<std::string>;

/// An environment variable that has its old value again after the test.
class Variable {
public:
  Variable(const char *name, const char *value) : name(name) {
    if (const char *found = std::getenv(name))
      old = found;
    set(value);
  }
  ~Variable() { set(old ? old->c_str() : nullptr); }

private:
  void set(const char *value) {
    if (value)
      setenv(name, value, /*overwrite=*/1);
    else
      unsetenv(name);
  }

  const char *name;
  std::optional<std::string> old;
};

/// A machine whose programs are scripts in a folder, gone after the test.
class FindAssembler : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(fs::createUniqueDirectory("nvptx-test", root));
    environment.emplace_back("TESSERA_PTXAS", nullptr);
    environment.emplace_back("CUDA_HOME", path("cuda").c_str());
    environment.emplace_back("PATH",
                             (path("first") + "::" + path("second")).c_str());
  }
  void TearDown() override { EXPECT_FALSE(fs::remove_directories(root)); }

  std::string path(llvm::StringRef name) const {
    llvm::SmallString<128> path = root;
    llvm::sys::path::append(path, name);
    return path.str().str();
  }

  /// Puts a program there that prints `answer`.
  std::string install(llvm::StringRef name, llvm::StringRef answer) {
    std::string file = path(name);
    EXPECT_FALSE(fs::create_directories(llvm::sys::path::parent_path(file)));
    std::error_code error;
    llvm::raw_fd_ostream(file, error) << "#!/bin/sh\necho '" << answer << "'\n";
    EXPECT_FALSE(error);
    EXPECT_FALSE(fs::setPermissions(file, fs::all_read | fs::owner_all));
    return file;
  }

  std::string installVersion(llvm::StringRef name, llvm::StringRef version) {
    return install(name, ("release x, V" + version).str());
  }

  /// Looks everywhere but in /usr/local/cuda, which this machine may have.
  llvm::Expected<Assembler> find() {
    std::string packages = path("venv/lib/python3.11/site-packages");
    EXPECT_FALSE(fs::create_directories(packages));
    auto places = assemblerPlaces("", sitePackagesOf(path("venv/bin/python")));
    llvm::erase_if(places, [](const AssemblerPlace &place) {
      return place.name == "/usr/local/cuda/bin";
    });
    return findAssembler(places, testChip());
  }

  std::string whyNone() {
    llvm::Expected<Assembler> assembler = find();
    return assembler ? assembler->describe()
                     : llvm::toString(assembler.takeError());
  }

  llvm::SmallString<128> root;
  std::list<Variable> environment;
};

TEST_F(FindAssembler, TakesTheFirstPlaceThatHasOne) {
  // From the last place to the first: each new one wins.
  const char *const places[] = {
      "venv/lib/python3.11/site-packages/triton/backends/nvidia/bin/ptxas",
      "venv/lib/python3.11/site-packages/nvidia/cuda_nvcc/bin/ptxas",
      "venv/lib/python3.11/site-packages/nvidia/cu13/bin/ptxas",
      "cuda/bin/ptxas",
      "second/ptxas",
      "first/ptxas"};
  for (const char *place : places) {
    std::string file = installVersion(place, "13.0.88");
    Assembler assembler = get(find());
    EXPECT_EQ(assembler.path, file);
    EXPECT_EQ(assembler.version, llvm::VersionTuple(13, 0, 88));
  }
  EXPECT_EQ(get(find()).describe(),
            "ptxas 13.0.88 (" + path("first/ptxas") + ", from PATH)");
}

TEST_F(FindAssembler, TakesTheFileNamedAndNoOther) {
  installVersion("first/ptxas", "13.0.88");
  std::string named = installVersion("mine", "12.8.93");
  Variable variable("TESSERA_PTXAS", path("variable").c_str());
  EXPECT_EQ(get(findAssembler(assemblerPlaces(named, {}), testChip())).path,
            named);
  EXPECT_TRUE(has(whyNone(), "looked at TESSERA_PTXAS;"));
  installVersion("variable", "13.0.88");
  EXPECT_EQ(get(find()).path, path("variable"));
}

TEST_F(FindAssembler, PassesByWhatIsTooOldOrNoAssembler) {
  std::string old = installVersion("first/ptxas", "11.8.89");
  std::string strange = install("second/ptxas", "hello");
  std::string text = whyNone();
  EXPECT_TRUE(has(text, old + " is version 11.8.89, and sm_90a needs "
                              "12.7"));
  EXPECT_TRUE(has(text, strange + " does not say its version"));
  std::string good = installVersion("cuda/bin/ptxas", "12.8.93");
  EXPECT_EQ(get(find()).path, good);
}

TEST_F(FindAssembler, SaysWhereItLookedAndWhatToInstall) {
  std::string packages = path("venv/lib/python3.11/site-packages");
  std::string text = whyNone();
  EXPECT_TRUE(has(text, "looked at PATH, CUDA_HOME, NVIDIA's wheel in " +
                            packages + ", Triton in " + packages + ";"));
  EXPECT_TRUE(has(text, "pip install nvidia-cuda-nvcc"));
  EXPECT_TRUE(has(text, "PTX needs none"));
  // It does not: no test of PtxProgram looks for ptxas first.
  EXPECT_TRUE(has(compile(kScaleKernel), ".entry scale"));
}

TEST_F(FindAssembler, SaysThatThereIsNoPlaceForTemporaryFiles) {
  installVersion("first/ptxas", "13.0.88");
  Variable variable("TMPDIR", path("no-such-folder").c_str());
  std::string text = whyNone();
  EXPECT_TRUE(has(text, "cannot make a folder for temporary files in '" +
                            path("no-such-folder") +
                            "': No such file or directory; name one"));
  EXPECT_FALSE(has(text, "ptxas"));
}

TEST_F(FindAssembler, KnowsTheFoldersOfPackagesOfAPython) {
  for (const char *folder :
       {"lib/python3/dist-packages", "lib/python3.11/site-packages",
        "lib/perl/site-packages"})
    ASSERT_FALSE(fs::create_directories(path(folder)));
  EXPECT_EQ(sitePackagesOf(path("bin/python3")),
            (Texts{path("lib/python3/dist-packages"),
                   path("lib/python3.11/site-packages")}));
  EXPECT_TRUE(sitePackagesOf("").empty());
}

} // namespace
