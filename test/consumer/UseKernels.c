// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A C program that calls attention compiled while it was built: one kernel from
// flags, one from a module. Where all rows of value are equal, so is the
// result: the fine and the coarse mean, added.
#include "fine.h"
#include "whole.h"

#include <stdio.h>

enum { kHeads = 2, kTokens = 70, kFeatures = 32 };
static float input[kHeads][kTokens][kFeatures];
static float output[kHeads][kTokens][kFeatures];

static tessera_tensor view(void *data) {
  tessera_tensor tensor = {
      data,
      TESSERA_F32,
      4,
      {1, kHeads, kTokens, kFeatures},
      {kHeads * kTokens * kFeatures, kTokens * kFeatures, kFeatures, 1}};
  return tensor;
}

/// 0 if the call succeeded and gave `factor` times the input.
static int check(const char *kernel, tessera_error *error, float factor) {
  if (error) {
    fprintf(stderr, "%s: %s\n", kernel, tessera_error_message(error));
    tessera_error_destroy(error);
    return 1;
  }
  for (int i = 0; i < kHeads * kTokens * kFeatures; ++i) {
    float wanted = factor * (&input[0][0][0])[i];
    float difference = (&output[0][0][0])[i] - wanted;
    if (!(difference < 1e-4f && difference > -1e-4f)) {
      fprintf(stderr, "%s: element %d differs by %g\n", kernel, i, difference);
      return 1;
    }
  }
  return 0;
}

int main(void) {
  for (int i = 0; i < kHeads * kTokens * kFeatures; ++i)
    (&input[0][0][0])[i] = 0.25f * (float)(i % kFeatures);
  tessera_tensor x = view(input), y = view(output);
  if (check("fine", fine(NULL, NULL, NULL, 0, &x, &x, &x, 2, &y), 1) ||
      check("whole", whole(NULL, NULL, NULL, 0, &x, &x, &x, 2, &y), 2))
    return 1;
  tessera_error *error = whole(NULL, NULL, NULL, 0, &x, &x, &x, 5, &y);
  if (tessera_error_code(error) != TESSERA_INVALID_ARGUMENT) {
    fprintf(stderr, "k above the capacity was accepted\n");
    return 1;
  }
  tessera_error_destroy(error);
  puts("two kernels ran");
  return 0;
}
