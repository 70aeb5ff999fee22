// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the CUDA driver's interface that is used here, declared anew so
// that building needs no CUDA toolkit. Handles have the tags of cuda.h, so a
// file that includes that header too passes them without casts.
#ifndef TESSERA_DRIVER_FUNCTIONS_H
#define TESSERA_DRIVER_FUNCTIONS_H

#include <cstddef>
#include <cstdint>

struct CUctx_st;
struct CUmod_st;
struct CUfunc_st;
struct CUstream_st;
struct CUevent_st;

namespace tessera::driver {

struct TensorMap;

using ContextHandle = CUctx_st *;   // CUcontext
using ModuleHandle = CUmod_st *;    // CUmodule
using FunctionHandle = CUfunc_st *; // CUfunction
using StreamHandle = CUstream_st *; // CUstream; null: the legacy default stream
using EventHandle = CUevent_st *;   // CUevent
using DeviceHandle = int;           // CUdevice
using DevicePointer = uint64_t;     // CUdeviceptr: an address on the device

/// CUresult. Values without a name here are passed on with the driver's text.
enum class Result : int {
  Success = 0,
  InvalidValue = 1,     // an argument is out of its range
  OutOfMemory = 2,      // of the device's memory, or the host's
  StubLibrary = 34,     // the toolkit's libcuda.so, which is for linking alone
  NoDevice = 100,       // the driver sees no GPU
  InvalidDevice = 101,  // an ordinal past the last GPU
  NoBinaryForGpu = 209, // the module holds no code for this GPU
  InvalidPtx = 218,     // the driver's assembler refused the text
  UnsupportedPtxVersion = 222, // PTX newer than the driver
  NotFound = 500,              // no such kernel in the module
  IllegalAddress = 700,        // a kernel touched memory that is not its own
  LaunchOutOfResources = 701,  // registers, threads or shared memory
  IllegalInstruction = 715,    // also a bad descriptor or tensor map
  MisalignedAddress = 716,     // of a load or store
  LaunchFailed = 719,          // a kernel died of another exception
  SystemDriverMismatch = 803,  // libcuda.so.1 and the kernel module differ
  CaptureUnsupported = 900,    // not while a stream is being captured
  CaptureInvalidated = 901,    // by such a call before
  CaptureImplicit = 906,       // the default stream, while another is captured
};

/// CUdevice_attribute.
enum class DeviceAttribute : int {
  ClockRate = 13,                    // kHz, at most
  MultiprocessorCount = 16,          // multiprocessors (SMs)
  L2CacheSize = 38,                  // bytes
  ComputeCapabilityMajor = 75,       // 9 of sm_90
  ComputeCapabilityMinor = 76,       // 0 of sm_90
  MaxSharedMemoryPerBlockOptin = 97, // bytes, static and dynamic together
};

/// CUfunction_attribute.
enum class FunctionAttribute : int {
  MaxThreadsPerBlock = 0,        // a launch of more fails
  SharedSizeBytes = 1,           // static, a block
  LocalSizeBytes = 3,            // spills and arrays, a thread
  NumRegs = 4,                   // a thread
  MaxDynamicSharedSizeBytes = 8, // a block; may be set, and is 48 KiB at first
};

/// CUjit_option; values travel as pointers.
enum class JitOption : int {
  ErrorLogBuffer = 5,          // char *
  ErrorLogBufferSizeBytes = 6, // unsigned; the driver stores what it wrote
};

/// CUpointer_attribute.
enum class PointerAttribute : int {
  MemoryType = 2,   // CUmemorytype: 2 is a device's
  IsManaged = 8,    // moves between host and devices
  DeviceOrdinal = 9 // of the memory
};
inline constexpr unsigned kDeviceMemory = 2;

/// CUlaunchAttribute. Cooperative: all blocks of the grid run at a time, or the
/// launch fails; the value is 1. Cluster: blocks of a cluster, in x, y and z.
struct LaunchAttribute {
  unsigned id, padding;
  int value;
  unsigned more[2];
  char rest[52]; // of the union that values are
};
static_assert(sizeof(LaunchAttribute) == 72);
inline constexpr unsigned kLaunchCooperative = 2;
inline constexpr unsigned kLaunchCluster = 4;

/// CUlaunchConfig.
struct LaunchConfig {
  unsigned gridX, gridY, gridZ;    // blocks
  unsigned blockX, blockY, blockZ; // threads
  unsigned dynamicSharedBytes;     // a block
  StreamHandle stream;
  LaunchAttribute *attributes;
  unsigned attributeCount;
};

/// CUdevResource, of which we ask for multiprocessors.
struct DeviceResource {
  int type;
  char padding[92];
  unsigned multiprocessors;
  char rest[60]; // at least
};
inline constexpr int kResourceMultiprocessors = 1;

/// CUexecAffinityParam: the multiprocessors that MPS has left to a context.
struct ExecAffinity {
  int type;
  unsigned multiprocessors;
};
inline constexpr int kAffinityMultiprocessors = 0;

inline constexpr unsigned kStreamNonBlocking = 1; // apart from the default one
inline constexpr unsigned kEventDefault = 0;      // with a time stamp

/// CUtensorMapDataType.
enum class TensorMapType : int { F16 = 6, F32 = 7, BF16 = 9 };
/// CUtensorMapInterleave.
enum class TensorMapInterleave : int { None = 0 };
/// CUtensorMapSwizzle: rows of that many bytes of the box have their 16-byte
/// pieces permuted, so that columns lie in different banks of shared memory.
enum class Swizzle : int { None = 0, Bytes32 = 1, Bytes64 = 2, Bytes128 = 3 };
/// CUtensorMapL2promotion: how much the L2 cache fetches from memory at least.
enum class L2Promotion : int {
  None = 0,
  Bytes64 = 1,
  Bytes128 = 2,
  Bytes256 = 3
};
/// CUtensorMapFloatOOBfill.
enum class TensorMapFill : int { Zero = 0 };

/// What a call of the driver returned, and which call that was.
struct [[nodiscard]] Status {
  Result result;
  const char *call;
};

/// One entry of the driver: the name of its symbol and, once the driver is
/// loaded, its address. Calling it gives a Status with both.
template <typename... Args>
struct Function {
  const char *symbol;
  Result (*address)(Args...) = nullptr;

