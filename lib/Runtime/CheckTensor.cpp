// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors of a call: type, shape and symbols, strides, memory.
#include "CallChecker.h"

#include "tessera/Runtime/Dtype.h"

using namespace tessera::rt;

Error CallChecker::checkTensor(int32_t index) {
  const tessera_rt_param &wanted = param(index);
  const tessera_tensor &found = tensor(index);
  if (dtypeOf(found) != wanted.dtype)
    return makeError(
        TESSERA_INVALID_ARGUMENT, "%s: '%s' holds %s, %s is accepted; %s",
        signature.function, wanted.name, dtypeName(dtypeOf(found)),
        dtypeName(wanted.dtype),
        advice(index, "convert it, or compile the function for its type"));
  if (found.rank != wanted.rank) {
    Text shape;
    shape.add("pass %s", describeShape(wanted).chars);
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' has %d dimensions, %d are accepted; %s",
                     signature.function, wanted.name, found.rank, wanted.rank,
                     advice(index, shape.chars));
  }
  for (int32_t d = 0; d < wanted.rank; ++d)
    if (Error error = checkDim(index, d))
      return error;
  if (Error error = checkStrides(index))
    return error;
  return checkMemory(index);
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

Error CallChecker::checkDim(int32_t index, int32_t dim) {
  const tessera_rt_param &wanted = param(index);
  int64_t found = tensor(index).dims[dim];
  if (found < 0)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' has %lld in dim %d; pass the number of "
                     "elements, 0 or more",
                     signature.function, wanted.name, (long long)found, dim);
  bool broadcast = wanted.broadcast >> dim & 1;
  if (broadcast && found == 1)
    return Error();
  tessera_rt_ref ref = wanted.dims[dim];
  if (ref < 0)
    return bind(index, dim, ref, found);
  if (found == ref)
    return Error();
  return makeError(
      TESSERA_INVALID_ARGUMENT,
      "%s: '%s' has %lld in dim %d of %s, %s%lld is accepted; %s",
      signature.function, wanted.name, (long long)found, dim,
      describeShape(wanted).chars, broadcast ? "1 or " : "", (long long)ref,
      advice(index, "pass another tensor, or compile the function for it"));
}

/// Gives a symbol its value, or compares with the value it has.
Error CallChecker::bind(int32_t index, int32_t dim, tessera_rt_ref ref,
                        int64_t found) {
  Symbol &symbol = symbols[-(ref + 1)];
  if (symbol.param < 0) {
    symbol = {found, index, dim};
    return Error();
  }
  if (symbol.value == found)
    return Error();
  const char *text = signature.symbols[-(ref + 1)];
  const char *end = text;
  while (*end && *end != ' ')
    ++end;
  bool broadcast = dim >= 0 && (param(index).broadcast >> dim & 1);
  Text where;
  if (dim >= 0)
    where.add("dim %d, ", dim);
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: '%s' has %lld %s (%s%.*s) but '%s' has %lld; %s",
                   signature.function, name(index), (long long)found,
                   noun(ref, "entries"), where.chars, int(end - text), text,
                   name(symbol.param), (long long)symbol.value,
                   advice(index, broadcast ? "make them equal, or pass 1 here"
                                           : "make them equal"));
}

//===----------------------------------------------------------------------===//
// Strides and memory
//===----------------------------------------------------------------------===//

Error CallChecker::checkStrides(int32_t index) const {
  const tessera_tensor &found = tensor(index);
  for (int32_t d = 0; d < found.rank; ++d) {
    if (found.dims[d] <= 1)
      continue;
    bool last = d == found.rank - 1;
    int64_t stride = found.strides[d];
    if (last ? stride == 1 : stride > 0)
      continue;
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' has stride %lld in dim %d, %s is accepted; %s",
                     signature.function, name(index), (long long)stride, d,
                     last ? "1" : "a positive number of elements",
                     advice(index, "pass a contiguous copy"));
  }
  return Error();
}

