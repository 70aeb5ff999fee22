// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C functions that only forward to the C++ runtime.
#include "tessera/Runtime/ThreadPool.h"
#include "tessera/Version.h"

using tessera::rt::ThreadPool;

const char *tessera_version(void) { return TESSERA_VERSION_STRING; }

tessera_error *tessera_set_num_threads(int32_t count) {
  return ThreadPool::global().resize(count).release();
}

int32_t tessera_num_threads(void) { return ThreadPool::global().threads(); }

void tessera_rt_parallel_for(int64_t count, int32_t mostThreads,
                             void (*body)(void *context, int64_t index,
                                          int32_t thread),
                             void *context) {
  ThreadPool::global().parallelFor(count, mostThreads, body, context);
}
