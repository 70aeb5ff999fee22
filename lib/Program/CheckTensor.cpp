// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors of a call: type, shape and symbols, strides, memory.
#include "CallChecker.h"

#include "tessera/Runtime/Dtype.h"

#include <cstring>

using namespace tessera;
using namespace tessera::program;
using rt::dtypeBytes;
using rt::dtypeName;
using rt::makeError;

Error CallChecker::checkTensor(Index index) {
  const Param &wanted = param(index);
  const tessera_tensor &found = given(index);
  if (dtypeOf(found) != wanted.dtype)
    return makeError(
        TESSERA_INVALID_ARGUMENT, "%s: '%s' holds %s, %s is accepted; %s",
        function(), name(index), dtypeName(dtypeOf(found)),
        dtypeName(wanted.dtype),
        advice(index, "convert it, or compile the function for its type"));
  bool mayLackOne = wanted.flags & kMayLackFirstDim;
  if (found.rank != wanted.rank &&
      !(mayLackOne && found.rank == wanted.rank - 1)) {
    Phrase shape, ranks;
    shape.add("pass %s", describeShape(wanted).chars);
    if (mayLackOne)
      ranks.add("%d or ", wanted.rank - 1);
    ranks.add("%d", wanted.rank);
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' has %d dimensions, %s are accepted; %s",
                     function(), name(index), found.rank, ranks.chars,
                     advice(index, shape.chars));
  }
  normalise(index);
  for (int32_t d = 0; d < wanted.rank; ++d)
    if (Error error = checkDim(index, d))
      return error;
  if (Error error = checkStrides(index))
    return error;
  return checkMemory(index);
}

/// All dimensions, and stride 0 where there is one element to step along.
void CallChecker::normalise(Index index) {
  tessera_tensor &tensor = call.tensors[size_t(index)];
  const tessera_tensor &found = given(index);
  int32_t missing = param(index).rank - found.rank;
  tensor = {};
  tensor.data = found.data;
  tensor.dtype = found.dtype;
  tensor.rank = param(index).rank;
  for (int32_t d = 0; d < tensor.rank; ++d) {
    tensor.dims[d] = d < missing ? 1 : found.dims[d - missing];
    if (tensor.dims[d] > 1)
      tensor.strides[d] = found.strides[d - missing];
  }
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

Error CallChecker::checkDim(Index index, int32_t dim) {
  const Param &wanted = param(index);
  int64_t found = tensor(index).dims[dim];
  int32_t shown = dim - (wanted.rank - given(index).rank); // the caller's
  if (found < 0)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' has %lld in dim %d; pass the number of "
                     "elements, 0 or more",
                     function(), name(index), (long long)found, shown);
  bool broadcast = wanted.broadcast >> dim & 1;
  if (broadcast && found == 1)
    return Error();
  const Expression &extent = expression(wanted.dims[dim]);
  if (extent.kind == ExpressionKind::Symbol)
    return bind(index, shown, extent.a, found, broadcast);
  if (found == extent.value)
    return Error();
  return makeError(
      TESSERA_INVALID_ARGUMENT,
      "%s: '%s' has %lld in dim %d of %s, %s%lld is accepted; %s", function(),
      name(index), (long long)found, shown, describeShape(wanted).chars,
      broadcast ? "1 or " : "", (long long)extent.value,
      advice(index, "pass another tensor, or compile the function for it"));
}

/// Gives a symbol its value, or compares with the value it has.
Error CallChecker::bind(Index index, int32_t dim, Index number, int64_t found,
                        bool broadcast) {
  SymbolValue &known = call.symbols[size_t(number)];
  if (!known.value) {
    known = {{found, Value::Known}, index, dim};
    return Error();
  }
  if (known.value.number == found)
    return Error();
  const char *noun = text(symbol(number).noun);
  Phrase where;
  if (dim >= 0)
    where.add("dim %d, ", dim);
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: '%s' has %lld %s (%s%s) but '%s' has %lld; %s",
                   function(), name(index), (long long)found,
                   *noun ? noun : "entries", where.chars,
                   text(symbol(number).name), name(known.param),
                   (long long)known.value.number,
                   advice(index, broadcast ? "make them equal, or pass 1 here"
                                           : "make them equal"));
}

//===----------------------------------------------------------------------===//
// Strides and memory
//===----------------------------------------------------------------------===//

Error CallChecker::checkStrides(Index index) const {
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
                     function(), name(index), (long long)stride, d,
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

Error CallChecker::checkMemory(Index index) const {
  const tessera_tensor &found = tensor(index);
  if (isEmpty(found))
    return Error();
  if (!found.data)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' has no data; pass a pointer to its elements",
                     function(), name(index));
  int64_t bytes = dtypeBytes(dtypeOf(found));
  if (reinterpret_cast<uintptr_t>(found.data) % uintptr_t(bytes))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' lies at address %p, no multiple of the %lld "
                     "bytes of an element; pass an aligned copy",
                     function(), name(index), found.data, (long long)bytes);
  ByteRange range;
  if (!findByteRange(found, range))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' reaches past the end of memory; pass its real "
                     "dimensions and its strides in elements",
                     function(), name(index));
  return param(index).kind == ParamKind::Output ? checkOutputElements(index)
                                                : Error();
}

/// Threads write an output in any order, so no element may be written twice.
Error CallChecker::checkOutputElements(Index index) const {
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
                       function(), name(index), (long long)found.strides[d], d,
                       (long long)last);
    last += (found.dims[d] - 1) * found.strides[d];
  }
  return Error();
}

Error CallChecker::checkOutputApart(Index index) const {
  ByteRange output;
  findByteRange(tensor(index), output);
  for (Index i = 0; i < Index(program.argumentCount()); ++i) {
    ByteRange other;
    if (i == index || !isTensor(param(i)) || !findByteRange(tensor(i), other) ||
        !output.overlaps(other))
      continue;
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' is written and overlaps the memory of '%s' "
                     "(first to last byte, gaps included); %s",
                     function(), name(index), name(i),
                     advice(index, "pass an output with memory of its own"));
  }
  return Error();
}
