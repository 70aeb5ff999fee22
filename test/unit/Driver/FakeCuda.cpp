// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A libcuda.so.1 for machines without a GPU. Device memory is the host's, so
// copies are real; kernels run as what a test puts in their place.
#include "FakeCuda.h"

#include "tessera/Driver/TensorMap.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

using namespace tessera::driver;

FakeCuda &tessera::driver::fakeCuda() {
  static FakeCuda state;
  return state;
}

static thread_local ContextHandle currentContext = nullptr;

FakeCurrent &FakeCurrent::operator=(ContextHandle context) {
  currentContext = context;
  return *this;
}

FakeCurrent::operator ContextHandle() const { return currentContext; }

/// Held by each function that touches the state.
struct Turn {
  Turn() { mutex().lock(); }
  ~Turn() { mutex().unlock(); }
  Turn(const Turn &) = delete;
  Turn &operator=(const Turn &) = delete;
  static std::recursive_mutex &mutex() {
    static std::recursive_mutex one;
    return one;
  }
};

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

/// What `symbol` shall return.
static Result outcome(const char *symbol) {
  Turn turn;
  auto found = fakeCuda().failures.find(symbol);
  return found == fakeCuda().failures.end() ? Result::Success : found->second;
}

/// Notes a call with the handle it is about.
static Result record(const char *symbol, const void *handle) {
  Turn turn;
  if (fakeCuda().isForgetful)
    return outcome(symbol);
  fakeCuda().calls.push_back(
      std::string(symbol) + " #" +
      std::to_string(reinterpret_cast<uintptr_t>(handle)));
  return outcome(symbol);
}

/// Notes a call that makes a handle: the next number.
template <typename Handle>
static Result make(const char *symbol, Handle *handle) {
  Turn turn;
  if (outcome(symbol) == Result::Success)
    *handle = fakeHandle<Handle>(uintptr_t(++fakeCuda().handles));
  return record(symbol, outcome(symbol) == Result::Success ? *handle : nullptr);
}

/// Notes a call without a handle of its own.
static Result record(const char *symbol) {
  Turn turn;
  if (!fakeCuda().isForgetful)
    fakeCuda().calls.emplace_back(symbol);
  return outcome(symbol);
}

//===----------------------------------------------------------------------===//
// The driver's functions
//===----------------------------------------------------------------------===//

