// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files on disk: what is written is read back, whole or not at all.
#include "NpyFixture.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace tessera::npy;

namespace {

/// A folder that goes away with the test.
struct NpyFiles : testing::Test {
  fs::path folder;
  NpyFiles() {
    std::string name =
        (fs::temp_directory_path() / "npy-tests-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~NpyFiles() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  std::string path(const char *name) const { return (folder / name).string(); }
  size_t files() const {
    return size_t(std::distance(fs::directory_iterator(folder), {}));
  }
};

} // namespace

static std::string readText(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(NpyFiles, ReadsBackWhatItWrote) {
  Array arrays[] = {
      makeArray<float>(Dtype::F32, {2, 3}, {1, -2, 3.5, 0, 1e30f, -0.0f}),
      makeArray<uint16_t>(Dtype::F16, {2}, {0x3c00, 0xfc00}),
      makeArray<uint16_t>(Dtype::BF16, {1, 1, 2}, {0x3f80, 0x7fc0}),
      makeArray<double>(Dtype::F64, {}, {2.5}),
      makeArray<int32_t>(Dtype::I32, {4}, {1, -1, INT32_MIN, INT32_MAX}),
      makeArray<uint16_t>(Dtype::U16, {3}, {1, 2, 65535}),
      makeArray<float>(Dtype::F32, {3, 0, 2}, {}),
  };
  for (const Array &array : arrays) {
    ASSERT_STREQ(write(path("a.npy"), array.view()).message(), "");
    auto again = read(path("a.npy"));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->dtype, array.dtype);
    EXPECT_EQ(again->shape, array.shape);
    EXPECT_EQ(again->data, array.data);
    EXPECT_EQ(files(), 1u) << "a draft was left behind";
  }
}

TEST_F(NpyFiles, WritesTheBytesNumpyWrites) {
  Array array = makeArray<int32_t>(Dtype::I32, {2, 3}, {0, 1, 2, 3, 4, 5});
  ASSERT_STREQ(write(path("a.npy"), array.view()).message(), "");
  // numpy.save(.., numpy.arange(6, dtype='<i4').reshape(2, 3))
  std::string expected("\x93NUMPY\x01\x00v\x00", 10);
  expected += "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.resize(127, ' ');
  expected += '\n';
  for (char i = 0; i < 6; ++i)
    expected += std::string{i, 0, 0, 0};
  EXPECT_EQ(readText(path("a.npy")), expected);
}

TEST_F(NpyFiles, AlignsDataForEveryLength) {
  for (int64_t dim = 1; dim < int64_t(1) << 40; dim *= 10) {
    Array array = makeArray<float>(Dtype::F32, {0, dim, dim}, {});
    ASSERT_STREQ(write(path("a.npy"), array.view()).message(), "");
    EXPECT_EQ(fs::file_size(path("a.npy")) % 64, 0u);
    EXPECT_TRUE(read(path("a.npy")));
  }
}

TEST_F(NpyFiles, NamesWhatCannotBeRead) {
  EXPECT_EQ(read(path("none.npy")).error().message(),
            path("none.npy") + ": cannot be read: No such file or directory; "
                               "check the path");
  EXPECT_EQ(read(folder.string()).error().message(),
            folder.string() + ": is not a regular file; pass a .npy file");
}

TEST_F(NpyFiles, NamesWhatCannotBeWritten) {
  Array array = makeArray<float>(Dtype::F32, {1}, {1});
  EXPECT_EQ(write(path("no/a.npy"), array.view()).message(),
            path("no/a.npy") +
                ": cannot be written: No such file or "
                "directory; check the folder and the space left");
  EXPECT_EQ(write(folder.string(), array.view()).message(),
            folder.string() + ": is there and is not a regular file; choose "
                              "another name");
  std::vector<int64_t> negative = {-1};
  EXPECT_TRUE(write(path("a.npy"), {Dtype::F32, negative, nullptr}));
  EXPECT_EQ(files(), 0u);
}

TEST_F(NpyFiles, KeepsTheOldFileWhenWritingFails) {
  Array array = makeArray<float>(Dtype::F32, {1}, {1});
  ASSERT_STREQ(write(path("a.npy"), array.view()).message(), "");
  std::string before = readText(path("a.npy"));
  // As if the disk were full: no file may grow past 500 bytes.
  Array large = makeArray<float>(Dtype::F32, {1000}, std::vector<float>(1000));
  rlimit limit = {};
  getrlimit(RLIMIT_FSIZE, &limit);
  rlimit small = {500, limit.rlim_max};
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  tessera::rt::Error error = write(path("a.npy"), large.view());
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.message(), path("a.npy") +
                                 ": cannot be written: File too large; check "
                                 "the folder and the space left");
  EXPECT_EQ(readText(path("a.npy")), before);
  EXPECT_EQ(files(), 1u);
}
