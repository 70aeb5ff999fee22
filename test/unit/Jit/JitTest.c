/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Compiles bsa.attend just in time, runs it and looks at the result; on the
 * host, or with the argument `gpu` on GPU 0. With the path of a bundle instead,
 * it runs that. TESSERA_COMPILER and TESSERA_CACHE_DIR may say where things are.
 */
#include "Attend.h"
#include "DeviceCopies.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int refuse(tessera_error *error) {
  fprintf(stderr, "error %d: %s\n", tessera_error_code(error),
          tessera_error_message(error));
  tessera_error_destroy(error);
  return 1;
}

static tessera_error *runOnHost(tessera_program *program, AttendArgs *args) {
  tessera_call call = {sizeof(call), args->pointers, 6, 0, NULL};
  tessera_launches *launches = NULL;
  tessera_error *error = tessera_program_prepare(program, &call, &launches);
  if (!error)
    error = tessera_launches_run(launches, NULL, NULL, 0);
  tessera_launches_destroy(launches);
  return error;
}

/* Opens or compiles the library and finds the program. */
static tessera_error *load(tessera_context *context, const char *bundle,
                           tessera_library **library,
                           tessera_program **program) {
  tessera_query query = {sizeof(query), "attend", NULL, 0};
  tessera_error *error =
      bundle ? tessera_library_open(bundle, library)
             : tessera_library_compile(context, attendSource, NULL, library);
  if (!error)
    error = tessera_library_find(*library, context, &query, program);
  return error ? error : tessera_program_warm(*program);
}

static double millisecondsSince(const struct timespec *start) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (double)(now.tv_sec - start->tv_sec) * 1e3 +
         (double)(now.tv_nsec - start->tv_nsec) * 1e-6;
}

static AttendData data;

int main(int count, char **arguments) {
  int isGpu = count > 1 && strcmp(arguments[1], "gpu") == 0;
  const char *bundle = count > 1 && !isGpu ? arguments[1] : NULL;
  tessera_context *context = NULL;
  tessera_error *error =
      isGpu ? tessera_context_gpu(0, &context) : tessera_context_host(&context);
  if (error)
    return refuse(error);
  tessera_library *library = NULL;
  tessera_program *program = NULL;
  struct timespec start;
  timespec_get(&start, TIME_UTC);
  if ((error = load(context, bundle, &library, &program)))
    return refuse(error);
  printf("loaded in %.1f ms\n", millisecondsSince(&start));
  AttendArgs args;
  fillAttend(&data);
  packAttend(&data, &args);
  error = isGpu ? runOnDevice(program, &args) : runOnHost(program, &args);
  if (error)
    return refuse(error);
  double found = errorOfAttend(&data);
  printf("largest error of a row %.2e on %s\n", found,
         tessera_context_name(context));
  tessera_library_close(library);
  tessera_context_destroy(context);
  return found <= 2e-2 ? 0 : 1;
}
