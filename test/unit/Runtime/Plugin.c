/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A shared object that holds the runtime's archive: it runs a loop on threads.
 */
#include "tessera-c/Runtime.h"

#include <string.h>

static void square(void *context, int64_t index, int32_t thread) {
  (void)thread;
  ((int64_t *)context)[index] = index * index;
}

/* 0 if every index has been run. */
__attribute__((visibility("default"))) int run_plugin(void) {
  tessera_error *error = tessera_set_num_threads(4);
  if (error) {
    tessera_error_destroy(error);
    return 1;
  }
  int64_t squares[1000];
  memset(squares, 0xff, sizeof squares);
  tessera_rt_parallel_for(1000, INT32_MAX, square, squares);
  for (int64_t i = 0; i < 1000; ++i)
    if (squares[i] != i * i)
      return 2;
  return 0;
}