#pragma GCC visibility push(default)
// The names are the driver's. NOLINTBEGIN(readability-identifier-naming)
extern "C" {

Result cuInit(unsigned) { return record("cuInit"); }

Result cuDriverGetVersion(int *version) {
  *version = fakeCuda().cudaVersion;
  return outcome("cuDriverGetVersion");
}

Result cuGetErrorName(Result result, const char **name) {
  static const std::map<Result, const char *> names = {
      {Result::InvalidValue, "CUDA_ERROR_INVALID_VALUE"},
      {Result::OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {Result::NoDevice, "CUDA_ERROR_NO_DEVICE"},
      {Result::InvalidPtx, "CUDA_ERROR_INVALID_PTX"},
      {Result::NotFound, "CUDA_ERROR_NOT_FOUND"},
      {Result::LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED"},
      {Result::CaptureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"}};
  auto found = names.find(result);
  *name = found == names.end() ? nullptr : found->second;
  return found == names.end() ? Result::InvalidValue : Result::Success;
}

Result cuGetErrorString(Result result, const char **text) {
  const char *name = nullptr;
  Result known = cuGetErrorName(result, &name);
  *text = known == Result::Success ? "the driver's text" : nullptr;
  return known;
}

Result cuDeviceGetCount(int *count) {
  *count = 2;
  return outcome("cuDeviceGetCount");
}

Result cuDeviceGet(DeviceHandle *device, int ordinal) {
  *device = 70 + ordinal;
  return ordinal < 2 ? outcome("cuDeviceGet") : Result::InvalidDevice;
}

Result cuDeviceGetName(char *name, int bytes, DeviceHandle device) {
  std::snprintf(name, size_t(bytes), "Fake %d", device);
  return outcome("cuDeviceGetName");
}

Result cuDeviceGetAttribute(int *value, DeviceAttribute attribute,
                            DeviceHandle) {
  Turn turn;
  *value = fakeCuda().deviceAttributes[int(attribute)];
  return outcome("cuDeviceGetAttribute");
}

Result cuDevicePrimaryCtxRetain(ContextHandle *context, DeviceHandle) {
  return make("cuDevicePrimaryCtxRetain", context);
}

Result cuDevicePrimaryCtxRelease_v2(DeviceHandle) {
  return record("cuDevicePrimaryCtxRelease_v2");
}

Result cuCtxGetCurrent(ContextHandle *context) {
  *context = fakeCuda().current;
  return outcome("cuCtxGetCurrent");
}

Result cuCtxSetCurrent(ContextHandle context) {
  Result result = record("cuCtxSetCurrent", context);
  if (result == Result::Success)
    fakeCuda().current = context;
  return result;
}

Result cuCtxGetDevice(DeviceHandle *device) {
  *device = 71;
  return outcome("cuCtxGetDevice");
}

Result cuCtxGetDevResource(ContextHandle, DeviceResource *resource, int type) {
  resource->multiprocessors = fakeCuda().contextMultiprocessors;
  return type == kResourceMultiprocessors && resource->multiprocessors != 0
             ? outcome("cuCtxGetDevResource")
             : Result::InvalidValue;
}

Result cuCtxGetExecAffinity(ExecAffinity *affinity, int type) {
  *affinity = {type, fakeCuda().affinityMultiprocessors};
  return type == kAffinityMultiprocessors && affinity->multiprocessors != 0
             ? outcome("cuCtxGetExecAffinity")
             : Result::InvalidValue;
}

Result cuModuleLoadDataEx(ModuleHandle *module, const void *image,
                          unsigned options, JitOption *names, void **values) {
  Turn turn;
  fakeCuda().image = static_cast<const char *>(image);
  if (options == 2 && names[0] == JitOption::ErrorLogBuffer &&
      names[1] == JitOption::ErrorLogBufferSizeBytes)
    std::snprintf(static_cast<char *>(values[0]),
                  reinterpret_cast<uintptr_t>(values[1]), "%s",
                  fakeCuda().jitLog.c_str());
  return make("cuModuleLoadDataEx", module);
}

Result cuModuleUnload(ModuleHandle module) {
  return record("cuModuleUnload", module);
}

Result cuModuleGetFunction(FunctionHandle *function, ModuleHandle module,
                           const char *name) {
  Turn turn;
  fakeCuda().calls.push_back(std::string("lookup ") + name);
  (void)record("cuModuleGetFunction", module);
  auto known = fakeCuda().kernels.find(name);
  *function = fakeHandle<FunctionHandle>(
      known == fakeCuda().kernels.end() ? 77 : known->second);
  return outcome("cuModuleGetFunction");
}

Result cuFuncGetAttribute(int *value, FunctionAttribute attribute,
                          FunctionHandle) {
  Turn turn;
  *value = fakeCuda().kernelAttributes[int(attribute)];
  return outcome("cuFuncGetAttribute");
}

Result cuFuncSetAttribute(FunctionHandle function, FunctionAttribute attribute,
                          int value) {
  Turn turn;
  fakeCuda().kernelAttributes[int(attribute)] = value;
  return record("cuFuncSetAttribute", function);
}

Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, FunctionHandle,
                                                   int threads,
                                                   size_t sharedBytes) {
  // As if 2,048 threads and 1 MiB were all that counts.
  *blocks = sharedBytes > (1u << 20) ? 0 : 2048 / threads;
  return outcome("cuOccupancyMaxActiveBlocksPerMultiprocessor");
}

Result cuOccupancyMaxActiveClusters(int *clusters, FunctionHandle,
                                    const LaunchConfig *config) {
  // As if 2,048 threads of each of 10 multiprocessors were all that counts.
  *clusters = int(10 * (2048 / config->blockX) / config->gridX);
  return outcome("cuOccupancyMaxActiveClusters");
}

Result cuLaunchKernelEx(const LaunchConfig *config, FunctionHandle function,
                        void **params, void **) {
  Turn turn;
  if (fakeCuda().isForgetful)
    return outcome("cuLaunchKernelEx");
  FakeLaunch &launch = fakeCuda().launch;
  launch = {*config, function, {}, false, 0};
  for (unsigned i = 0; i < config->attributeCount; ++i) {
    if (config->attributes[i].id == kLaunchCooperative)
      launch.isCooperative = config->attributes[i].value != 0;
    if (config->attributes[i].id == kLaunchCluster)
      launch.cluster = config->attributes[i].value;
  }
  auto own =
      fakeCuda().paramBytesOf.find(reinterpret_cast<uintptr_t>(function));
  for (size_t bytes : own == fakeCuda().paramBytesOf.end()
                          ? fakeCuda().paramBytes
                          : own->second)
    launch.params.emplace_back(static_cast<const char *>(*params++), bytes);
  fakeCuda().launches.push_back(launch);
  if (fakeCuda().onLaunch)
    fakeCuda().onLaunch(launch);
  return record("cuLaunchKernelEx", function);
}

Result cuMemAlloc_v2(DevicePointer *address, size_t bytes) {
  Result result = record("cuMemAlloc_v2");
  // As the driver aligns.
  if (result == Result::Success)
    *address = reinterpret_cast<DevicePointer>(
        std::aligned_alloc(256, (bytes + 255) / 256 * 256));
  return result;
}

Result cuMemFree_v2(DevicePointer address) {
  std::free(std::bit_cast<void *>(address));
  return record("cuMemFree_v2");
}

Result cuMemcpyHtoDAsync_v2(DevicePointer to, const void *from, size_t bytes,
                            StreamHandle stream) {
  std::memcpy(std::bit_cast<void *>(to), from, bytes);
  return record("cuMemcpyHtoDAsync_v2", stream);
}

Result cuMemcpyDtoHAsync_v2(void *to, DevicePointer from, size_t bytes,
                            StreamHandle stream) {
  std::memcpy(to, std::bit_cast<void *>(from), bytes);
  return record("cuMemcpyDtoHAsync_v2", stream);
}

Result cuMemsetD8Async(DevicePointer to, unsigned char value, size_t bytes,
                       StreamHandle stream) {
  std::memset(std::bit_cast<void *>(to), value, bytes);
  return record("cuMemsetD8Async", stream);
}

Result cuMemsetD32Async(DevicePointer to, unsigned value, size_t count,
                        StreamHandle stream) {
  auto *words = std::bit_cast<unsigned *>(to);
  std::fill(words, words + count, value);
  return record("cuMemsetD32Async", stream);
}

Result cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, size_t bytes,
                            StreamHandle stream) {
  std::memcpy(std::bit_cast<void *>(to), std::bit_cast<void *>(from), bytes);
  return record("cuMemcpyDtoDAsync_v2", stream);
}

Result cuPointerGetAttribute(void *value, PointerAttribute attribute,
                             DevicePointer address) {
  Turn turn;
  auto known = fakeCuda().pointers.find(address);
  if (known == fakeCuda().pointers.end())
    return Result::InvalidValue;
  const FakePointer &pointer = known->second;
  if (attribute == PointerAttribute::MemoryType)
    std::memcpy(value, &pointer.type, sizeof(pointer.type));
  else if (attribute == PointerAttribute::DeviceOrdinal)
    std::memcpy(value, &pointer.ordinal, sizeof(pointer.ordinal));
  else
    std::memset(value, 0, sizeof(unsigned));
  return outcome("cuPointerGetAttribute");
}

Result cuStreamIsCapturing(StreamHandle, int *status) {
  *status = fakeCuda().captureStatus;
  return outcome("cuStreamIsCapturing");
}

Result cuStreamCreate(StreamHandle *stream, unsigned flags) {
  return flags == kStreamNonBlocking ? make("cuStreamCreate", stream)
                                     : Result::InvalidValue;
}

Result cuStreamDestroy_v2(StreamHandle stream) {
  return record("cuStreamDestroy_v2", stream);
}

Result cuStreamSynchronize(StreamHandle stream) {
  return record("cuStreamSynchronize", stream);
}

Result cuEventCreate(EventHandle *event, unsigned flags) {
  return flags == kEventDefault ? make("cuEventCreate", event)
                                : Result::InvalidValue;
}

Result cuEventDestroy_v2(EventHandle event) {
  return record("cuEventDestroy_v2", event);
}

Result cuEventRecord(EventHandle event, StreamHandle) {
  return record("cuEventRecord", event);
}

Result cuEventSynchronize(EventHandle event) {
  return record("cuEventSynchronize", event);
}

Result cuEventElapsedTime(float *milliseconds, EventHandle start,
                          EventHandle end) {
  // Events are as far apart as their numbers.
  *milliseconds = float(reinterpret_cast<intptr_t>(end) -
                        reinterpret_cast<intptr_t>(start));
  return outcome("cuEventElapsedTime");
}

Result cuTensorMapEncodeTiled(TensorMap *map, TensorMapType type, uint32_t rank,
                              void *address, const uint64_t *dims,
                              const uint64_t *strides, const uint32_t *box,
                              const uint32_t *steps, TensorMapInterleave,
                              Swizzle swizzle, L2Promotion l2Promotion,
                              TensorMapFill) {
  Turn turn;
  if (fakeCuda().isForgetful)
    return outcome("cuTensorMapEncodeTiled");
  fakeCuda().tensorMap = {type,
                          {dims, dims + rank},
                          {strides, strides + rank - 1},
                          {box, box + rank},
                          {steps, steps + rank},
                          address,
                          swizzle,
                          l2Promotion};
  fakeCuda().tensorMaps.push_back(fakeCuda().tensorMap);
  map->words[0] = fakeCuda().tensorMaps.size();
  return record("cuTensorMapEncodeTiled");
}

} // extern "C"
// NOLINTEND(readability-identifier-naming)
#pragma GCC visibility pop