namespace {

/// Addresses from the first byte of a tensor to the last, gaps included.
struct ByteRange {
  uintptr_t begin = 0, end = 0;
  bool overlaps(const ByteRange &other) const {
    return begin < other.end && other.begin < end;
  }
};

} // namespace

static bool isEmpty(const tessera_tensor &tensor) {
  for (int32_t d = 0; d < tensor.rank; ++d)
    if (tensor.dims[d] == 0)
      return true;
  return false;
}

/// False if the tensor reaches past the end of the address space.
static bool findByteRange(const tessera_tensor &tensor, ByteRange &range) {
  range = ByteRange();
  if (isEmpty(tensor))
    return true;
  int64_t last = 0; // offset of the last element
  for (int32_t d = 0; d < tensor.rank; ++d) {
    int64_t reach = 0;
    if (tensor.dims[d] > 1 &&
        (__builtin_mul_overflow(tensor.dims[d] - 1, tensor.strides[d],
                                &reach) ||
         __builtin_add_overflow(last, reach, &last)))
      return false;
  }
  int64_t bytes = 0;
  if (__builtin_add_overflow(last, int64_t(1), &last) ||
      __builtin_mul_overflow(last, dtypeBytes(dtypeOf(tensor)), &bytes))
    return false;
  range.begin = reinterpret_cast<uintptr_t>(tensor.data);
  return !__builtin_add_overflow(range.begin, uintptr_t(bytes), &range.end);
}

Error CallChecker::checkMemory(int32_t index) const {
  const tessera_tensor &found = tensor(index);
  if (isEmpty(found))
    return Error();
  if (!found.data)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' has no data; pass a pointer to its elements",
                     signature.function, name(index));
  int64_t bytes = dtypeBytes(dtypeOf(found));
  if (reinterpret_cast<uintptr_t>(found.data) % uintptr_t(bytes))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' lies at address %p, no multiple of the %lld "
                     "bytes of an element; pass an aligned copy",
                     signature.function, name(index), found.data,
                     (long long)bytes);
  ByteRange range;
  if (!findByteRange(found, range))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' reaches past the end of memory; pass its real "
                     "dimensions and its strides in elements",
                     signature.function, name(index));
  return param(index).kind == TESSERA_RT_OUTPUT ? checkOutputElements(index)
                                                : Error();
}

/// Threads write an output in any order, so no element may be written twice.
Error CallChecker::checkOutputElements(int32_t index) const {
  const tessera_tensor &found = tensor(index);
  int32_t order[TESSERA_MAX_RANK]; // dimensions by stride, smallest first
  int32_t count = 0;
  for (int32_t d = 0; d < found.rank; ++d) {
    if (found.dims[d] <= 1)
      continue;
    int32_t place = count++;
    for (; place > 0 && found.strides[order[place - 1]] > found.strides[d];
         --place)
      order[place] = order[place - 1];
    order[place] = d;
  }
  int64_t last = 0; // offset of the last element of the dimensions seen
  for (int32_t i = 0; i < count; ++i) {
    int32_t d = order[i];
    if (found.strides[d] <= last)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: elements of '%s' overlap: stride %lld in dim %d, "
                       "above %lld is accepted; pass a contiguous output",
                       signature.function, name(index),
                       (long long)found.strides[d], d, (long long)last);
    last += (found.dims[d] - 1) * found.strides[d];
  }
  return Error();
}

Error CallChecker::checkOutputApart(int32_t index) const {
  ByteRange output;
  findByteRange(tensor(index), output);
  for (int32_t i = 0; i < signature.num_params; ++i) {
    ByteRange other;
    if (i == index || !isTensor(i) || !findByteRange(tensor(i), other) ||
        !output.overlaps(other))
      continue;
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' is written and overlaps the memory of '%s' "
                     "(first to last byte, gaps included); %s",
                     signature.function, name(index), name(i),
                     advice(index, "pass an output with memory of its own"));
  }
  return Error();
}
