// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops over threads: publishing, helping, sleeping, resizing.
#include "tessera/Runtime/ThreadPool.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <new>
#include <sched.h>
#include <unistd.h>

// Weak: a static program, of which nothing is unloaded, needs no dynamic loader.
#pragma weak dladdr1
#pragma weak dlopen

using namespace tessera::rt;

namespace {

class Lock {
public:
  explicit Lock(pthread_mutex_t &mutex) : mutex(mutex) {
    pthread_mutex_lock(&mutex);
  }
  ~Lock() { pthread_mutex_unlock(&mutex); }
  Lock(const Lock &) = delete;
  Lock &operator=(const Lock &) = delete;

private:
  pthread_mutex_t &mutex;
};

/// Workers have room for the largest kernels (half a MiB at a head dimension
/// and a block of 256), however small the limit the program was started with.
class WorkerAttributes {
public:
  WorkerAttributes() {
    pthread_attr_init(&value);
    size_t stackBytes = 0;
    pthread_attr_getstacksize(&value, &stackBytes);
    pthread_attr_setstacksize(&value, std::max(stackBytes, kLeastStackBytes));
  }
  ~WorkerAttributes() { pthread_attr_destroy(&value); }
  WorkerAttributes(const WorkerAttributes &) = delete;
  WorkerAttributes &operator=(const WorkerAttributes &) = delete;

  pthread_attr_t value;

private:
  static constexpr size_t kLeastStackBytes = size_t(2) << 20;
};

thread_local bool runsBody = false;

/// Marks the calling thread as running a body.
class InsideLoop {
public:
  InsideLoop() : before(std::exchange(runsBody, true)) {}
  ~InsideLoop() { runsBody = before; }
  InsideLoop(const InsideLoop &) = delete;
  InsideLoop &operator=(const InsideLoop &) = delete;

private:
  bool before;
};

} // namespace

static void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// One call of parallelFor, on the caller's stack. Workers find it in the
/// pool's list and count themselves in and out of `helpers` under the mutex.
struct ThreadPool::Loop {
  Body body;
  void *context;
  int64_t count;
  int32_t mostThreads;
  int64_t chunk;
  Loop *younger = nullptr;
  std::atomic<int32_t> helpers{0};
  alignas(64) std::atomic<int64_t> next{0}; // first index nobody has taken

  Loop(Body body, void *context, int64_t count, int32_t mostThreads,
       int32_t threads)
      : body(body), context(context), count(count), mostThreads(mostThreads),
        // 64 chunks a thread balance uneven bodies; below that, single indices.
        chunk(std::max<int64_t>(1, count / (int64_t(threads) * 64))) {}

  bool hasWork() const { return next.load(std::memory_order_relaxed) < count; }

  void run(int32_t thread) {
    InsideLoop inside;
    while (hasWork()) {
      int64_t begin = next.fetch_add(chunk, std::memory_order_relaxed);
      int64_t end = std::min(count, begin + chunk);
      for (int64_t index = begin; index < end; ++index)
        body(context, index, thread);
    }
  }
};

//===----------------------------------------------------------------------===//
// The calling thread
//===----------------------------------------------------------------------===//

void ThreadPool::parallelFor(int64_t count, int32_t mostThreads, Body body,
                             void *context) {
  if (count > 1 && std::min(mostThreads, threads()) > 1 && !runsBody) {
    if (started.load(std::memory_order_acquire) < threads() - 1) {
      Lock lock(sizeMutex);
      // Fewer workers than wanted still finish the loop; threads() then says
      // how many there are.
      if (startWorkers() != 0)
        wanted.store(started.load() + 1);
    }
    Loop loop(body, context, count, mostThreads,
              std::min(mostThreads, threads()));
    publish(loop);
    loop.run(/*thread=*/0);
    if (withdraw(loop))
      waitForHelpers(loop);
    return;
  }
  InsideLoop inside;
  for (int64_t index = 0; index < count; ++index)
    body(context, index, /*thread=*/0);
}

