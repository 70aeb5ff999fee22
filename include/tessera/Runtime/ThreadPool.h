// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The threads behind tessera_rt_parallel_for.
#ifndef TESSERA_RUNTIME_THREADPOOL_H
#define TESSERA_RUNTIME_THREADPOOL_H

#include "tessera/Runtime/Error.h"

#include <atomic>
#include <cstdint>
#include <pthread.h>

namespace tessera::rt {

/// Runs loops on a set of threads. The thread that asks for a loop works on it
/// too and never waits for a free worker, so loops of several user threads run
/// side by side and cannot block each other; idle workers help the oldest loop
/// that has indices left. Workers start with the first loop, spin for some
/// microseconds between loops, then sleep.
class ThreadPool {
public:
  using Body = void (*)(void *context, int64_t index, int32_t thread);
  static constexpr int32_t kMaxThreads = 1024;

  /// `threads` counts the calling thread; 0 means one per usable core.
  explicit ThreadPool(int32_t threads = 0);
  /// No loop may be running.
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// The pool of the C interface. Lives until the process ends; after fork()
  /// the child starts workers of its own.
  static ThreadPool &global();

  /// Calls body(context, i, thread) once for each 0 <= i < count and returns
  /// when all have returned. At most `mostThreads` threads run bodies; each of
  /// them has a number of its own, 0 <= thread < mostThreads, the calling one
  /// 0. Inside a body it runs the loop on the calling thread.
  void parallelFor(int64_t count, int32_t mostThreads, Body body,
                   void *context);

  template <typename Function>
  void parallelFor(int64_t count, Function function) {
    auto body = [](void *context, int64_t index, int32_t) {
      (*static_cast<Function *>(context))(index);
    };
    parallelFor(count, kMaxThreads, body, &function);
  }

  /// Changes the number of threads, 0 .. kMaxThreads, and starts them.
  Error resize(int32_t threads);

  int32_t threads() const { return wanted.load(std::memory_order_relaxed); }

  /// True while the calling thread runs a body of any pool.
  static bool insideLoop();

private:
  struct Loop;
  struct Worker {
    ThreadPool *pool;
    int32_t index;
    pthread_t thread;
  };

  int startWorkers();
  void stopWorkers(int32_t keep);
  void work(int32_t index);
  void waitForNews();
  void publish(Loop &loop);
  bool withdraw(Loop &loop);
  void waitForHelpers(Loop &loop);
  Loop *findLoop(int32_t thread) const;
  int64_t spinLimit() const;
  static void *runWorker(void *worker);

  static void createGlobal();
  static void beforeFork();
  static void afterForkInParent();
  static void afterForkInChild();

  // `mutex` guards the list of loops and the counters of sleepers; `sizeMutex`
  // the set of workers. Both: `sizeMutex` first.
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_t sizeMutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t newsArrived = PTHREAD_COND_INITIALIZER;
  pthread_cond_t helperLeft = PTHREAD_COND_INITIALIZER;
  Loop *oldest = nullptr;
  int32_t sleepingWorkers = 0;
  int32_t waitingCallers = 0;
  const int32_t cores;
  std::atomic<uint32_t> news{0};   // counts loops and changes of size
  std::atomic<int32_t> wanted;     // threads, the calling one included
  std::atomic<int32_t> started{0}; // workers alive
  Worker workers[kMaxThreads - 1];
};

/// How many cores this process may run on; at least 1, at most kMaxThreads.
int32_t usableCores();

} // namespace tessera::rt

#endif // TESSERA_RUNTIME_THREADPOOL_H
