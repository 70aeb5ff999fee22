/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The driver, as a program without CUDA's headers calls it. Memory is left to
 * the end of the process.
 */
#include "DeviceCopies.h"

#include <dlfcn.h>
#include <stddef.h>

typedef unsigned long long Address;
static int (*alloc)(Address *, size_t);
static int (*toDevice)(Address, const void *, size_t);
static int (*toHost)(void *, Address, size_t);
static int (*synchronize)(void);
static int (*retain)(void **, int);
static int (*setCurrent)(void *);

static tessera_error *failed(const char *what) {
  return tessera_rt_error(TESSERA_GPU_FAILED, what);
}

static tessera_error *openDriver(void) {
  void *driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (!driver)
    return failed(dlerror());
  *(void **)&alloc = dlsym(driver, "cuMemAlloc_v2");
  *(void **)&toDevice = dlsym(driver, "cuMemcpyHtoD_v2");
  *(void **)&toHost = dlsym(driver, "cuMemcpyDtoH_v2");
  *(void **)&synchronize = dlsym(driver, "cuCtxSynchronize");
  *(void **)&retain = dlsym(driver, "cuDevicePrimaryCtxRetain");
  *(void **)&setCurrent = dlsym(driver, "cuCtxSetCurrent");
  void *primary = NULL;
  if (!alloc || !toDevice || !toHost || !synchronize || !retain || !setCurrent)
    return failed("the driver lacks functions");
  if (retain(&primary, 0) || setCurrent(primary))
    return failed("GPU 0 has no context");
  return NULL;
}

static size_t bytesOf(const tessera_tensor *tensor) {
  size_t bytes = tensor->dtype == TESSERA_I32 ? 4 : 2;
  for (int d = 0; d < tensor->rank; ++d)
    bytes *= (size_t)tensor->dims[d];
  return bytes;
}

static tessera_error *enqueue(tessera_program *program, AttendArgs *args) {
  tessera_call call = {sizeof(call), args->pointers, 6, TESSERA_CHECK_POINTERS,
                       NULL};
  tessera_launches *launches = NULL;
  tessera_error *error = tessera_program_prepare(program, &call, &launches);
  if (error)
    return error;
  int64_t least = 0, best = 0;
  Address workspace = 0;
  tessera_launches_workspace(launches, &least, &best);
  if (best && alloc(&workspace, (size_t)best))
    return failed("no memory for the workspace");
  error = tessera_launches_run(launches, NULL, (void *)workspace, (size_t)best);
  if (!error && synchronize())
    error = failed("the program did not run to its end");
  tessera_launches_destroy(launches);
  return error;
}

tessera_error *runOnDevice(tessera_program *program, AttendArgs *args) {
  tessera_error *error = openDriver();
  if (error)
    return error;
  void *out = args->out.data;
  for (int i = 0; i < 6; ++i) {
    tessera_tensor *tensor = args->pointers[i];
    Address there = 0;
    if (alloc(&there, bytesOf(tensor)) ||
        toDevice(there, tensor->data, bytesOf(tensor)))
      return failed("no memory for a tensor");
    tensor->data = (void *)there;
  }
  error = enqueue(program, args);
  if (!error && toHost(out, (Address)args->out.data, bytesOf(&args->out)))
    error = failed("the result did not come back");
  return error;
}
