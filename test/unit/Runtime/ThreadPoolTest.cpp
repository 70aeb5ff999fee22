// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops over threads: every index once, nesting, concurrency, resizing, fork.
#include "tessera/Runtime/ThreadPool.h"

#include <chrono>
#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <pthread.h>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using tessera::rt::Error;
using tessera::rt::ThreadPool;

/// Runs a loop and returns how often each index ran.
static std::vector<int> countVisits(ThreadPool &pool, int64_t count) {
  std::vector<std::atomic<int>> visits(count);
  pool.parallelFor(count, [&](int64_t index) { ++visits[index]; });
  return {visits.begin(), visits.end()};
}

static std::vector<int> once(int64_t count) {
  return std::vector<int>(count, 1);
}

TEST(ThreadPool, RunsEveryIndexOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (int64_t count : {0, 1, 2, 3, 7, 64, 1000, 100000})
      EXPECT_EQ(countVisits(pool, count), once(count))
          << threads << " threads, " << count << " indices";
  }
}

namespace {

/// Which of the numbered threads are in a body, and where that went wrong.
struct Numbers {
  std::atomic<bool> taken[8] = {};
  std::atomic<int> clashes{0}, outside{0}, bodies{0};
  int32_t most = 8;

  static void body(void *context, int64_t, int32_t thread) {
    auto &numbers = *static_cast<Numbers *>(context);
    ++numbers.bodies;
    if (thread < 0 || thread >= numbers.most) {
      ++numbers.outside;
      return;
    }
    numbers.clashes += numbers.taken[thread].exchange(true);
    std::this_thread::yield();
    numbers.taken[thread] = false;
  }
};

} // namespace

TEST(ThreadPool, NumbersTheThreadsOfALoop) {
  ThreadPool pool(4);
  for (int32_t most : {1, 2, 3, 8, INT32_MAX}) {
    Numbers numbers;
    numbers.most = std::min(most, 4);
    pool.parallelFor(200, most, Numbers::body, &numbers);
    EXPECT_EQ(numbers.bodies, 200);
    EXPECT_EQ(numbers.clashes, 0) << most;
    EXPECT_EQ(numbers.outside, 0) << most;
  }
}

TEST(ThreadPool, KeepsNewThreadsOutOfALoopThatHasNoPlaceForThem) {
  ThreadPool pool(2);
  Numbers numbers;
  numbers.most = 2;
  std::atomic<bool> ends{false};
  std::thread resizer([&] {
    for (int32_t threads = 2; !ends; threads = threads == 2 ? 8 : 2)
      EXPECT_FALSE(pool.resize(threads));
  });
  for (int repeat = 0; repeat < 100; ++repeat)
    pool.parallelFor(20, 2, Numbers::body, &numbers);
  ends = true;
  resizer.join();
  EXPECT_EQ(numbers.bodies, 2000);
  EXPECT_EQ(numbers.clashes, 0);
  EXPECT_EQ(numbers.outside, 0);
}

TEST(ThreadPool, IgnoresNegativeCounts) {
  ThreadPool pool(2);
  pool.parallelFor(-5, [](int64_t) { ADD_FAILURE() << "ran"; });
}

TEST(ThreadPool, UsesAllThreads) {
  ThreadPool pool(4);
  std::mutex mutex;
  std::condition_variable arrived;
  std::set<std::thread::id> ids;
  // Each body waits until four threads are in one: fewer would never return.
  pool.parallelFor(4, [&](int64_t) {
    std::unique_lock lock(mutex);
    ids.insert(std::this_thread::get_id());
    arrived.notify_all();
    arrived.wait(lock, [&] { return ids.size() == 4; });
  });
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_TRUE(ids.count(std::this_thread::get_id()));
}

/// Bytes of stack of the calling thread.
static size_t stackBytes() {
  pthread_attr_t attributes;
  size_t bytes = 0;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstacksize(&attributes, &bytes);
  pthread_attr_destroy(&attributes);
  return bytes;
}

