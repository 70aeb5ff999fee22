/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The C interface used from C11: the header compiles, the library links with a
 * C compiler, the layouts are those the header promises.
 */
#include "tessera-c/Program.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LAYOUT(type, field, offset)                                            \
  _Static_assert(offsetof(type, field) == (offset), #type "." #field)

_Static_assert(sizeof(tessera_tensor) == 112, "tessera_tensor");
LAYOUT(tessera_tensor, data, 0);
LAYOUT(tessera_tensor, dtype, 8);
LAYOUT(tessera_tensor, rank, 12);
LAYOUT(tessera_tensor, dims, 16);
LAYOUT(tessera_tensor, strides, 64);

/* What objects hold. */
_Static_assert(sizeof(tessera_object_program) == 48, "tessera_object_program");
LAYOUT(tessera_object_program, record_bytes, 8);
LAYOUT(tessera_object_program, images, 16);
LAYOUT(tessera_object_program, image_bytes, 24);
LAYOUT(tessera_object_program, call, 32);
LAYOUT(tessera_object_program, compute, 40);
_Static_assert(sizeof(tessera_object_table) == 32, "tessera_object_table");
LAYOUT(tessera_object_table, programs, 24);
_Static_assert(sizeof(tessera_object_function) == 16,
               "tessera_object_function");
LAYOUT(tessera_object_function, state, 8);

static int failures = 0;

static void expect(int holds, const char *what) {
  if (!holds) {
    printf("FAILED: %s\n", what);
    ++failures;
  }
}

static void addIndex(void *context, int64_t index, int32_t thread) {
  (void)thread;
  atomic_fetch_add((atomic_llong *)context, index);
}

static void testLoop(void) {
  atomic_llong sum = 0;
  tessera_error *error = tessera_set_num_threads(3);
  expect(error == NULL, "3 threads can be asked for");
  expect(tessera_num_threads() == 3, "3 threads are used");
  tessera_rt_parallel_for(1000, INT32_MAX, addIndex, &sum);
  expect(sum == 499500, "each of 1000 indices ran once");
}

static void testError(void) {
  tessera_error *error = tessera_rt_error(TESSERA_OUT_OF_MEMORY, "no memory");
  expect(tessera_error_code(error) == TESSERA_OUT_OF_MEMORY, "its code");
  expect(strcmp(tessera_error_message(error), "no memory") == 0, "its message");
  tessera_error_destroy(error);
  expect(tessera_error_code(NULL) == TESSERA_OK, "NULL is success");
}

int main(void) {
  expect(strchr(tessera_version(), '.') != NULL, "the version has a dot");
  testLoop();
  testError();
  if (failures == 0)
    printf("PASSED\n");
  return failures != 0;
}
