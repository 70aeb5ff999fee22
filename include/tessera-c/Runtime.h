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
  TESSERA_GPU_FAILED = 6        /* the driver refused; the message quotes it */
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
 * Nothing below is meant to be called by hand. The structures are built as
 * constants in LLVM IR, so their layout is fixed for x86-64: pointers, int64_t
 * and int32_t alone, no padding.
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

/* What tessera_rt_param.kind says. args[i] is a tessera_tensor * for tensors,
 * else a pointer to the scalar. */
enum {
  TESSERA_RT_INPUT = 0,      /* a tensor that is read */
  TESSERA_RT_OUTPUT = 1,     /* a tensor that is written */
  TESSERA_RT_SCALAR_I32 = 2, /* int32_t, minimum <= value <= maximum */
  TESSERA_RT_SCALAR_F32 = 3  /* float, finite and > 0 */
};

/* A *reference* is a number known when compiling or found when called:
 *   >= 0   the number itself
 *    < 0   symbol -(reference + 1): -1 is symbol 0, -2 is symbol 1
 * A symbol takes its value from the first argument that mentions it; later ones
 * must agree. One that no argument mentions takes it from the first CEIL_DIV,
 * PRODUCT, VOLUME or CUBES constraint whose x0 it is. */
typedef int64_t tessera_rt_ref;

/* One argument of a compiled function. 96 bytes: name 0, hint 8, dims 16,
 * minimum 64, maximum 72, kind 80, dtype 84, rank 88, broadcast 92. Since 0.1.
 */
typedef struct tessera_rt_param {
  const char *name;
  /* What to do if this argument is refused, "pass the sizes that partition
   * returned"; it replaces the advice errors end with. NULL for that. */
  const char *hint;
  /* Tensors: every dimension. i32 scalars: dims[0] is 0, or a symbol that takes
   * the scalar's value. */
  tessera_rt_ref dims[TESSERA_MAX_RANK];
  int64_t minimum, maximum; /* i32 scalars, both inclusive */
  int32_t kind;
  int32_t dtype;     /* tensors */
  int32_t rank;      /* tensors */
  int32_t broadcast; /* tensors: bit d set, dimension d may also be 1 */
} tessera_rt_param;

/* What tessera_rt_constraint.kind says. x0, x1, .. are the operands; "ref" is a
 * reference as above, "param" the index of a parameter. Constraints are checked
 * in order, after all arguments. */
enum {
  /* ref x0 == ceil(ref x1 / value) */
  TESSERA_RT_CEIL_DIV = 0,
  /* ref x0 == ref x1 * value */
  TESSERA_RT_PRODUCT = 1,
  /* ref x0 is a multiple of ref x1 */
  TESSERA_RT_MULTIPLE = 2,
  /* param x0 holds the valid rows of each block, int32 [N] or [B, N], for ref
   * x1 rows in blocks of `value`: each is 0 .. value, and no more than the rows
   * that exist of that block. x1 may be INT64_MAX and value INT32_MAX where
   * they are not known */
  TESSERA_RT_SIZES = 3,
  /* param x0 is an index int32 [B, H, Nq, capacity]. x1 is -1 (every entry is
   * used), or a param: a tensor int32 [B, H, Nq], or an i32 scalar for all
   * rows. Counts are 0 .. capacity; the first `count` ids of a row are 0 .. ref
   * x2 - 1 and distinct; ascending where flags has TESSERA_RT_ASCENDING */
  TESSERA_RT_LISTS = 4,
  /* ref x0 == ref x1 (text) + ref x2 * ref x3 * ref x4 (T, H, W) */
  TESSERA_RT_VOLUME = 5,
  /* ref x0 == ceil(ref x1 (text) / value)
   *           + ceil(ref x2 / x5) * ceil(ref x3 / x6) * ceil(ref x4 / x7);
   * x5..x7 is the cube */
  TESSERA_RT_CUBES = 6,
  /* dimension x1 of param x0, a tensor, is 1 or ref x2 */
  TESSERA_RT_BROADCAST = 7
};

/* Bits of tessera_rt_constraint.flags. */
enum { TESSERA_RT_ASCENDING = 1 };

#define TESSERA_RT_MAX_OPERANDS 8

/* 80 bytes: kind 0, flags 4, value 8, operands 16. Unused fields are 0. Since
 * 0.1. */
typedef struct tessera_rt_constraint {
  int32_t kind;
  int32_t flags;
  int64_t value;
  int64_t operands[TESSERA_RT_MAX_OPERANDS];
} tessera_rt_constraint;

/* Everything a compiled function checks when it is called.
 * 48 bytes: function 0, params 8, constraints 16, symbols 24, num_params 32,
 * num_constraints 36, num_symbols 40, min_cpu_level 44. Since 0.1. */
typedef struct tessera_rt_signature {
  const char *function;
  const tessera_rt_param *params;
  const tessera_rt_constraint *constraints;
  /* For errors: a name, and after the first space what it counts: "Skv rows",
   * "H query heads". */
  const char *const *symbols;
  int32_t num_params;
  int32_t num_constraints;
  int32_t num_symbols;
  int32_t min_cpu_level; /* compared with tessera_cpu_level() */
} tessera_rt_signature;

/* NULL if `args` fits `signature`: cpu level, element types, ranks, dimensions
 * and symbols, strides, alignment, memory of the outputs apart from every other
 * argument's (compared as whole byte ranges from the first to the last element,
 * gaps included), scalars, constraints. args[i] belongs to params[i]. Does not
 * allocate on success (up to 32 symbols and 65,536 key/value blocks). Since
 * 0.1. */
TESSERA_API tessera_error *
tessera_rt_check_call(const tessera_rt_signature *signature, void *const *args);

/* The error of a call that needs `bytes` of memory and could not have them;
 * NULL if `bytes` is 0. Since 0.1. */
TESSERA_API tessera_error *
tessera_rt_memory_error(const tessera_rt_signature *signature, int64_t bytes);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TESSERA_C_RUNTIME_H */
