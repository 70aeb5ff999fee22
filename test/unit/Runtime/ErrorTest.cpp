// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors in C and C++, and Expected.
#include "tessera/Runtime/Expected.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>

using namespace tessera::rt;

TEST(Error, NullIsSuccess) {
  EXPECT_EQ(tessera_error_code(nullptr), TESSERA_OK);
  EXPECT_STREQ(tessera_error_message(nullptr), "");
  tessera_error_destroy(nullptr);
  EXPECT_FALSE(Error());
}

TEST(Error, CopiesTheMessage) {
  std::string text = "too long";
  tessera_error *error = tessera_rt_error(TESSERA_INTERNAL, text.c_str());
  text = "overwritten";
  EXPECT_STREQ(tessera_error_message(error), "too long");
  EXPECT_EQ(tessera_error_code(error), TESSERA_INTERNAL);
  tessera_error_destroy(error);
}

TEST(Error, ReadsNullAsEmpty) {
  Error error(tessera_rt_error(TESSERA_INTERNAL, nullptr));
  ASSERT_TRUE(error);
  EXPECT_STREQ(error.message(), "");
}

TEST(Error, FormatsMessagesOfAnyLength) {
  std::string name(5000, 'x');
  Error error =
      makeError(TESSERA_INVALID_ARGUMENT, "'%s' is %d", name.c_str(), 7);
  EXPECT_EQ(std::string(error.message()), "'" + name + "' is 7");
}

TEST(Error, MovesAndReleases) {
  Error first = makeError(TESSERA_INVALID_ARGUMENT, "once");
  Error second = std::move(first);
  EXPECT_FALSE(first); // NOLINT(bugprone-use-after-move): that is the test
  tessera_error *raw = second.release();
  EXPECT_FALSE(second);
  EXPECT_STREQ(tessera_error_message(raw), "once");
  tessera_error_destroy(raw);
}

TEST(Error, AssignmentFreesTheOldError) {
  Error error = makeError(TESSERA_INVALID_ARGUMENT, "old");
  error = makeError(TESSERA_INVALID_ARGUMENT, "new");
  EXPECT_STREQ(error.message(), "new");
}

TEST(Expected, HoldsAValue) {
  Expected<std::unique_ptr<int>> value = std::make_unique<int>(3);
  ASSERT_TRUE(value);
  EXPECT_EQ(**value, 3);
  std::unique_ptr<int> taken = *std::move(value);
  EXPECT_EQ(*taken, 3);
}

TEST(Expected, HoldsAnError) {
  Expected<int> value = makeError(TESSERA_INVALID_ARGUMENT, "no value");
  ASSERT_FALSE(value);
  EXPECT_STREQ(value.error().message(), "no value");
  Error error = value.takeError();
  EXPECT_STREQ(error.message(), "no value");
}