void ThreadPool::publish(Loop &loop) {
  Lock lock(mutex);
  Loop **last = &oldest;
  while (*last)
    last = &(*last)->younger;
  *last = &loop;
  news.fetch_add(1, std::memory_order_release);
  int64_t wakes = std::min<int64_t>(sleepingWorkers, loop.count - 1);
  for (int64_t i = 0; i < wakes; ++i)
    pthread_cond_signal(&newsArrived);
}

/// False if the loop is not in the list: then a body has called fork(), this is
/// the child, and the helpers are in the parent.
bool ThreadPool::withdraw(Loop &loop) {
  Lock lock(mutex);
  Loop **link = &oldest;
  while (*link && *link != &loop)
    link = &(*link)->younger;
  if (!*link)
    return false;
  *link = loop.younger;
  return true;
}

/// After withdraw() no worker can join, so `helpers` only falls.
void ThreadPool::waitForHelpers(Loop &loop) {
  auto done = [&] { return loop.helpers.load(std::memory_order_acquire) == 0; };
  for (int64_t left = spinLimit(); left > 0 && !done(); --left)
    relax();
  if (done())
    return;
  Lock lock(mutex);
  ++waitingCallers;
  while (!done())
    pthread_cond_wait(&helperLeft, &mutex);
  --waitingCallers;
}

bool ThreadPool::insideLoop() { return runsBody; }

//===----------------------------------------------------------------------===//
// The workers
//===----------------------------------------------------------------------===//

/// The oldest loop that has indices left and a place for that thread.
ThreadPool::Loop *ThreadPool::findLoop(int32_t thread) const {
  for (Loop *loop = oldest; loop; loop = loop->younger)
    if (loop->hasWork() && thread < loop->mostThreads)
      return loop;
  return nullptr;
}

void ThreadPool::work(int32_t index) {
  Lock lock(mutex);
  while (index < wanted.load(std::memory_order_relaxed) - 1) {
    // 0 is the thread that asked for the loop.
    int32_t thread = index + 1;
    Loop *loop = findLoop(thread);
    if (!loop) {
      waitForNews();
      continue;
    }
    loop->helpers.fetch_add(1, std::memory_order_relaxed);
    pthread_mutex_unlock(&mutex);
    loop->run(thread);
    pthread_mutex_lock(&mutex);
    // The caller may return, and the loop be gone, as soon as this is 0.
    bool last = loop->helpers.fetch_sub(1, std::memory_order_release) == 1;
    if (last && waitingCallers > 0)
      pthread_cond_broadcast(&helperLeft);
  }
}

/// Waits until `news` changes: first spinning without the mutex, then asleep.
void ThreadPool::waitForNews() {
  uint32_t seen = news.load(std::memory_order_relaxed);
  auto arrived = [&] { return news.load(std::memory_order_acquire) != seen; };
  pthread_mutex_unlock(&mutex);
  for (int64_t left = spinLimit(); left > 0 && !arrived(); --left)
    relax();
  pthread_mutex_lock(&mutex);
  ++sleepingWorkers;
  while (!arrived())
    pthread_cond_wait(&newsArrived, &mutex);
  --sleepingWorkers;
}

/// How often to look before sleeping: some ten microseconds, longer than the
/// gap between the loops of one compiled function. With more threads than cores
/// a spinning thread would keep a working one from its core.
int64_t ThreadPool::spinLimit() const { return threads() <= cores ? 1000 : 0; }

void *ThreadPool::runWorker(void *argument) {
  auto *worker = static_cast<Worker *>(argument);
  worker->pool->work(worker->index);
  return nullptr;
}

//===----------------------------------------------------------------------===//
// The set of workers
//===----------------------------------------------------------------------===//

int32_t tessera::rt::usableCores() {
  cpu_set_t set;
  // Fails on machines with more cores than cpu_set_t holds.
  int64_t cores = sched_getaffinity(0, sizeof(set), &set) == 0
                      ? CPU_COUNT(&set)
                      : sysconf(_SC_NPROCESSORS_ONLN);
  return int32_t(std::clamp<int64_t>(cores, 1, ThreadPool::kMaxThreads));
}

ThreadPool::ThreadPool(int32_t threads)
    : cores(usableCores()),
      wanted(threads == 0 ? cores : std::clamp(threads, 1, kMaxThreads)) {}

