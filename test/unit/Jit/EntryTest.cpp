// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Entries of the cache: what is whole and what is not.
#include "../../../lib/Runtime/Jit/Entry.h"

#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace tessera::rt;

namespace {

using Bytes = std::vector<std::byte>;

class EntryTest : public testing::Test {
protected:
  void SetUp() override {
    for (size_t i = 0; i < 300; ++i)
      bundle.push_back(std::byte(i * 7));
  }

  /// An entry, or nothing.
  Bytes write(const std::string &files) {
    timespec start{};
    clock_gettime(CLOCK_REALTIME, &start);
    start.tv_sec += later;
    Array<std::byte> entry;
    if (!writeEntry(key, bundle, files.c_str(), start, entry))
      return {};
    return {entry.begin(), entry.end()};
  }
  /// Why it is not used; "" if it is.
  std::string read(const Bytes &entry) {
    std::span<const std::byte> found;
    const char *why = readEntry(entry, key, found);
    if (!why) {
      EXPECT_EQ(Bytes(found.begin(), found.end()), bundle);
      EXPECT_EQ((found.data() - entry.data()) % 64, 0);
    }
    return why ? why : "";
  }
  std::string pathOf(const char *name) const {
    return testing::TempDir() + "tessera-entry-" + std::to_string(getpid()) +
           name;
  }

  Bytes bundle;
  Hash key = {{1, 2}};
  time_t later = 5; // seconds: files were written long before
};

TEST_F(EntryTest, IsReadAsItWasWritten) {
  EXPECT_EQ(read(write("")), "");
  EXPECT_EQ(read(write(std::string("/none\0/bin/sh\0", 14))), "");
}

TEST_F(EntryTest, BelongsToAKey) {
  Bytes entry = write("");
  key.words[1] = 3;
  EXPECT_EQ(read(entry), "it belongs to something else");
}

TEST_F(EntryTest, EveryByteCounts) {
  Bytes entry = write(std::string("/none\0", 6));
  ASSERT_FALSE(entry.empty());
  for (size_t i = 0; i < entry.size(); ++i)
    for (int bit : {1, 128}) {
      Bytes changed = entry;
      changed[i] ^= std::byte(bit);
      EXPECT_NE(read(changed), "") << "byte " << i;
    }
  for (size_t size = 0; size < entry.size(); ++size)
    EXPECT_NE(read(Bytes(entry.begin(), entry.begin() + ptrdiff_t(size))), "")
        << size << " bytes";
}

TEST_F(EntryTest, DependsOnFiles) {
  std::string path = pathOf("ptxas"), files = path + '\0';
  Bytes without = write(files);
  EXPECT_EQ(read(without), "");
  close(open(path.c_str(), O_CREAT | O_WRONLY, 0700));
  EXPECT_EQ(read(without), "an assembler has come, gone or changed");
  Bytes with = write(files);
  EXPECT_EQ(read(with), "");
  timespec times[] = {{1, 0}, {1, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  EXPECT_EQ(read(with), "an assembler has come, gone or changed");
  unlink(path.c_str());
  EXPECT_EQ(read(with), "an assembler has come, gone or changed");
  EXPECT_EQ(read(without), "");
}

TEST_F(EntryTest, IsNotWrittenOfFilesThatChangeMeanwhile) {
  std::string path = pathOf("new"), files = path + '\0';
  close(open(path.c_str(), O_CREAT | O_WRONLY, 0700));
  later = -5;
  EXPECT_TRUE(write(files).empty());
  unlink(path.c_str());
}

} // namespace
