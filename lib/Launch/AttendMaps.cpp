// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensor maps over [batch, head, token, feature]. Features are cut into panels,
// as wide as the swizzle, which lie side by side in shared memory: innermost
// first, a map has column of a panel, token, panel, head, batch entry.
#include "AttendProblem.h"

#include "tessera/Runtime/Dtype.h"

using namespace tessera;
using namespace tessera::launch;
using driver::Error;
using driver::TensorMapSpec;

static driver::Swizzle swizzleOf(int32_t bytes) {
  switch (bytes) {
  case 32:
    return driver::Swizzle::Bytes32;
  case 64:
    return driver::Swizzle::Bytes64;
  case 128:
    return driver::Swizzle::Bytes128;
  default:
    return driver::Swizzle::None;
  }
}

Error launch::encodeMap(const driver::ContextView &context, const Entry &entry,
                        const Parameter &parameter, const AttendArguments &a,
                        driver::TensorMap &map) {
  tessera_tensor tensor = *tensorOf(a, parameter.kind);
  // Without key blocks all lists are empty and nothing is read through the map,
  // but it must be one.
  if (tensor.dims[2] == 0) {
    tensor = a.query;
    tensor.dims[2] = 1;
  }
  const BoxShape &box = parameter.box;
  bool isShared = parameter.kind == ParameterKind::KeyMap ||
                  parameter.kind == ParameterKind::ValueMap;
  int64_t elementBytes = rt::dtypeBytes(entry.dtype);
  // A dimension of one element is never stepped along; its stride may hold
  // anything, so give it one that a map accepts.
  auto strideBytes = [&](int32_t dim) {
    return (tensor.dims[dim] > 1 ? tensor.strides[dim] : entry.headDim) *
           elementBytes;
  };

  TensorMapSpec spec;
  spec.name = nameOf(parameter.kind);
  spec.dtype = entry.dtype;
  spec.address = reinterpret_cast<driver::DevicePointer>(tensor.data);
  spec.rank = 5;
  const int64_t dims[] = {box.columns, tensor.dims[2],
                          entry.headDim / box.columns, tensor.dims[1],
                          tensor.dims[0]};
  const int64_t strides[] = {strideBytes(2), box.columns * elementBytes,
                             strideBytes(1), strideBytes(0)};
  const int32_t boxes[] = {box.columns, box.rows, box.panels, 1, 1};
  std::copy(std::begin(dims), std::end(dims), spec.dims);
  std::copy(std::begin(strides), std::end(strides), spec.strideBytes);
  std::copy(std::begin(boxes), std::end(boxes), spec.box);
  spec.swizzle = swizzleOf(box.swizzleBytes);
  // Key and value blocks are read whole and by many tiles.
  spec.l2Promotion =
      isShared ? driver::L2Promotion::Bytes256 : driver::L2Promotion::None;
  return driver::encodeTensorMap(context, spec, map);
}
