// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Eight threads in the whole C interface at once. What bodies write and callers
// read is plain memory, so that ThreadSanitizer sees an order that is missing.
#include "CallFixture.h"

#include <barrier>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

using tessera::program::Call;

namespace {

constexpr int kCallers = 8, kRounds = 200;

/// Runs body(caller, round) on eight threads, kRounds times each.
template <typename Body>
void stress(const Body &body) {
  std::vector<std::thread> threads;
  for (int caller = 0; caller < kCallers; ++caller)
    threads.emplace_back([&body, caller] {
      for (int round = 0; round < kRounds; ++round) {
        body(caller, round);
        std::this_thread::yield();
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

/// A loop that squares into plain memory; returns the sum of what it wrote.
int64_t sumOfSquares(int64_t count, int32_t mostThreads) {
  std::vector<int64_t> squares(count, -1);
  tessera_rt_parallel_for(
      count, mostThreads,
      [](void *context, int64_t index, int32_t) {
        static_cast<int64_t *>(context)[index] = index * index;
      },
      squares.data());
  int64_t sum = 0;
  for (int64_t square : squares)
    sum += square;
  return sum;
}

int64_t expectedSum(int64_t count) {
  return (count - 1) * count * (2 * count - 1) / 6;
}

struct ThreadStress : testing::Test {
  ThreadStress() { EXPECT_EQ(tessera_set_num_threads(kCallers), nullptr); }
  ~ThreadStress() override {
    EXPECT_EQ(tessera_set_num_threads(0), nullptr);
    tessera_limit_cpu_level(INT32_MAX);
  }
};

} // namespace

TEST_F(ThreadStress, LoopsOfEightCallers) {
  stress([](int caller, int round) {
    int64_t count = 1 + (caller * 31 + round) % 97;
    ASSERT_EQ(sumOfSquares(count, 1 + round % kCallers), expectedSum(count));
  });
}

TEST_F(ThreadStress, LoopsWhileThreadsComeAndGo) {
  stress([](int caller, int round) {
    if (caller == 0 && round % 10 == 0) {
      ASSERT_EQ(tessera_set_num_threads(1 + round / 10 % kCallers), nullptr);
    }
    int32_t threads = tessera_num_threads();
    ASSERT_TRUE(threads >= 1 && threads <= kCallers) << threads;
    ASSERT_EQ(sumOfSquares(50 + round, INT32_MAX), expectedSum(50 + round));
  });
}

TEST_F(ThreadStress, ChecksOfOneRecord) {
  Call call;
  auto rows = call.symbol("S rows");
  call.input("query", {rows, 64}, {30, 64});
  call.output("output", {rows, 64}, {30, 64});
  Call wrong;
  wrong.input("query", {8}, {9});
  ASSERT_EQ(call.check(), "");
  ASSERT_NE(wrong.check(), "");
  auto check = [](const Call &of) {
    tessera_tensor tensors[2];
    tessera::rt::Error error(tessera_rt_check_call(
        of.record.bytes().data(), of.args.data(), nullptr, tensors));
    return std::string(error.message());
  };
  stress([&](int, int) {
    ASSERT_EQ(check(call), "");
    ASSERT_NE(check(wrong).find("'query'"), std::string::npos);
  });
}

TEST_F(ThreadStress, ErrorsAndLevels) {
  stress([](int caller, int round) {
    if (caller == 0)
      tessera_limit_cpu_level(round % 2 ? 3 : INT32_MAX);
    int32_t level = tessera_cpu_level();
    ASSERT_TRUE(level == 0 || level == 3 || level == 4) << level;
    std::string message = std::to_string(caller) + "/" + std::to_string(round);
    tessera_error *error = tessera_rt_error(TESSERA_INTERNAL, message.c_str());
    ASSERT_STREQ(tessera_error_message(error), message.c_str());
    tessera_error_destroy(error);
  });
}
