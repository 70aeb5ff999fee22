/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The C interface of libtessera_rt: tensors, errors, threads, and the functions
 * that code compiled by Tessera calls. It needs C11 and the C library, nothing
 * else. All of it is thread-safe unless a line says otherwise.
 */
#ifndef TESSERA_C_RUNTIME_H
#define TESSERA_C_RUNTIME_H

#include <stdint.h>

#if defined(__GNUC__)
#define TESSERA_API __attribute__((visibility("default")))
#else
#define TESSERA_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*===----------------------------------------------------------------------===
 * Tensors
 *===----------------------------------------------------------------------===*/

/* Element types. The values are part of the binary interface. Since 0.1. */
typedef enum tessera_dtype {
  TESSERA_F32 = 0,  /* IEEE binary32 */
  TESSERA_BF16 = 1, /* the upper half of a binary32 */
  TESSERA_F16 = 2,  /* IEEE binary16 */
  TESSERA_I32 = 3   /* two's complement, 32 bits */
} tessera_dtype;

#define TESSERA_MAX_RANK 6

/* A view of memory that the caller owns. Element (i0, i1, ..) is at data + i0 *
 * strides[0] + i1 * strides[1] + .., counted in elements. What a compiled
 * function accepts: `data` aligned to one element and not NULL unless the
 * tensor is empty; the last stride 1; the others positive; a stride is ignored
 * where its dimension is 0 or 1. Dimensions at and past `rank` are ignored. 112
 * bytes: data 0, dtype 8, rank 12, dims 16, strides 64. Since 0.1. */
typedef struct tessera_tensor {
  void *data;
  tessera_dtype dtype;
  int32_t rank;
  int64_t dims[TESSERA_MAX_RANK];
  int64_t strides[TESSERA_MAX_RANK]; /* in elements, not bytes */
} tessera_tensor;

/*===----------------------------------------------------------------------===
 * Errors
 *===----------------------------------------------------------------------===*/

/* NULL is success. Anything else belongs to the caller, who frees it with
 * tessera_error_destroy(). Since 0.1. */
typedef struct tessera_error tessera_error;

/* What tessera_error_code() returns. Since 0.1. */
enum {
  TESSERA_OK = 0,
  TESSERA_INVALID_ARGUMENT = 1, /* the message says how to repair the call */
  TESSERA_UNSUPPORTED_CPU = 2,  /* compiled for instructions not found here */
  TESSERA_OUT_OF_MEMORY = 3,    /* memory or threads could not be had */
  TESSERA_INTERNAL = 4,         /* a defect of Tessera */
  TESSERA_NO_GPU = 5,           /* no driver, or no GPU that it can use */
  TESSERA_GPU_FAILED = 6,       /* the driver refused; the message quotes it */
  TESSERA_DAMAGED = 7,          /* a record or bundle that is damaged, or of
                                   another version */
  TESSERA_NOT_FOUND = 8 /* nothing fits; the message says what is there */
};

/* One line without a newline, in UTF-8: what was found, what is accepted, what
 * to do. Valid until the error is destroyed; "" for NULL. Since 0.1. */
TESSERA_API const char *tessera_error_message(const tessera_error *error);

/* One of the codes above; TESSERA_OK for NULL. Since 0.1. */
TESSERA_API int32_t tessera_error_code(const tessera_error *error);

/* Frees `error`; NULL is fine. Since 0.1. */
TESSERA_API void tessera_error_destroy(tessera_error *error);

/*===----------------------------------------------------------------------===
 * The machine
 *===----------------------------------------------------------------------===*/

/* The version of the library, "0.1.0". Since 0.1. */
TESSERA_API const char *tessera_version(void);

/* Use `count` threads, the calling one among them, for every later call; 0
 * means one for each core this process may run on (the default), 1024 is the
 * most. Loops that already run are finished first. Refused inside a parallel
 * loop. Since 0.1. */
TESSERA_API tessera_error *tessera_set_num_threads(int32_t count);

/* How many threads a parallel loop uses, the calling one among them: >= 1.
 * Since 0.1. */
TESSERA_API int32_t tessera_num_threads(void);

/* The x86-64 microarchitecture level compiled code may use: 3 with AVX2, FMA,
 * F16C and BMI; 4 with AVX-512 F, BW, CD, DQ and VL too; 0 below 3. The
 * operating system must save the registers as well. Since 0.1. */
TESSERA_API int32_t tessera_cpu_level(void);

/* Make tessera_cpu_level() answer at most `level` from now on, so that tests
 * reach every variant; INT32_MAX lifts the limit. Since 0.1. */
TESSERA_API void tessera_limit_cpu_level(int32_t level);

/*===----------------------------------------------------------------------===
 * Called by compiled code
 *
 * Nothing below is meant to be called by hand.
 *===----------------------------------------------------------------------===*/

/* Calls body(context, i, thread) once for each 0 <= i < count, spread over the
 * threads, the calling one among them, but no more than `most_threads`; returns
 * when all have returned. Bodies that run at the same time get different
 * numbers 0 <= thread < most_threads. Inside a body it runs its indices in
 * order on the calling thread, as thread 0. Any number of threads may call it
 * at once. Since 0.1. */
TESSERA_API void tessera_rt_parallel_for(
    int64_t count, int32_t most_threads,
    void (*body)(void *context, int64_t index, int32_t thread), void *context);

/* A new error holding a copy of `message` (NULL reads as ""). Never NULL. Since
 * 0.1. */
TESSERA_API tessera_error *tessera_rt_error(int32_t code, const char *message);

/* Computes the scalars that a function computes from its arguments before
 * anything else: results points to an int32_t or a float for each, one behind
 * the other. `tensors` is as a check leaves it. Since 0.1. */
typedef void tessera_rt_compute(void *const *args,
                                const tessera_tensor *tensors, void *results);

/* NULL if `args` fits `record`, the record of the function that calls this:
 * level of the processor, element types, ranks, dimensions and symbols,
 * strides, alignment, memory of the outputs apart from every other argument's
 * (compared as whole byte ranges from the first to the last element, gaps
 * included), scalars, constraints. args[i] belongs to parameter i. `tensors`
 * has room for one a parameter and gets the tensors with all their dimensions,
 * and stride 0 along those of at most one element. `compute` may be NULL where
 * the record has nothing to compute. Does not allocate on success (up to 32
 * symbols, 160 expressions and 65,536 key/value blocks). Since 0.1. */
TESSERA_API tessera_error *tessera_rt_check_call(const void *record,
                                                 void *const *args,
                                                 tessera_rt_compute *compute,
                                                 tessera_tensor *tensors);

/* The error of a call that needs `bytes` of memory and could not have them;
 * NULL if `bytes` is 0. Since 0.1. */
TESSERA_API tessera_error *tessera_rt_memory_error(const void *record,
                                                   int64_t bytes);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TESSERA_C_RUNTIME_H */
