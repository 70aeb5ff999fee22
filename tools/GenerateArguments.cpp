// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tensors hold that no file gives.
#include "Arguments.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <numeric>

using namespace llvm;

namespace tessera {

using program::Constraint;
using program::Index;
using program::Param;
using program::ParamKind;

/// The bits of a float as an element of a type.
static uint32_t roundTo(npy::Dtype dtype, float value) {
  APFloat number(value);
  bool inexact;
  if (dtype == npy::Dtype::F16)
    number.convert(APFloat::IEEEhalf(), APFloat::rmNearestTiesToEven, &inexact);
  if (dtype == npy::Dtype::BF16)
    number.convert(APFloat::BFloat(), APFloat::rmNearestTiesToEven, &inexact);
  return number.bitcastToAPInt().getZExtValue();
}

/// Normally distributed floats; zeros of i32, which constraints then fill.
void Arguments::generate(size_t param, std::mt19937_64 &random) {
  npy::Array &array = arrays[param];
  const Param &wanted = params()[param];
  array.dtype = npyDtypeOf(wanted.dtype);
  int64_t count = 1;
  for (Index dim : ArrayRef(wanted.dims, wanted.rank)) {
    array.shape.push_back(valueOf(dim));
    count *= array.shape.back();
  }
  int64_t bytes = npy::bytesOf(array.dtype);
  array.data.assign(count * bytes, std::byte(0));
  if (wanted.kind == ParamKind::Output || array.dtype == npy::Dtype::I32)
    return;
  std::normal_distribution<float> normal;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits = roundTo(array.dtype, normal(random));
    memcpy(array.data.data() + i * bytes, &bits, bytes);
  }
}

/// As many random blocks as fit, ascending.
void Arguments::fillLists(const Constraint &lists, std::mt19937_64 &random) {
  npy::Array &index = arrays[lists.param];
  int64_t capacity = index.shape.back(), blocks = valueOf(lists.value);
  // How many blocks there are, nobody may know; as many as a list holds will do.
  if (blocks >= program::kUnknownBlocks)
    blocks = capacity;
  int64_t rows = index.data.size() / 4 / std::max<int64_t>(capacity, 1);
  int32_t count = std::min(capacity, blocks);
  auto *ids = reinterpret_cast<int32_t *>(index.data.data());
  std::vector<int32_t> all(blocks);
  std::iota(all.begin(), all.end(), 0);
  for (int64_t row = 0; row < rows; ++row)
    std::sample(all.begin(), all.end(), ids + row * capacity, count, random);
  for (auto [integer, param] : zip(integers, params()))
    if (lists.target != program::kNone && param.symbol != program::kNone &&
        symbolOf(lists.target) == &symbols[size_t(param.symbol)])
      integer = std::min(integer, count);
  if (lists.other == program::kNone || fromFile[lists.other])
    return;
  npy::Array &counts = arrays[lists.other];
  auto *each = reinterpret_cast<int32_t *>(counts.data.data());
  std::fill(each, each + counts.data.size() / 4, count);
}

/// Every block holds what exists.
void Arguments::fillSizes(const Constraint &sizes) {
  npy::Array &array = arrays[sizes.param];
  int64_t blocks = array.shape.back(), length = valueOf(sizes.value);
  auto *each = reinterpret_cast<int32_t *>(array.data.data());
  for (size_t i = 0; i < array.data.size() / 4; ++i)
    each[i] =
        std::min<int64_t>(sizes.maximum, length - (i % blocks) * sizes.maximum);
}

void Arguments::poisonOutputs() {
  for (auto [param, array] : zip(params(), arrays)) {
    if (param.kind != ParamKind::Output)
      continue;
    int64_t bytes = npy::bytesOf(array.dtype);
    uint32_t poison = array.dtype == npy::Dtype::I32
                          ? static_cast<uint32_t>(-7)
                          : roundTo(array.dtype, std::nanf(""));
    for (size_t at = 0; at < array.data.size(); at += bytes)
      memcpy(array.data.data() + at, &poison, bytes);
  }
}

} // namespace tessera
