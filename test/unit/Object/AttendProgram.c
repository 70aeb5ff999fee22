/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Attention over lists from C, with libtessera_rt and the C library alone:
 *
 *   attend-program host|gpu [bundle]
 *
 * on the host or on the first GPU, by the entries of the object that is linked
 * to it, or by the program of a bundle. Results are held against double
 * precision. Where there is no GPU, that is said, and is no failure.
 */
#include "attend_bf16.h"
#include "tessera-c/Gpu.h"

#include "Cuda.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last blocks are short, and one head of keys serves two of queries. */
enum {
  kHeads = 2,
  kQueries = 200,
  kKeys = 300,
  kFeatures = 64,
  kBlock = 64,
  kCapacity = 4,
  kQueryBlocks = (kQueries + kBlock - 1) / kBlock,
  kKeyBlocks = (kKeys + kBlock - 1) / kBlock
};

typedef struct Data {
  uint16_t query[kHeads][kQueries][kFeatures];
  uint16_t key[kKeys][kFeatures], value[kKeys][kFeatures];
  int32_t index[kHeads][kQueryBlocks][kCapacity];
  int32_t count[kHeads][kQueryBlocks];
  uint16_t output[kHeads][kQueries][kFeatures];
  float lse[kHeads][kQueries];
} Data;

/* The tensors of a call, in the order of its parameters. */
enum { kTensors = 7 };
typedef struct Call {
  tessera_tensor tensors[kTensors];
} Call;

static int fail(const char *what, tessera_error *error) {
  fprintf(stderr, "%s: %s\n", what, tessera_error_message(error));
  tessera_error_destroy(error);
  return 1;
}

/*===----------------------------------------------------------------------===
 * Data
 *===----------------------------------------------------------------------===*/

