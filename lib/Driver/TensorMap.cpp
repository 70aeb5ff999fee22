// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checking and encoding tensor maps. To a bad one the driver says "invalid
// argument" and no more, so everything it documents is looked at here first.
#include "tessera/Driver/TensorMap.h"

#include "tessera/Runtime/Dtype.h"

#include <algorithm>
#include <bit>
#include <iterator>

using namespace tessera;
using namespace tessera::driver;
using rt::dtypeBytes;
using rt::dtypeName;
using rt::makeError;

static constexpr int64_t kMaxDim = int64_t(1) << 32;         // elements
static constexpr int64_t kMaxStrideBytes = int64_t(1) << 40; // exclusive
static constexpr int32_t kMaxBox = 256;                      // elements
static constexpr int32_t kPieceBytes = kTensorMapAlignment;

struct TypeRow {
  int32_t dtype;
  TensorMapType type;
};

static constexpr TypeRow kTypes[] = {
    {TESSERA_BF16, TensorMapType::BF16},
    {TESSERA_F16, TensorMapType::F16},
    {TESSERA_F32, TensorMapType::F32},
};

static const TypeRow *findType(int32_t dtype) {
  const auto *row = std::find_if(std::begin(kTypes), std::end(kTypes),
                                 [&](TypeRow r) { return r.dtype == dtype; });
  return row == std::end(kTypes) ? nullptr : row;
}

/// Bytes within which a swizzle permutes; 0 for none.
static int32_t swizzleBytes(Swizzle swizzle) {
  switch (swizzle) {
  case Swizzle::None:
    return 0;
  case Swizzle::Bytes32:
    return 32;
  case Swizzle::Bytes64:
    return 64;
  case Swizzle::Bytes128:
    return 128;
  }
  return 0;
}

Swizzle driver::swizzleOf(int32_t bytes) {
  for (Swizzle swizzle :
       {Swizzle::Bytes32, Swizzle::Bytes64, Swizzle::Bytes128})
    if (swizzleBytes(swizzle) == bytes)
      return swizzle;
  return Swizzle::None;
}

L2Promotion driver::promotionOf(int32_t bytes) {
  switch (bytes) {
  case 64:
    return L2Promotion::Bytes64;
  case 128:
    return L2Promotion::Bytes128;
  case 256:
    return L2Promotion::Bytes256;
  default:
    return L2Promotion::None;
  }
}

static Error checkTensor(const TensorMapSpec &spec) {
  for (int32_t i = 0; i < spec.rank; ++i)
    if (spec.dims[i] < 1 || spec.dims[i] > kMaxDim)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "tensor map of %s: dimension %d has %lld elements; 1 to "
                       "2^32 are possible: %s",
                       spec.name, i, static_cast<long long>(spec.dims[i]),
                       spec.dims[i] == 0 ? "launch nothing for an empty tensor"
                                         : "split the tensor");
  for (int32_t i = 0; i + 1 < spec.rank; ++i) {
    auto stride = static_cast<long long>(spec.strideBytes[i]);
    if (stride % kPieceBytes != 0)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "tensor map of %s: the stride of dimension %d is %lld "
                       "bytes, not a multiple of %d: pad the rows, or copy "
                       "the tensor",
                       spec.name, i + 1, stride, kPieceBytes);
    if (stride < 0 || stride >= kMaxStrideBytes)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "tensor map of %s: the stride of dimension %d is %lld "
                       "bytes; 0 to 2^40 - 16 are possible: copy the tensor",
                       spec.name, i + 1, stride);
  }
  return Error();
}

static Error checkBox(const TensorMapSpec &spec) {
  for (int32_t i = 0; i < spec.rank; ++i)
    if (spec.box[i] < 1 || spec.box[i] > kMaxBox)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "tensor map of %s: the box has %d elements of dimension "
                       "%d; 1 to %d are possible: copy it in several boxes",
                       spec.name, spec.box[i], i, kMaxBox);
  auto elementBytes = static_cast<int32_t>(dtypeBytes(spec.dtype));
  int32_t rowBytes = spec.box[0] * elementBytes;
  if (rowBytes % kPieceBytes != 0)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "tensor map of %s: a row of the box is %d bytes (%d %s), "
                     "not a multiple of %d: take more elements of dimension 0",
                     spec.name, rowBytes, spec.box[0], dtypeName(spec.dtype),
                     kPieceBytes);
  int32_t span = swizzleBytes(spec.swizzle);
  if (span != 0 && rowBytes > span)
    return makeError(
        TESSERA_INVALID_ARGUMENT,
        "tensor map of %s: a row of the box is %d bytes (%d %s), "
        "more than the %d of its swizzle: take at most %d elements "
        "of dimension 0, or a wider swizzle",
        spec.name, rowBytes, spec.box[0], dtypeName(spec.dtype), span,
        span / elementBytes);
  return Error();
}

Error driver::checkTensorMap(const TensorMapSpec &spec) {
  if (!findType(spec.dtype))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "tensor map of %s: elements are %s; bf16, f16 and f32 are "
                     "possible",
                     spec.name, dtypeName(spec.dtype));
  if (spec.rank < 1 || spec.rank > kMaxTensorMapRank)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "tensor map of %s: rank %d; 1 to %d are possible: join "
                     "dimensions that lie one behind the other",
                     spec.name, spec.rank, kMaxTensorMapRank);
  if (spec.address == 0)
    return makeError(
        TESSERA_INVALID_ARGUMENT,
        "tensor map of %s: the address is null: pass memory of the "
        "device",
        spec.name);
  if (spec.address % kPieceBytes != 0)
    return makeError(
        TESSERA_INVALID_ARGUMENT,
        "tensor map of %s: the address 0x%llx is not a multiple of "
        "%d: copy the tensor to one that is",
        spec.name, static_cast<unsigned long long>(spec.address), kPieceBytes);
  if (Error error = checkTensor(spec))
    return error;
  return checkBox(spec);
}

Error driver::encodeTensorMap(const ContextView &context,
                              const TensorMapSpec &spec, TensorMap &map) {
  if (Error error = checkTensorMap(spec))
    return error;
  // The driver's widths; every element of a box is taken, none skipped.
  uint64_t dims[kMaxTensorMapRank], strides[kMaxTensorMapRank - 1];
  uint32_t box[kMaxTensorMapRank];
  const uint32_t steps[kMaxTensorMapRank] = {1, 1, 1, 1, 1};
  std::copy(std::begin(spec.dims), std::end(spec.dims), dims);
  std::copy(std::begin(spec.strideBytes), std::end(spec.strideBytes), strides);
  std::copy(std::begin(spec.box), std::end(spec.box), box);
  return context.call(
      [&](const Functions &f) {
        return f.tensorMapEncodeTiled(
            &map, findType(spec.dtype)->type, static_cast<uint32_t>(spec.rank),
            std::bit_cast<void *>(spec.address), dims, strides, box, steps,
            TensorMapInterleave::None, spec.swizzle, spec.l2Promotion,
            TensorMapFill::Zero);
      },
      "encoding the tensor map of %s", spec.name);
}
