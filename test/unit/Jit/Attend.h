/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A call of bsa.attend, and what it must give.
 */
#ifndef TESSERA_TEST_UNIT_JIT_ATTEND_H
#define TESSERA_TEST_UNIT_JIT_ATTEND_H

#include "tessera-c/Program.h"

enum {
  kHeads = 2,
  kBlock = 64,
  kBlocks = 4,
  kRows = kBlock * kBlocks,
  kHeadDim = 64,
  kCapacity = 4,
  kElements = kHeads * kRows * kHeadDim
};

/* The module. */
extern const char attendSource[];

/* Memory of a call, on the host. */
typedef struct AttendData {
  uint16_t query[kElements], key[kElements], value[kElements], out[kElements];
  int32_t index[kHeads * kBlocks * kCapacity], count[kHeads * kBlocks];
} AttendData;

void fillAttend(AttendData *data);

/* The arguments: tensors over `data`, which must outlive them. */
typedef struct AttendArgs {
  tessera_tensor query, key, value, index, count, out;
  void *pointers[6];
} AttendArgs;

void packAttend(AttendData *data, AttendArgs *args);

/* The largest error of a row over the largest value of the row, against
 * arithmetic in double. */
double errorOfAttend(const AttendData *data);

#endif /* TESSERA_TEST_UNIT_JIT_ATTEND_H */
