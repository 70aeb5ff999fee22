/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Running what has been compiled: libraries of programs, finding one, preparing
 * calls and running them, on the host and on GPUs alike. C11; part of
 * libtessera_rt. All of it is thread-safe, but that one tessera_launches is
 * used by one thread at a time.
 *
 *   library  what a compiler wrote: a bundle, the table of an object, or what
 *            is compiled on the spot
 *   context  a device: the host, or a context of a GPU (Gpu.h)
 *   program  one compiled function of the library, for one context
 *   launches one call of it, checked and prepared, to be run again and again
 *
 * A bundle and an object are code: load only what you trust.
 */
#ifndef TESSERA_C_PROGRAM_H
#define TESSERA_C_PROGRAM_H

#include "tessera-c/Runtime.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tessera_context tessera_context;
typedef struct tessera_library tessera_library;
typedef struct tessera_program tessera_program;
typedef struct tessera_launches tessera_launches;

/*===----------------------------------------------------------------------===
 * Contexts
 *===----------------------------------------------------------------------===*/

/* The processor that this runs on. Since 0.1. */
TESSERA_API tessera_error *tessera_context_host(tessera_context **context);

/* "host", or the GPU's name: "NVIDIA H200". Valid as long as the context.
 * Since 0.1. */
TESSERA_API const char *tessera_context_name(const tessera_context *context);

/* Programs that were found for it keep it. NULL is fine. Since 0.1. */
TESSERA_API void tessera_context_destroy(tessera_context *context);

/*===----------------------------------------------------------------------===
 * Libraries
 *===----------------------------------------------------------------------===*/

/* A bundle in a file. It is mapped, so do not change the file; replace it.
 * Every record is verified, once; code is looked at when it is loaded. Since
 * 0.1. */
TESSERA_API tessera_error *tessera_library_open(const char *path,
                                                tessera_library **library);

/* A bundle at `bytes`, a multiple of 8, which must outlive the library. Since
 * 0.1. */
TESSERA_API tessera_error *
tessera_library_open_bytes(const void *bytes, size_t size,
                           tessera_library **library);

/* Calls a function of the host: args[i] belongs to its parameter i. Since 0.1.
 */
typedef tessera_error *tessera_object_call(void *const *args);

/* One program of an object. Since 0.1. */
typedef struct tessera_object_program {
  const void *record; /* at a multiple of 8 */
  size_t record_bytes;
  /* Of each image of the record, in order; NULL where it is not here. */
  const void *const *images;
  const size_t *image_bytes;
  tessera_object_call *call;   /* on the host; else NULL */
  tessera_rt_compute *compute; /* or NULL */
} tessera_object_program;

/* The programs of one function of an object, one a target; addresses are
 * relocated by a linker. Since 0.1. */
typedef struct tessera_object_table {
  size_t struct_size;  /* of this */
  size_t program_size; /* of one element of `programs` */
  size_t program_count;
  const tessera_object_program *programs;
} tessera_object_table;

/* The programs of an object that is linked to this process. `table` must
 * outlive the library. Since 0.1. */
TESSERA_API tessera_error *
tessera_library_open_table(const tessera_object_table *table,
                           tessera_library **library);

/* How to compile. Since 0.1. */
typedef struct tessera_compile_options {
  size_t struct_size;
  const char *plan; /* of kernels on a GPU; NULL: as the compiler chooses */
} tessera_compile_options;

/* The public functions of `source`, a module in MLIR's text, compiled for the
 * context's GPU, or for this processor. Without the compiler,
 * libtessera_compiler.so (which TESSERA_COMPILER names, or which lies beside
 * libtessera_rt or where the dynamic linker looks), an error,
 * TESSERA_NOT_FOUND. What was compiled before, by whichever process, comes from
 * a folder of this user: TESSERA_CACHE_DIR, else XDG_CACHE_HOME/tessera, else
 * ~/.cache/tessera; TESSERA_CACHE_BYTES is its bound, and TESSERA_CACHE=0 does
 * without. `options` may be NULL. Since 0.1. */
TESSERA_API tessera_error *
tessera_library_compile(tessera_context *context, const char *source,
                        const tessera_compile_options *options,
                        tessera_library **library);

/* Ends all programs of the library and unloads their code; wait for what runs,
 * and destroy graphs that hold it, before. Launches that are still there keep
 * the library until they are destroyed. NULL is fine. Since 0.1. */
TESSERA_API void tessera_library_close(tessera_library *library);

/*===----------------------------------------------------------------------===
 * Programs
 *===----------------------------------------------------------------------===*/

/* A word or a number by name. Since 0.1. */
typedef struct tessera_fact {
  const char *name;
  const char *text; /* NULL: a number */
  int64_t number;
} tessera_fact;

/* What a program must be: all that is said here holds of it. Since 0.1. */
typedef struct tessera_query {
  size_t struct_size;
  const char *function;      /* or NULL: any */
  const tessera_fact *facts; /* of its key */
  size_t fact_count;
} tessera_query;