ThreadPool::~ThreadPool() {
  Lock lock(sizeMutex);
  stopWorkers(0);
}

/// Starts workers until threads() - 1 run; returns 0 or an errno. Needs
/// `sizeMutex`.
int ThreadPool::startWorkers() {
  // Signals sent to the process are for its own threads, not for ours; those a
  // thread causes itself, and the profiler's, must still arrive.
  sigset_t blocked, before;
  sigfillset(&blocked);
  for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF})
    sigdelset(&blocked, own);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  WorkerAttributes attributes;
  int failure = 0;
  for (int32_t i = started.load(); failure == 0 && i < threads() - 1; ++i) {
    workers[i].pool = this;
    workers[i].index = i;
    failure = pthread_create(&workers[i].thread, &attributes.value, runWorker,
                             &workers[i]);
    if (failure == 0)
      started.store(i + 1, std::memory_order_release);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return failure;
}

/// Ends all workers but the first `keep`. Needs `sizeMutex`.
void ThreadPool::stopWorkers(int32_t keep) {
  {
    Lock lock(mutex);
    wanted.store(keep + 1);
    news.fetch_add(1, std::memory_order_release);
    pthread_cond_broadcast(&newsArrived);
  }
  for (int32_t i = keep; i < started.load(); ++i)
    pthread_join(workers[i].thread, nullptr);
  started.store(std::min(keep, started.load()), std::memory_order_release);
}

Error ThreadPool::resize(int32_t count) {
  if (count < 0 || count > kMaxThreads)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "tessera_set_num_threads: 'count' is %d; pass 1 to %d, or "
                     "0 for one thread on each core",
                     count, kMaxThreads);
  if (runsBody)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "tessera_set_num_threads: called inside a parallel loop; "
                     "call it before or after the loop");
  if (count == 0)
    count = cores;
  Lock lock(sizeMutex);
  stopWorkers(count - 1);
  int failure = startWorkers();
  if (failure == 0)
    return Error();
  wanted.store(started.load() + 1);
  return makeError(TESSERA_OUT_OF_MEMORY,
                   "tessera_set_num_threads: only %d of %d threads could be "
                   "started (%s); %d are used now, ask for fewer or raise the "
                   "limit on threads",
                   threads(), count, std::strerror(failure), threads());
}

//===----------------------------------------------------------------------===//
// The global pool
//===----------------------------------------------------------------------===//

// Never destroyed: workers may outlive the destructors of the program.
alignas(ThreadPool) static unsigned char globalMemory[sizeof(ThreadPool)];
static ThreadPool *globalPool = nullptr;

void ThreadPool::createGlobal() {
  globalPool = new (globalMemory) ThreadPool();
  pthread_atfork(beforeFork, afterForkInParent, afterForkInChild);
}

/// Workers run this code until the process ends, so whatever shared object
/// holds it stays loaded. A constructor, since who starts the first worker may
/// hold up somebody who loads a library.
[[gnu::constructor]] static void stayLoaded() {
#ifdef __GLIBC__ // of others, none has dladdr1() and some unload nothing
  Dl_info info;
  void *map = nullptr;
  if (!dladdr1 || !dlopen ||
      !dladdr1(reinterpret_cast<void *>(&usableCores), &info, &map,
               RTLD_DL_LINKMAP))
    return;
  const char *name = static_cast<const link_map *>(map)->l_name;
  if (*name) // the program itself has none
    dlopen(name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
#endif
}

ThreadPool &ThreadPool::global() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, createGlobal);
  return *globalPool;
}

void ThreadPool::beforeFork() {
  pthread_mutex_lock(&globalPool->sizeMutex);
  pthread_mutex_lock(&globalPool->mutex);
}

void ThreadPool::afterForkInParent() {
  pthread_mutex_unlock(&globalPool->mutex);
  pthread_mutex_unlock(&globalPool->sizeMutex);
}

/// Only the forking thread lives on in the child. Loops of other threads are
/// gone with them; the next loop starts new workers.
void ThreadPool::afterForkInChild() {
  int32_t threads = globalPool->threads();
  globalPool = new (globalMemory) ThreadPool(threads);
}
