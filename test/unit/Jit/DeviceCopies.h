/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESSERA_TEST_UNIT_JIT_DEVICECOPIES_H
#define TESSERA_TEST_UNIT_JIT_DEVICECOPIES_H

#include "Attend.h"

#include "tessera-c/Gpu.h"

/* Copies the arguments to the GPU, runs the program there, and copies the result
 * back. */
tessera_error *runOnDevice(tessera_program *program, AttendArgs *args);

#endif /* TESSERA_TEST_UNIT_JIT_DEVICECOPIES_H */