/* The first program of the library, in its order, that the query describes and
 * the context can run; the same one each time. It belongs to the library. The
 * error, TESSERA_NOT_FOUND, says of every program why it is not it. Since 0.1.
 */
TESSERA_API tessera_error *tessera_library_find(tessera_library *library,
                                                tessera_context *context,
                                                const tessera_query *query,
                                                tessera_program **program);

/* Loads, and if need be compiles, all code of the program, so that no call has
 * to. Not while a stream is captured. Since 0.1. */
TESSERA_API tessera_error *tessera_program_warm(tessera_program *program);

/* Since 0.1. */
typedef enum tessera_format {
  TESSERA_WORDS = 0, /* lines */
  TESSERA_JSON = 1   /* one object */
} tessera_format;

/* What was chosen and why: key, plan, registers, code that was or would be
 * loaded, kernels that were refused and the reason, programs for other chips.
 * With `launches`, which may be NULL, also what that call comes to: its
 * numbers, grids and workspace. Free `text` with tessera_text_destroy(). Since
 * 0.1. */
TESSERA_API tessera_error *
tessera_program_explain(tessera_program *program,
                        const tessera_launches *launches, tessera_format format,
                        char **text);

/* NULL is fine. Since 0.1. */
TESSERA_API void tessera_text_destroy(char *text);

/*===----------------------------------------------------------------------===
 * Calls
 *===----------------------------------------------------------------------===*/

/* Bits of tessera_call.flags. Since 0.1. */
enum {
  /* Ask the driver of each tensor whether its memory is the context's GPU's;
   * without it pointers are believed. Costs a question a tensor. */
  TESSERA_CHECK_POINTERS = 1
};

/* Since 0.1. */
typedef struct tessera_call {
  size_t struct_size;
  /* A tessera_tensor, an int32_t or a float for each argument, in order; read
   * by tessera_program_prepare() alone. */
  void *const *args;
  size_t arg_count;
  uint32_t flags;
  /* The one that it will run on (CUstream; NULL: the default one). Loading code
   * for the first time while it is captured is refused. */
  void *stream;
} tessera_call;

/* Checks the call and prepares it; tensors of a GPU are not read, so what lists
 * and sizes hold is not looked at there. Loads what the call needs, unless it
 * is loaded already. Since 0.1. */
TESSERA_API tessera_error *tessera_program_prepare(tessera_program *program,
                                                   const tessera_call *call,
                                                   tessera_launches **launches);

/* Bytes of workspace without which it does not run, and with which it runs
 * best; least <= best. Since 0.1. */
TESSERA_API void tessera_launches_workspace(const tessera_launches *launches,
                                            int64_t *least, int64_t *best);

/* Where a workspace of a GPU begins: a multiple of this. Since 0.1. */
enum { TESSERA_WORKSPACE_ALIGNMENT = 256 };

/* Enqueues the steps, in their order, on `stream`, a CUstream; on the host it
 * runs them, and ignores stream and workspace. On a GPU it neither checks
 * tensors nor allocates nor waits, so it may be captured in a graph; tensors
 * and workspace must live as long as the work or the graph does. Steps that
 * could overlap do not, so far. Since 0.1. */
TESSERA_API tessera_error *tessera_launches_run(tessera_launches *launches,
                                                void *stream, void *workspace,
                                                size_t workspace_bytes);

/* What has been enqueued goes on. NULL is fine. Since 0.1. */
TESSERA_API void tessera_launches_destroy(tessera_launches *launches);

/*===----------------------------------------------------------------------===
 * Called by compiled code
 *
 * Nothing below is meant to be called by hand: the entries of an object are,
 * which its header declares.
 *===----------------------------------------------------------------------===*/

/* A function of an object, wherever it runs: what its entries pass on. Since
 * 0.1. */
typedef struct tessera_object_function {
  const tessera_object_table *table;
  void *state; /* the runtime's; NULL at first */
} tessera_object_function;

/* Checks the arguments and runs the program for `context`; NULL is the host.
 * args[i] points to argument i. On a GPU it does what tessera_launches_run()
 * does, once the call has been prepared; calls like one of the last few are
 * prepared already. What it loads stays until the process ends. Since 0.1. */
TESSERA_API tessera_error *tessera_rt_run(tessera_object_function *function,
                                          tessera_context *context,
                                          void *stream, void *workspace,
                                          size_t workspace_bytes,
                                          void *const *args);

/* As tessera_launches_workspace(), for that call: prepares it. 0 on the host,
 * where the call itself is what is checked. Since 0.1. */
TESSERA_API tessera_error *
tessera_rt_workspace(tessera_object_function *function,
                     tessera_context *context, void *const *args,
                     int64_t *least, int64_t *best);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TESSERA_C_PROGRAM_H */
