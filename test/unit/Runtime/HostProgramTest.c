/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The host behind the calls of Program.h, from C: what links the archive needs
 * the C library alone.
 */
#include "tessera-c/Gpu.h"

#include <stdio.h>
#include <string.h>

/* What WriteHostRecord has written. */
extern const unsigned char hostRecord[];
extern const unsigned long hostRecordBytes;

static int failures = 0;

static void expect(int holds, const char *what) {
  if (holds)
    return;
  ++failures;
  fprintf(stderr, "failed: %s\n", what);
}

static void expectError(tessera_error *error, int32_t code, const char *part) {
  expect(tessera_error_code(error) == code, part);
  if (!strstr(tessera_error_message(error), part)) {
    ++failures;
    fprintf(stderr, "'%s' lacks '%s'\n", tessera_error_message(error), part);
  }
  tessera_error_destroy(error);
}

/* y[i] = factor * x[i] */
static tessera_error *scaleAll(void *const *args) {
  const tessera_tensor *x = args[0], *y = args[1];
  for (int64_t i = 0; i < x->dims[0]; ++i)
    ((float *)y->data)[i] = *(const float *)args[2] * ((float *)x->data)[i];
  return NULL;
}

static void testCall(tessera_program *program) {
  float in[3] = {1, 2, 3}, out[3] = {0, 0, 0}, factor = 2;
  tessera_tensor x = {in, TESSERA_F32, 1, {3}, {1}},
                 y = {out, TESSERA_F32, 1, {3}, {1}};
  void *args[] = {&x, &y, &factor};
  tessera_call call = {sizeof(call), args, 3, 0, NULL};
  tessera_launches *launches = NULL;
  expect(!tessera_program_prepare(program, &call, &launches), "prepares");
  factor = 100; /* read when it was prepared */
  int64_t least = -1, best = -1;
  tessera_launches_workspace(launches, &least, &best);
  expect(least == 0 && best == 0, "needs no workspace");
  expect(!tessera_launches_run(launches, NULL, NULL, 0), "runs");
  expect(out[0] == 2 && out[2] == 6, "computes");
  tessera_launches_destroy(launches);
  y.dims[0] = 2;
  expectError(tessera_program_prepare(program, &call, &launches),
              TESSERA_INVALID_ARGUMENT, "'y' has 2 rows");
}

int main(void) {
  const tessera_object_program programs[] = {
      {hostRecord, hostRecordBytes, NULL, NULL, scaleAll, NULL}};
  const tessera_object_table table = {sizeof(table), sizeof(programs[0]), 1,
                                      programs};
  tessera_library *library = NULL;
  expect(!tessera_library_open_table(&table, &library), "opens");
  tessera_context *host = NULL;
  expect(!tessera_context_host(&host), "makes a context");
  expect(strcmp(tessera_context_name(host), "host") == 0, "is the host");
  tessera_query query = {sizeof(query), "scale", NULL, 0};
  tessera_program *program = NULL;
  expect(!tessera_library_find(library, host, &query, &program), "finds");
  expect(!tessera_program_warm(program), "has nothing to warm");
  testCall(program);
  char *text = NULL;
  expect(!tessera_program_explain(program, NULL, TESSERA_JSON, &text),
         "explains");
  expect(strstr(text, "\"chip\": \"host\"") != NULL, "names the chip");
  tessera_text_destroy(text);
  query.function = "other";
  expectError(tessera_library_find(library, host, &query, &program),
              TESSERA_NOT_FOUND, "scale for host: is not 'other'");
  expectError(tessera_context_status(host, NULL), TESSERA_OK, "");
  tessera_library_close(library);
  tessera_context_destroy(host);
  tessera_library_close(NULL);
  tessera_context_destroy(NULL);
  tessera_launches_destroy(NULL);
  expectError(tessera_library_open("/no/such/file", &library),
              TESSERA_INVALID_ARGUMENT, "cannot be opened");
  return failures != 0;
}
