// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel that takes everything, and a call that fits it.
#ifndef TESSERA_TEST_UNIT_LAUNCH_LAUNCHFIXTURE_H
#define TESSERA_TEST_UNIT_LAUNCH_LAUNCHFIXTURE_H

#include "DriverFixture.h"

#include "tessera/Launch/AttendLauncher.h"

#include <algorithm>

namespace tessera::launch {

/// D = 128, blocks of 64, lists of 8.
inline Entry makeEntry() {
  Entry entry;
  entry.kernel = "attend";
  for (int kind = 0; kind < int(ParameterKind::End); ++kind) {
    Parameter parameter;
    parameter.kind = ParameterKind(kind);
    if (kind <= int(ParameterKind::OutputMap))
      parameter.box = {64, 64, 2, 128};
    entry.parameters.push_back(parameter);
  }
  entry.headDim = 128;
  entry.queryBlock = entry.keyBlock = 64;
  entry.capacity = 8;
  entry.hasLse = entry.hasQuerySizes = entry.hasKeySizes = true;
  entry.hasScale = true;
  entry.threads = 512;
  entry.sharedBytes = 200000;
  entry.tilesPerCta = 3;
  entry.stateWords = 5;
  return entry;
}

/// Contiguous, at an address that nobody reads.
inline tessera_tensor makeTensor(uintptr_t address, tessera_dtype dtype,
                                 std::initializer_list<int64_t> dims) {
  tessera_tensor tensor{};
  tensor.data = std::bit_cast<void *>(address);
  tensor.dtype = dtype;
  for (int64_t dim : dims)
    tensor.dims[tensor.rank++] = dim;
  int64_t stride = 1;
  for (int32_t d = tensor.rank - 1; d >= 0; --d) {
    tensor.strides[d] = stride;
    stride *= std::max<int64_t>(tensor.dims[d], 1);
  }
  return tensor;
}

/// B = 2, H = 6 over Hkv = 2, Sq = 1000 (16 blocks, the last short), Skv = 700
/// (11 blocks).
inline AttendArguments makeArguments() {
  AttendArguments a;
  a.query = makeTensor(0x10000000, TESSERA_BF16, {2, 6, 1000, 128});
  a.key = makeTensor(0x20000000, TESSERA_BF16, {2, 2, 700, 128});
  a.value = makeTensor(0x30000000, TESSERA_BF16, {2, 2, 700, 128});
  a.output = makeTensor(0x40000000, TESSERA_BF16, {2, 6, 1000, 128});
  a.index = makeTensor(0x50000000, TESSERA_I32, {2, 6, 16, 8});
  a.count = makeTensor(0x60000000, TESSERA_I32, {2, 6, 16});
  a.querySizes = makeTensor(0x70000000, TESSERA_I32, {2, 16});
  a.keySizes = makeTensor(0x80000000, TESSERA_I32, {11});
  a.lse = makeTensor(0x90000000, TESSERA_F32, {2, 6, 1000});
  a.scale = 0.25f;
  return a;
}

inline constexpr driver::DevicePointer kWorkspace = 0xa0000000;

class LaunchTest : public driver::DriverTest {
protected:
  LaunchTest() {
    using driver::fakeCuda;
    fakeCuda().deviceAttributes = {{16, 4}, {97, 232448}}; // 4 SMs
    for (int kind = 0; kind < int(ParameterKind::End); ++kind)
      fakeCuda().paramBytes.push_back(kind <= int(ParameterKind::OutputMap)
                                          ? sizeof(driver::TensorMap)
                                      : kind < int(ParameterKind::Tiles) ? 8
                                                                         : 4);
  }

  driver::Expected<AttendLauncher> tryCreate(Entry entry) {
    return AttendLauncher::create(context, std::move(entry), {}, true);
  }
  AttendLauncher create(Entry entry = makeEntry()) {
    auto launcher = tryCreate(std::move(entry));
    EXPECT_TRUE(launcher) << launcher.error().message();
    return std::move(*launcher);
  }

  driver::Context context = makeContext();
};

} // namespace tessera::launch

#endif // TESSERA_TEST_UNIT_LAUNCH_LAUNCHFIXTURE_H
