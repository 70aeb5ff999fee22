/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The few calls of the driver that a program makes itself, found at run time;
 * what fails ends the program.
 */
#ifndef TESSERA_TEST_UNIT_OBJECT_CUDA_H
#define TESSERA_TEST_UNIT_OBJECT_CUDA_H

#include <stddef.h>

typedef struct Cuda {
  void *(*allocate)(size_t bytes);
  void (*copyToGpu)(void *to, const void *from, size_t bytes);
  void (*copyToHost)(void *to, const void *from, size_t bytes);
  void *(*createStream)(void);
  void (*synchronize)(void *stream);
  void (*beginCapture)(void *stream);
  void *(*endCapture)(void *stream); /* a graph that can be launched */
  void (*launchGraph)(void *graph, void *stream);
} Cuda;

/* Makes the primary context of the first GPU current; 0 without a driver. */
int openCuda(Cuda *cuda);

#endif /* TESSERA_TEST_UNIT_OBJECT_CUDA_H */