static float fromBits(uint16_t bits) {
  uint32_t word = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

/* Between -2 and 2, of few bits, so that it need not be rounded. */
static uint16_t draw(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  float value = (float)((int)(*state >> 24) - 128) / 64;
  uint32_t word;
  memcpy(&word, &value, sizeof word);
  return (uint16_t)(word >> 16);
}

static void fill(Data *data) {
  uint32_t state = 7;
  uint16_t *elements[] = {&data->query[0][0][0], &data->key[0][0],
                          &data->value[0][0]};
  const size_t counts[] = {kHeads * kQueries * kFeatures, kKeys * kFeatures,
                           kKeys * kFeatures};
  for (int i = 0; i < 3; ++i)
    for (size_t e = 0; e < counts[i]; ++e)
      elements[i][e] = draw(&state);
  for (int h = 0; h < kHeads; ++h)
    for (int b = 0; b < kQueryBlocks; ++b) {
      data->count[h][b] = (h + b) % (kCapacity + 1); /* one is empty */
      for (int i = 0; i < kCapacity; ++i)
        data->index[h][b][i] = (2 * h + b + i) % kKeyBlocks;
    }
}

/* Of what nobody has written. */
static void poison(Data *data) {
  memset(data->output, 0xff, sizeof data->output);
  memset(data->lse, 0xff, sizeof data->lse);
}

static tessera_tensor tensor(void *data, tessera_dtype dtype, int64_t heads,
                             int64_t rows, int64_t columns) {
  tessera_tensor made = {data, dtype, 4, {1, heads, rows, columns}, {0}};
  made.strides[3] = 1;
  for (int d = 3; d > 0; --d)
    made.strides[d - 1] = made.strides[d] * made.dims[d];
  return made;
}

/* `base` is where the data lie, on the host or on a GPU. */
static Call makeCall(void *base) {
  char *first = base;
#define AT(member) (first + offsetof(Data, member))
  Call call = {{
      tensor(AT(query), TESSERA_BF16, kHeads, kQueries, kFeatures),
      tensor(AT(key), TESSERA_BF16, 1, kKeys, kFeatures),
      tensor(AT(value), TESSERA_BF16, 1, kKeys, kFeatures),
      tensor(AT(index), TESSERA_I32, kHeads, kQueryBlocks, kCapacity),
      tensor(AT(count), TESSERA_I32, kHeads, kQueryBlocks, 1),
      tensor(AT(output), TESSERA_BF16, kHeads, kQueries, kFeatures),
      tensor(AT(lse), TESSERA_F32, kHeads, kQueries, 1),
  }};
#undef AT
  /* [batch, head, block] and [batch, head, row] */
  call.tensors[4].rank = call.tensors[6].rank = 3;
  return call;
}

/*===----------------------------------------------------------------------===
 * What is right
 *===----------------------------------------------------------------------===*/

/* One row; returns its log-sum-exp. */
static double attendRow(const Data *data, int h, int row,
                        double output[kFeatures]) {
  int block = row / kBlock;
  double sum = 0;
  memset(output, 0, kFeatures * sizeof(double));
  for (int i = 0; i < data->count[h][block]; ++i) {
    int first = data->index[h][block][i] * kBlock;
    for (int k = first; k < first + kBlock && k < kKeys; ++k) {
      double score = 0;
      for (int d = 0; d < kFeatures; ++d)
        score += (double)fromBits(data->query[h][row][d]) *
                 (double)fromBits(data->key[k][d]);
      double weight = exp(score / sqrt((double)kFeatures));
      sum += weight;
      for (int d = 0; d < kFeatures; ++d)
        output[d] += weight * (double)fromBits(data->value[k][d]);
    }
  }
  for (int d = 0; d < kFeatures && sum > 0; ++d)
    output[d] /= sum;
  return log(sum);
}

/* 0 if no row errs by more than 2 % of its largest value. */
static int check(const Data *data, const char *what) {
  double worst = 0, worstLse = 0;
  for (int h = 0; h < kHeads; ++h)
    for (int row = 0; row < kQueries; ++row) {
      double wanted[kFeatures], largest = 0, error = 0;
      double lse = attendRow(data, h, row, wanted);
      for (int d = 0; d < kFeatures; ++d) {
        double found = (double)fromBits(data->output[h][row][d]);
        largest = fmax(largest, fabs(wanted[d]));
        /* A comparison with a NaN is false: fmax would lose it. */
        if (!(fabs(found - wanted[d]) <= error))
          error = fabs(found - wanted[d]);
      }
      if (largest > 0)
        error /= largest;
      double lseError = fabs((double)data->lse[h][row] - lse);
      if (isinf(lse))
        lseError = data->lse[h][row] == -INFINITY ? 0 : NAN;
      if (!(error <= 2e-2) || !(lseError <= 1e-2)) {
        fprintf(stderr, "%s: head %d, row %d errs by %g, lse by %g\n", what, h,
                row, error, lseError);
        return 1;
      }
      worst = fmax(worst, error);
      worstLse = fmax(worstLse, lseError);
    }
  printf("%s: largest error of a row %.1e, of lse %.1e\n", what, worst,
         worstLse);
  return 0;
}

/*===----------------------------------------------------------------------===
 * The two ways to call
 *===----------------------------------------------------------------------===*/

/* Where a call runs. */
typedef struct Place {
  tessera_context *context;
  void *stream;
  const Cuda *cuda; /* NULL: the host */
} Place;

/* The workspace of a call; NULL where none is wanted. */
static void *allocate(const Place *place, int64_t bytes) {
  return bytes && place->cuda ? place->cuda->allocate((size_t)bytes) : NULL;
}

/* ctx, stream and workspace first, then the tensors; twice, as the second call
 * is known. */
static tessera_error *callObject(const Place *place, Call *call) {
  tessera_tensor *t = call->tensors;
  int64_t least, best;
  tessera_error *error =
      attend_bf16_workspace(place->context, &t[0], &t[1], &t[2], &t[3], &t[4],
                            &t[5], &t[6], &least, &best);
  if (error)
    return error;
  void *workspace = allocate(place, best);
  for (int i = 0; i < 2 && !error; ++i)
    error = attend_bf16(place->context, place->stream, workspace, (size_t)best,
                        &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6]);
  return error;
}