TEST(ThreadPool, WorkersHaveRoomForTheLargestKernels) {
  pthread_attr_t before, small;
  pthread_getattr_default_np(&before);
  pthread_getattr_default_np(&small);
  pthread_attr_setstacksize(&small, 256 << 10);
  pthread_setattr_default_np(&small);
  ThreadPool pool(3);
  std::mutex mutex;
  std::set<size_t> ofWorkers;
  const std::thread::id caller = std::this_thread::get_id();
  while (ofWorkers.empty())
    pool.parallelFor(64, [&](int64_t) {
      std::this_thread::yield();
      if (std::this_thread::get_id() == caller)
        return;
      std::lock_guard lock(mutex);
      ofWorkers.insert(stackBytes());
    });
  pthread_setattr_default_np(&before);
  pthread_attr_destroy(&small);
  pthread_attr_destroy(&before);
  EXPECT_GE(*ofWorkers.begin(), size_t(2) << 20);
}

TEST(ThreadPool, WakesSleepingWorkers) {
  ThreadPool pool(2);
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::atomic<int> inside{0};
    pool.parallelFor(2, [&](int64_t) {
      ++inside;
      while (inside < 2)
        std::this_thread::yield();
    });
  }
}

TEST(ThreadPool, WaitsForTheWorkers) {
  ThreadPool pool(2);
  std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> workerInside{false}, workerDone{false};
  pool.parallelFor(2, [&](int64_t) {
    if (std::this_thread::get_id() == caller) {
      while (!workerInside)
        std::this_thread::yield();
      return;
    }
    workerInside = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    workerDone = true;
  });
  EXPECT_TRUE(workerDone);
}

TEST(ThreadPool, SeesTheWritesOfTheWorkers) {
  ThreadPool pool(4);
  std::vector<int64_t> squares(10000);
  for (int round = 0; round < 50; ++round) {
    pool.parallelFor(squares.size(),
                     [&](int64_t i) { squares[i] = i * i + round; });
    for (size_t i = 0; i < squares.size(); ++i)
      ASSERT_EQ(squares[i], int64_t(i * i + round));
  }
}

TEST(ThreadPool, RunsNestedLoopsInline) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> visits(100 * 100);
  EXPECT_FALSE(ThreadPool::insideLoop());
  pool.parallelFor(100, [&](int64_t outer) {
    auto thread = std::this_thread::get_id();
    EXPECT_TRUE(ThreadPool::insideLoop());
    int64_t expected = 0;
    pool.parallelFor(100, [&](int64_t inner) {
      EXPECT_EQ(std::this_thread::get_id(), thread);
      EXPECT_EQ(inner, expected++);
      ++visits[outer * 100 + inner];
    });
    EXPECT_TRUE(ThreadPool::insideLoop());
  });
  EXPECT_FALSE(ThreadPool::insideLoop());
  for (auto &visit : visits)
    EXPECT_EQ(visit, 1);
}

TEST(ThreadPool, ServesSeveralCallersAtOnce) {
  ThreadPool pool(3);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 6; ++caller)
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round)
        ASSERT_EQ(countVisits(pool, 100 + round), once(100 + round));
    });
  for (std::thread &caller : callers)
    caller.join();
}

TEST(ThreadPool, CallersCannotBlockEachOther) {
  ThreadPool pool(2);
  std::atomic<bool> secondDone{false};
  // Both threads of the pool wait inside the first loop for the second one.
  std::thread first([&] {
    pool.parallelFor(2, [&](int64_t) {
      while (!secondDone)
        std::this_thread::yield();
    });
  });
  EXPECT_EQ(countVisits(pool, 50), once(50));
  secondDone = true;
  first.join();
}

TEST(ThreadPool, Resizes) {
  ThreadPool pool(2);
  for (int threads : {5, 1, 3, 3, 16, 2}) {
    ASSERT_STREQ(pool.resize(threads).message(), "");
    EXPECT_EQ(pool.threads(), threads);
    EXPECT_EQ(countVisits(pool, 500), once(500));
  }
  ASSERT_STREQ(pool.resize(0).message(), "");
  EXPECT_EQ(pool.threads(), tessera::rt::usableCores());
}

