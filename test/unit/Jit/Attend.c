/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "Attend.h"

#include <math.h>
#include <string.h>

#define TENSOR "tensor<?x?x?x64xbf16>"
const char attendSource[] =
    "func.func @attend(%q: " TENSOR ", %k: " TENSOR ", %v: " TENSOR ",\n"
    "    %index: tensor<?x?x?x4xi32>, %count: tensor<?x?x?xi32>) -> " TENSOR
    " {\n"
    "  %m = bsa.map_from_lists %index, %count : tensor<?x?x?x4xi32>,\n"
    "      tensor<?x?x?xi32> -> !bsa.block_map<64x64, capacity = 4>\n"
    "  %o = bsa.attend query(%q : " TENSOR ") key(%k : " TENSOR ")\n"
    "      value(%v : " TENSOR ")\n"
    "      at(%m : !bsa.block_map<64x64, capacity = 4>) -> " TENSOR "\n"
    "  return %o : " TENSOR "\n"
    "}\n";

static uint16_t narrow(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static double widen(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float wide;
  memcpy(&wide, &bits, sizeof wide);
  return wide;
}

/* Numbers in [-1, 1) that look random and are always the same. */
static float next(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return (float)(*state >> 8) / (float)(1 << 23) - 1.0f;
}

void fillAttend(AttendData *data) {
  uint32_t state = 1;
  for (int i = 0; i < kElements; ++i) {
    data->query[i] = narrow(3 * next(&state));
    data->key[i] = narrow(next(&state));
    data->value[i] = narrow(next(&state));
    data->out[i] = 0x7fc0; /* not a number */
  }
  for (int list = 0; list < kHeads * kBlocks; ++list) {
    data->count[list] = 1 + list % kCapacity;
    for (int i = 0; i < kCapacity; ++i)
      data->index[list * kCapacity + i] = (list + i) % kBlocks;
  }
}

static tessera_tensor tensorOf(void *data, tessera_dtype dtype, int32_t rank,
                               int64_t rows, int64_t columns) {
  tessera_tensor tensor = {data, dtype, rank, {1, kHeads, rows, columns}, {0}};
  int64_t stride = 1;
  for (int d = rank; d-- > 0; stride *= tensor.dims[d])
    tensor.strides[d] = stride;
  return tensor;
}

void packAttend(AttendData *data, AttendArgs *args) {
  args->query = tensorOf(data->query, TESSERA_BF16, 4, kRows, kHeadDim);
  args->key = tensorOf(data->key, TESSERA_BF16, 4, kRows, kHeadDim);
  args->value = tensorOf(data->value, TESSERA_BF16, 4, kRows, kHeadDim);
  args->index = tensorOf(data->index, TESSERA_I32, 4, kBlocks, kCapacity);
  args->count = tensorOf(data->count, TESSERA_I32, 3, kBlocks, 1);
  args->out = tensorOf(data->out, TESSERA_BF16, 4, kRows, kHeadDim);
  void *pointers[] = {&args->query, &args->key,   &args->value,
                      &args->index, &args->count, &args->out};
  memcpy(args->pointers, pointers, sizeof pointers);
}

/* One row of the result, in double. */
static void attendRow(const AttendData *data, int head, int row,
                      double (*out)[kHeadDim]) {
  int list = head * kBlocks + row / kBlock;
  const uint16_t *query = data->query + (head * kRows + row) * kHeadDim;
  double sum = 0;
  memset(*out, 0, sizeof *out);
  for (int i = 0; i < data->count[list] * kBlock; ++i) {
    int block = data->index[list * kCapacity + i / kBlock];
    int at = (head * kRows + block * kBlock + i % kBlock) * kHeadDim;
    double score = 0;
    for (int d = 0; d < kHeadDim; ++d)
      score += widen(query[d]) * widen(data->key[at + d]);
    double weight = exp(score / sqrt(kHeadDim));
    sum += weight;
    for (int d = 0; d < kHeadDim; ++d)
      (*out)[d] += weight * widen(data->value[at + d]);
  }
  for (int d = 0; d < kHeadDim; ++d)
    (*out)[d] /= sum;
}

double errorOfAttend(const AttendData *data) {
  double worst = 0;
  for (int head = 0; head < kHeads; ++head)
    for (int row = 0; row < kRows; ++row) {
      double wanted[kHeadDim], error = 0, largest = 0;
      attendRow(data, head, row, &wanted);
      const uint16_t *out = data->out + (head * kRows + row) * kHeadDim;
      for (int d = 0; d < kHeadDim; ++d) {
        double difference = fabs(widen(out[d]) - wanted[d]);
        if (!(difference <= error)) /* also what is not a number */
          error = difference;
        largest = fmax(largest, fabs(wanted[d]));
      }
      if (!(error / largest <= worst))
        worst = error / largest;
    }
  return worst;
}
