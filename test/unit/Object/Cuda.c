/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "Cuda.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *driver;

/* Addresses of a GPU, CUdeviceptr, are passed as pointers, which are as large. */
#define CALL(name, types, ...)                                                 \
  do {                                                                         \
    int(*function) types;                                                      \
    *(void **)&function = dlsym(driver, name);                                 \
    int result = function ? function(__VA_ARGS__) : -1;                        \
    if (result != 0) {                                                         \
      fprintf(stderr, "%s gives %d\n", name, result);                          \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

static void *allocate(size_t bytes) {
  void *address = NULL;
  CALL("cuMemAlloc_v2", (void **, size_t), &address, bytes);
  return address;
}

static void copyToGpu(void *to, const void *from, size_t bytes) {
  CALL("cuMemcpyHtoD_v2", (void *, const void *, size_t), to, from, bytes);
}

static void copyToHost(void *to, const void *from, size_t bytes) {
  CALL("cuMemcpyDtoH_v2", (void *, const void *, size_t), to, from, bytes);
}

static void *createStream(void) {
  void *stream = NULL;
  CALL("cuStreamCreate", (void **, unsigned), &stream, 1u);
  return stream;
}

static void synchronize(void *stream) {
  CALL("cuStreamSynchronize", (void *), stream);
}

static void beginCapture(void *stream) {
  CALL("cuStreamBeginCapture_v2", (void *, int), stream, 0);
}

static void *endCapture(void *stream) {
  void *graph = NULL, *launchable = NULL;
  CALL("cuStreamEndCapture", (void *, void **), stream, &graph);
  CALL("cuGraphInstantiateWithFlags", (void **, void *, unsigned long long),
       &launchable, graph, 0ull);
  return launchable;
}

static void launchGraph(void *graph, void *stream) {
  CALL("cuGraphLaunch", (void *, void *), graph, stream);
}

int openCuda(Cuda *cuda) {
  driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (!driver) {
    fprintf(stderr, "%s\n", dlerror());
    return 0;
  }
  void *context = NULL;
  CALL("cuInit", (unsigned), 0u);
  CALL("cuDevicePrimaryCtxRetain", (void **, int), &context, 0);
  CALL("cuCtxSetCurrent", (void *), context);
  *cuda = (Cuda){allocate,    copyToGpu,    copyToHost, createStream,
                 synchronize, beginCapture, endCapture, launchGraph};
  return 1;
}