TEST(ThreadPool, ResizesWhileLoopsRun) {
  ThreadPool pool(4);
  std::atomic<bool> stop{false};
  std::thread resizer([&] {
    for (int round = 0; !stop; ++round)
      ASSERT_STREQ(pool.resize(1 + round % 6).message(), "");
  });
  for (int round = 0; round < 300; ++round)
    ASSERT_EQ(countVisits(pool, 200), once(200));
  stop = true;
  resizer.join();
}

TEST(ThreadPool, RefusesImpossibleSizes) {
  ThreadPool pool(2);
  EXPECT_STREQ(pool.resize(-1).message(),
               "tessera_set_num_threads: 'count' is -1; pass 1 to 1024, or 0 "
               "for one thread on each core");
  EXPECT_TRUE(pool.resize(1025));
  EXPECT_EQ(pool.threads(), 2);
}

TEST(ThreadPool, RefusesResizingInsideALoop) {
  ThreadPool pool(2);
  std::atomic<int> refused{0};
  pool.parallelFor(8, [&](int64_t) {
    Error error = pool.resize(4);
    EXPECT_STREQ(error.message(), "tessera_set_num_threads: called inside a "
                                  "parallel loop; call it before or after the "
                                  "loop");
    ++refused;
  });
  EXPECT_EQ(refused, 8);
}

TEST(ThreadPool, CInterfaceUsesTheGlobalPool) {
  ASSERT_EQ(tessera_set_num_threads(3), nullptr);
  EXPECT_EQ(tessera_num_threads(), 3);
  EXPECT_EQ(ThreadPool::global().threads(), 3);
  std::atomic<int64_t> sum{0};
  tessera_rt_parallel_for(
      101, INT32_MAX,
      [](void *context, int64_t index, int32_t) {
        *static_cast<std::atomic<int64_t> *>(context) += index;
      },
      &sum);
  EXPECT_EQ(sum, 5050);
  ASSERT_EQ(tessera_set_num_threads(0), nullptr);
}

#if defined(__SANITIZE_THREAD__)
#define TESSERA_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TESSERA_TSAN 1
#endif
#endif

#ifndef TESSERA_TSAN // which does not follow threads into a forked child
/// Waits for a child and returns its exit status, or -1.
static int exitStatus(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ThreadPool, WorksAfterFork) {
  ThreadPool &pool = ThreadPool::global();
  ASSERT_STREQ(pool.resize(4).message(), "");
  EXPECT_EQ(countVisits(pool, 100), once(100));
  pid_t child = fork();
  if (child == 0) {
    alarm(20); // a hang must fail, not stop the tests
    bool good = pool.threads() == 4 && countVisits(pool, 100) == once(100) &&
                !pool.resize(2) && countVisits(pool, 100) == once(100);
    _exit(good ? 0 : 1);
  }
  EXPECT_EQ(exitStatus(child), 0);
  EXPECT_EQ(countVisits(pool, 100), once(100));
}

TEST(ThreadPool, SurvivesForkInsideALoop) {
  ThreadPool &pool = ThreadPool::global();
  ASSERT_STREQ(pool.resize(3).message(), "");
  pid_t child = -1;
  pid_t parent = getpid();
  std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> forked{false};
  pool.parallelFor(3, [&](int64_t) {
    if (std::this_thread::get_id() == caller && !forked.exchange(true)) {
      child = fork();
      if (child == 0)
        alarm(20);
    }
    while (!forked)
      std::this_thread::yield();
  });
  if (getpid() != parent)
    _exit(countVisits(pool, 100) == once(100) ? 0 : 1);
  ASSERT_GT(child, 0);
  EXPECT_EQ(exitStatus(child), 0);
}
#endif

TEST(ThreadPool, RunsManyShortLoops) {
  ThreadPool pool(2);
  std::atomic<int64_t> sum{0};
  for (int i = 0; i < 2000; ++i)
    pool.parallelFor(2, [&](int64_t) { ++sum; });
  EXPECT_EQ(sum, 4000);
}