static tessera_error *callBundle(const Place *place, Call *call,
                                 const char *path) {
  tessera_library *library;
  tessera_error *error = tessera_library_open(path, &library);
  if (error)
    return error;
  const tessera_fact facts[] = {{"operation", "attend", 0},
                                {"head_dim", NULL, kFeatures}};
  tessera_query query = {sizeof query, NULL, facts, 2};
  tessera_program *program;
  error = tessera_library_find(library, place->context, &query, &program);
  void *args[kTensors];
  for (int i = 0; i < kTensors; ++i)
    args[i] = &call->tensors[i];
  tessera_call prepared = {sizeof prepared, args, kTensors, 0, place->stream};
  tessera_launches *launches = NULL;
  if (!error)
    error = tessera_program_prepare(program, &prepared, &launches);
  if (!error) {
    int64_t least, best;
    tessera_launches_workspace(launches, &least, &best);
    error = tessera_launches_run(launches, place->stream, allocate(place, best),
                                 (size_t)best);
  }
  if (!error && place->cuda)
    place->cuda->synchronize(place->stream);
  tessera_launches_destroy(launches);
  tessera_library_close(library);
  return error;
}

static tessera_error *callEither(const Place *place, void *base,
                                 const char *bundle) {
  Call call = makeCall(base);
  return bundle ? callBundle(place, &call, bundle) : callObject(place, &call);
}

/*===----------------------------------------------------------------------===
 * The two places
 *===----------------------------------------------------------------------===*/

static int runOnHost(Data *data, const char *bundle) {
  Place place = {NULL, NULL, NULL};
  tessera_error *error = bundle ? tessera_context_host(&place.context) : NULL;
  if (!error)
    error = callEither(&place, data, bundle);
  tessera_context_destroy(place.context);
  return error ? fail("host", error) : check(data, "host");
}

/* The work itself, and the same out of a graph. */
static int runInGraph(const Cuda *cuda, Place *place, Data *data, char *memory,
                      const char *bundle) {
  if (bundle) /* its launches and their code end with the call */
    return 0;
  poison(data);
  cuda->copyToGpu(memory, data, sizeof *data);
  Call call = makeCall(memory);
  tessera_tensor *t = call.tensors;
  int64_t least, best;
  tessera_error *error =
      attend_bf16_workspace(place->context, &t[0], &t[1], &t[2], &t[3], &t[4],
                            &t[5], &t[6], &least, &best);
  void *workspace = allocate(place, best);
  cuda->beginCapture(place->stream);
  if (!error)
    error = attend_bf16(place->context, place->stream, workspace, (size_t)best,
                        &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6]);
  void *graph = cuda->endCapture(place->stream);
  if (error)
    return fail("in a capture", error);
  for (int i = 0; i < 3; ++i)
    cuda->launchGraph(graph, place->stream);
  cuda->synchronize(place->stream);
  cuda->copyToHost(data, memory, sizeof *data);
  return check(data, "GPU, graph");
}

static int runOnGpu(Data *data, const char *bundle) {
  Place place = {NULL, NULL, NULL};
  tessera_error *error = tessera_context_gpu(0, &place.context);
  if (tessera_error_code(error) == TESSERA_NO_GPU) {
    printf("no GPU: %s\n", tessera_error_message(error));
    tessera_error_destroy(error);
    return 0;
  }
  if (error)
    return fail("context", error);
  Cuda cuda;
  if (!openCuda(&cuda))
    return 1;
  place.cuda = &cuda;
  place.stream = cuda.createStream();
  char *memory = cuda.allocate(sizeof *data);
  cuda.copyToGpu(memory, data, sizeof *data);
  error = callEither(&place, memory, bundle);
  if (error)
    return fail("GPU", error);
  cuda.synchronize(place.stream);
  cuda.copyToHost(data, memory, sizeof *data);
  printf("on %s\n", tessera_context_name(place.context));
  int failed =
      check(data, "GPU") || runInGraph(&cuda, &place, data, memory, bundle);
  tessera_context_destroy(place.context);
  return failed;
}

int main(int argc, char **argv) {
  int onGpu = argc > 1 && strcmp(argv[1], "gpu") == 0;
  if (argc < 2 || argc > 3 || (!onGpu && strcmp(argv[1], "host") != 0)) {
    fprintf(stderr, "usage: %s host|gpu [bundle]\n", argv[0]);
    return 2;
  }
  const char *bundle = argc == 3 ? argv[2] : NULL;
  Data *data = malloc(sizeof *data);
  if (!data)
    return 1;
  fill(data);
  poison(data);
  int failed = onGpu ? runOnGpu(data, bundle) : runOnHost(data, bundle);
  free(data);
  return failed;
}
