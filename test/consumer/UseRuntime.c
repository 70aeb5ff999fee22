// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A C program against the installed runtime: it sets the threads, runs a loop
// on them and reads errors.
#include "tessera-c/Gpu.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void square(void *context, int64_t index, int32_t thread) {
  (void)thread;
  int64_t *squares = context;
  squares[index] = index * index;
}

int main(void) {
  tessera_error *error = tessera_set_num_threads(2);
  if (error) {
    fprintf(stderr, "set_num_threads: %s\n", tessera_error_message(error));
    return 1;
  }
  int64_t squares[100];
  memset(squares, 0xff, sizeof squares);
  tessera_rt_parallel_for(100, INT32_MAX, square, squares);
  for (int64_t i = 0; i < 100; ++i)
    if (squares[i] != i * i) {
      fprintf(stderr, "index %d holds %d\n", (int)i, (int)squares[i]);
      return 1;
    }

  error = tessera_set_num_threads(-1);
  if (tessera_error_code(error) != TESSERA_INVALID_ARGUMENT) {
    fprintf(stderr, "-1 threads were accepted\n");
    return 1;
  }
  tessera_error_destroy(error);
  tessera_library *library = NULL;
  error = tessera_library_open_bytes("", 0, &library);
  if (tessera_error_code(error) != TESSERA_DAMAGED || library) {
    fprintf(stderr, "no bytes were taken for a bundle\n");
    return 1;
  }
  tessera_error_destroy(error);
  tessera_context *gpu = NULL;
  error = tessera_context_gpu(0, &gpu);
  if (!error == !gpu) {
    fprintf(stderr, "neither a GPU nor a reason: %s\n",
            tessera_error_message(error));
    return 1;
  }
  tessera_error_destroy(error);
  tessera_context_destroy(gpu);
  printf("libtessera_rt %s ran 100 indices on %d threads\n", tessera_version(),
         (int)tessera_num_threads());
  return 0;
}
