/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Contexts of GPUs. C11, without a header of CUDA: contexts and streams of the
 * driver are void *. The driver, libcuda.so.1, is opened when it is first
 * wanted; without one these functions give an error, TESSERA_NO_GPU.
 */
#ifndef TESSERA_C_GPU_H
#define TESSERA_C_GPU_H

#include "tessera-c/Program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The primary context of GPU `ordinal`, which PyTorch and the CUDA runtime use
 * too. Since 0.1. */
TESSERA_API tessera_error *tessera_context_gpu(int32_t ordinal,
                                               tessera_context **context);

/* The CUDA context that is current in this thread: also a green context, or one
 * limited by MPS, whose share of the multiprocessors grids are then made for.
 * It must outlive the tessera_context. Since 0.1. */
TESSERA_API tessera_error *tessera_context_current(tessera_context **context);

/* Multiprocessors (SMs) that the context may use; 0 on the host. Since 0.1. */
TESSERA_API int32_t
tessera_context_multiprocessors(const tessera_context *context);

/* What kernels that check their input have found since the last question: waits
 * for `stream`, and is an error if they did. Since 0.1. */
TESSERA_API tessera_error *tessera_context_status(tessera_context *context,
                                                  void *stream);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TESSERA_C_GPU_H */