  Status operator()(Args... args) const { return {address(args...), symbol}; }
};

// X(member, symbol, arguments..). Symbols carry the version whose arguments are
// given here; the newest, cuTensorMapEncodeTiled, came with CUDA 12.0.
#define TESSERA_DRIVER_FUNCTIONS(X)                                            \
  X(init, "cuInit", unsigned)                                                  \
  X(driverGetVersion, "cuDriverGetVersion", int *)                             \
  X(getErrorName, "cuGetErrorName", Result, const char **)                     \
  X(getErrorString, "cuGetErrorString", Result, const char **)                 \
  X(deviceGetCount, "cuDeviceGetCount", int *)                                 \
  X(deviceGet, "cuDeviceGet", DeviceHandle *, int)                             \
  X(deviceGetName, "cuDeviceGetName", char *, int, DeviceHandle)               \
  X(deviceGetAttribute, "cuDeviceGetAttribute", int *, DeviceAttribute,        \
    DeviceHandle)                                                              \
  X(primaryRetain, "cuDevicePrimaryCtxRetain", ContextHandle *, DeviceHandle)  \
  X(primaryRelease, "cuDevicePrimaryCtxRelease_v2", DeviceHandle)              \
  X(ctxGetCurrent, "cuCtxGetCurrent", ContextHandle *)                         \
  X(ctxSetCurrent, "cuCtxSetCurrent", ContextHandle)                           \
  X(ctxGetDevice, "cuCtxGetDevice", DeviceHandle *)                            \
  X(moduleLoadDataEx, "cuModuleLoadDataEx", ModuleHandle *, const void *,      \
    unsigned, JitOption *, void **)                                            \
  X(moduleUnload, "cuModuleUnload", ModuleHandle)                              \
  X(moduleGetFunction, "cuModuleGetFunction", FunctionHandle *, ModuleHandle,  \
    const char *)                                                              \
  X(funcGetAttribute, "cuFuncGetAttribute", int *, FunctionAttribute,          \
    FunctionHandle)                                                            \
  X(funcSetAttribute, "cuFuncSetAttribute", FunctionHandle, FunctionAttribute, \
    int)                                                                       \
  X(maxActiveBlocks, "cuOccupancyMaxActiveBlocksPerMultiprocessor", int *,     \
    FunctionHandle, int, size_t)                                               \
  X(maxActiveClusters, "cuOccupancyMaxActiveClusters", int *, FunctionHandle,  \
    const LaunchConfig *)                                                      \
  X(launchKernelEx, "cuLaunchKernelEx", const LaunchConfig *, FunctionHandle,  \
    void **, void **)                                                          \
  X(memAlloc, "cuMemAlloc_v2", DevicePointer *, size_t)                        \
  X(memFree, "cuMemFree_v2", DevicePointer)                                    \
  X(copyToDevice, "cuMemcpyHtoDAsync_v2", DevicePointer, const void *, size_t, \
    StreamHandle)                                                              \
  X(copyToHost, "cuMemcpyDtoHAsync_v2", void *, DevicePointer, size_t,         \
    StreamHandle)                                                              \
  X(setBytes, "cuMemsetD8Async", DevicePointer, unsigned char, size_t,         \
    StreamHandle)                                                              \
  X(setWords, "cuMemsetD32Async", DevicePointer, unsigned, size_t,             \
    StreamHandle)                                                              \
  X(copyOnDevice, "cuMemcpyDtoDAsync_v2", DevicePointer, DevicePointer,        \
    size_t, StreamHandle)                                                      \
  X(pointerGetAttribute, "cuPointerGetAttribute", void *, PointerAttribute,    \
    DevicePointer)                                                             \
  X(streamIsCapturing, "cuStreamIsCapturing", StreamHandle, int *)             \
  X(streamCreate, "cuStreamCreate", StreamHandle *, unsigned)                  \
  X(streamDestroy, "cuStreamDestroy_v2", StreamHandle)                         \
  X(streamSynchronize, "cuStreamSynchronize", StreamHandle)                    \
  X(eventCreate, "cuEventCreate", EventHandle *, unsigned)                     \
  X(eventDestroy, "cuEventDestroy_v2", EventHandle)                            \
  X(eventRecord, "cuEventRecord", EventHandle, StreamHandle)                   \
  X(eventSynchronize, "cuEventSynchronize", EventHandle)                       \
  X(eventElapsedTime, "cuEventElapsedTime", float *, EventHandle, EventHandle) \
  X(tensorMapEncodeTiled, "cuTensorMapEncodeTiled", TensorMap *,               \
    TensorMapType, uint32_t, void *, const uint64_t *, const uint64_t *,       \
    const uint32_t *, const uint32_t *, TensorMapInterleave, Swizzle,          \
    L2Promotion, TensorMapFill)

// What newer drivers have: its address is null where the driver has it not.
#define TESSERA_DRIVER_NEWER_FUNCTIONS(X)                                      \
  X(ctxGetExecAffinity, "cuCtxGetExecAffinity", ExecAffinity *, int)           \
  X(ctxGetDevResource, "cuCtxGetDevResource", ContextHandle, DeviceResource *, \
    int)

struct Functions {
#define TESSERA_DRIVER_MEMBER(member, symbol, ...)                             \
  Function<__VA_ARGS__> member{symbol};
  TESSERA_DRIVER_FUNCTIONS(TESSERA_DRIVER_MEMBER)
  TESSERA_DRIVER_NEWER_FUNCTIONS(TESSERA_DRIVER_MEMBER)
#undef TESSERA_DRIVER_MEMBER
};

} // namespace tessera::driver

#endif // TESSERA_DRIVER_FUNCTIONS_H
