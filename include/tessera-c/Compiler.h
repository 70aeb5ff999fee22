/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The C interface of libtessera_compiler: a module in, a bundle out. Programs
 * call tessera_library_compile() (Program.h), which opens the library when it is
 * wanted, so that nobody links it. Of LLVM, which is inside, nothing is seen.
 * C11. Thread-safe.
 */
#ifndef TESSERA_C_COMPILER_H
#define TESSERA_C_COMPILER_H

#include "tessera-c/Runtime.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is to be compiled. Since 0.1. */
typedef struct tessera_compiler_job {
  size_t struct_size;
  const char *source; /* MLIR, as text or bytecode */
  size_t source_bytes;
  const char *target; /* "host" or the name of a chip: "sm_90a" */
  const char *cpu;    /* of the host: "x86-64-v3", "x86-64-v4"; NULL: both */
  const char *plan;   /* of kernels on a GPU; NULL: as the compiler chooses */
} tessera_compiler_job;

/* Filled in by tessera_compiler_run(). Since 0.1. */
typedef struct tessera_compiler_result {
  size_t struct_size; /* set by the caller */
  void *bundle;       /* at a multiple of 16; NULL: an error */
  size_t bundle_bytes;
  /* What was wrong, in one line; or how code was made. */
  char *message;
  /* Files and folders whose state had a say, such as those that may be an
   * assembler: paths that end with 0, one behind the other, the last empty. */
  char *files;
} tessera_compiler_result;

/* Compiles, and returns a code of tessera_error_code(). What the result holds
 * is freed by tessera_compiler_release(). Since 0.1. */
TESSERA_API int32_t tessera_compiler_run(const tessera_compiler_job *job,
                                         tessera_compiler_result *result);

/* Since 0.1. */
TESSERA_API void tessera_compiler_release(tessera_compiler_result *result);

/* "Tessera 0.1.0, LLVM 22.1.8". Since 0.1. */
TESSERA_API const char *tessera_compiler_version(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TESSERA_C_COMPILER_H */
