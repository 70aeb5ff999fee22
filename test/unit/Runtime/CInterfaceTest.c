/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The C interface used from C11: the header compiles, the library links with a
 * C compiler, the layouts are those the header promises.
 */
#include "tessera-c/Runtime.h"

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

_Static_assert(sizeof(tessera_rt_param) == 96, "tessera_rt_param");
LAYOUT(tessera_rt_param, name, 0);
LAYOUT(tessera_rt_param, hint, 8);
LAYOUT(tessera_rt_param, dims, 16);
LAYOUT(tessera_rt_param, minimum, 64);
LAYOUT(tessera_rt_param, maximum, 72);
LAYOUT(tessera_rt_param, kind, 80);
LAYOUT(tessera_rt_param, dtype, 84);
LAYOUT(tessera_rt_param, rank, 88);
LAYOUT(tessera_rt_param, broadcast, 92);

_Static_assert(sizeof(tessera_rt_constraint) == 80, "tessera_rt_constraint");
LAYOUT(tessera_rt_constraint, kind, 0);
LAYOUT(tessera_rt_constraint, flags, 4);
LAYOUT(tessera_rt_constraint, value, 8);
LAYOUT(tessera_rt_constraint, operands, 16);

_Static_assert(sizeof(tessera_rt_signature) == 48, "tessera_rt_signature");
LAYOUT(tessera_rt_signature, function, 0);
LAYOUT(tessera_rt_signature, params, 8);
LAYOUT(tessera_rt_signature, constraints, 16);
LAYOUT(tessera_rt_signature, symbols, 24);
LAYOUT(tessera_rt_signature, num_params, 32);
LAYOUT(tessera_rt_signature, num_constraints, 36);
LAYOUT(tessera_rt_signature, num_symbols, 40);
LAYOUT(tessera_rt_signature, min_cpu_level, 44);

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

static void testCheck(void) {
  static const tessera_rt_param params[] = {{.name = "topk",
                                             .minimum = 0,
                                             .maximum = 32,
                                             .kind = TESSERA_RT_SCALAR_I32}};
  static const tessera_rt_signature signature = {
      .function = "attend", .params = params, .num_params = 1};
  int32_t topk = 32;
  void *args[] = {&topk};
  expect(tessera_rt_check_call(&signature, args) == NULL, "32 is accepted");
  topk = 33;
  tessera_error *error = tessera_rt_check_call(&signature, args);
  expect(error != NULL, "33 is refused");
  expect(tessera_error_code(error) == TESSERA_INVALID_ARGUMENT, "its code");
  expect(strstr(tessera_error_message(error), "'topk' is 33") != NULL,
         "its message");
  tessera_error_destroy(error);

  expect(tessera_rt_memory_error(&signature, 0) == NULL, "0 bytes can be had");
  error = tessera_rt_memory_error(&signature, 4096);
  expect(tessera_error_code(error) == TESSERA_OUT_OF_MEMORY, "code of 4096");
  expect(strstr(tessera_error_message(error), "attend: 4096 bytes") != NULL,
         "message of 4096");
  tessera_error_destroy(error);
}

int main(void) {
  expect(strchr(tessera_version(), '.') != NULL, "the version has a dot");
  testLoop();
  testCheck();
  if (failures == 0)
    printf("PASSED\n");
  return failures != 0;
}
