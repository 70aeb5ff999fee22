// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The other side of the fake driver: what was called, and what shall fail.
#ifndef TESSERA_TEST_UNIT_DRIVER_FAKECUDA_H
#define TESSERA_TEST_UNIT_DRIVER_FAKECUDA_H

#include "tessera/Driver/Functions.h"

#include <bit>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tessera::driver {

/// What the last launch was given.
struct FakeLaunch {
  LaunchConfig config = {};
  FunctionHandle function = nullptr;
  std::vector<std::string> params; // bytes of each
  bool isCooperative = false;
  int cluster = 0; // CTAs in x; 0: none
};

/// What the last tensor map was made of; `rank` entries each.
struct FakeTensorMap {
  TensorMapType type = TensorMapType::F32;
  std::vector<uint64_t> dims, strideBytes;
  std::vector<uint32_t> box, steps;
  void *address = nullptr;
  Swizzle swizzle = {};
  L2Promotion l2Promotion = {};
};

/// Handles are numbers here; 0 is null.
template <typename Handle>
Handle fakeHandle(uintptr_t number) {
  return std::bit_cast<Handle>(number);
}

/// The context that is current in the thread that asks.
struct FakeCurrent {
  FakeCurrent() = default;
  FakeCurrent(const FakeCurrent &) = default;
  FakeCurrent &operator=(const FakeCurrent &) {
    return *this = ContextHandle(nullptr);
  }
  __attribute__((visibility("default"))) FakeCurrent &
  operator=(ContextHandle context);
  __attribute__((visibility("default"))) operator ContextHandle() const;
};

/// Whose memory is at an address.
struct FakePointer {
  unsigned type = kDeviceMemory;
  int ordinal = 0;
};

struct FakeCuda {
  /// Of the driver, asked for once a process.
  int cudaVersion = 12040;
  /// Symbols in the order they were called, questions without effect left out;
  /// handles follow as "#1" and so on, one number each.
  std::vector<std::string> calls;
  /// Symbols that do nothing but return this.
  std::map<std::string, Result> failures;
  /// What the assembler writes into its log.
  std::string jitLog;
  /// The text or code that was loaded last, as far as its first zero.
  std::string image;
  std::map<int, int> deviceAttributes; // by CUdevice_attribute
  std::map<int, int> kernelAttributes; // by CUfunction_attribute
  FakeCurrent current;
  /// That the context may use; 0: a driver that cannot say.
  unsigned contextMultiprocessors = 0;
  /// That MPS leaves to it; 0: no MPS.
  unsigned affinityMultiprocessors = 0;
  /// CUstreamCaptureStatus of every stream.
  int captureStatus = 0;
  /// Memory that the driver knows.
  std::map<DevicePointer, FakePointer> pointers;
  /// Handles of kernels by name; 77 for others.
  std::map<std::string, uintptr_t> kernels;
  /// Calls, launches and maps are not kept.
  bool isForgetful = false;
  /// Bytes of each parameter of every kernel, or of one by its handle.
  std::vector<size_t> paramBytes;
  std::map<uintptr_t, std::vector<size_t>> paramBytesOf;
  FakeLaunch launch;
  std::vector<FakeLaunch> launches; // all of them
  /// What a launch does, in the place of every kernel; null: nothing.
  std::function<void(const FakeLaunch &)> onLaunch;
  FakeTensorMap tensorMap;
  /// All of them; the first word of a map is its number, counted from 1.
  std::vector<FakeTensorMap> tensorMaps;
  int handles = 0; // given out so far
};

/// The state of the library; assign FakeCuda() to begin anew.
__attribute__((visibility("default"))) FakeCuda &fakeCuda();

} // namespace tessera::driver

#endif // TESSERA_TEST_UNIT_DRIVER_FAKECUDA_H
