// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensor maps, by which Hopper's copy engine (TMA) finds boxes of a tensor in
// global memory.
#ifndef TESSERA_DRIVER_TENSORMAP_H
#define TESSERA_DRIVER_TENSORMAP_H

#include "tessera/Driver/Context.h"

namespace tessera::driver {

inline constexpr int32_t kMaxTensorMapRank = 5;
/// Of addresses and strides, in bytes.
inline constexpr int32_t kTensorMapAlignment = 16;

/// Of 0, 32, 64 or 128 bytes.
Swizzle swizzleOf(int32_t bytes);
/// Of 0, 64, 128 or 256 bytes.
L2Promotion promotionOf(int32_t bytes);

/// What a tensor map says. Dimension 0 is the innermost, whose elements are
/// contiguous; entries at and past `rank` are ignored.
struct TensorMapSpec {
  const char *name = "tensor";        // for errors
  tessera_dtype dtype = TESSERA_BF16; // or f16, f32
  DevicePointer address = 0;          // of element (0, 0, ..); a multiple of 16
  int32_t rank = 0;                   // 1 .. 5
  int64_t dims[kMaxTensorMapRank] = {}; // elements, 1 .. 2^32
  /// Bytes from one index of dimension i + 1 to the next; multiples of 16 below
  /// 2^40.
  int64_t strideBytes[kMaxTensorMapRank - 1] = {};
  /// Elements one copy moves, 1 .. 256 of each dimension. A row of it is a
  /// multiple of 16 bytes and, with a swizzle, at most the swizzle's span.
  int32_t box[kMaxTensorMapRank] = {};
  Swizzle swizzle = Swizzle::None;
  L2Promotion l2Promotion = L2Promotion::None;
};

/// CUtensorMap: a parameter of a kernel, or memory of its own that it reads.
/// Elements of a box that lie outside the tensor read as zero and are not
/// written.
struct alignas(64) TensorMap {
  uint64_t words[16]; // in a form that only the driver knows
};
static_assert(sizeof(TensorMap) == 128);

/// Success, or what is wrong with `spec` and what would be right.
Error checkTensorMap(const TensorMapSpec &spec);

/// Writes `map`, in place among the parameters of a kernel. Refuses by itself
/// what the driver would, with a better reason. The driver wants a context, but
/// does not look at the memory.
Error encodeTensorMap(const ContextView &context, const TensorMapSpec &spec,
                      TensorMap &map);

} // namespace tessera::driver

#endif // TESSERA_DRIVER_TENSORMAP_H
