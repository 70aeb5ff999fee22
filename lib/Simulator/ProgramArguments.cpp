// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the operands of a launch to what a kernel is given, and the memory
// behind them.
#include "StepRunner.h"
#include "Value.h"

#include "tessera/Runtime/Dtype.h"

#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;
using program::Index;
using program::Memory;
using program::MemoryKind;
using program::NumberRange;
using program::Operand;
using program::OperandKind;
using rt::Error;
using rt::Expected;
using rt::makeError;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Expected<MutableArrayRef<std::byte>>
StepRunner::partOf(const program::Buffer &buffer) const {
  const char *name = record.text(buffer.name);
  Or<int64_t> offset = number(buffer.offset, NumberRange::Natural64, name);
  if (!offset)
    return offset.takeError();
  Or<int64_t> bytes = number(buffer.bytes, NumberRange::Natural64, name);
  if (!bytes)
    return bytes.takeError();
  auto granted = int64_t(workspace.size());
  if (*bytes <= granted && *offset <= granted - *bytes)
    return workspace.slice(size_t(*offset), size_t(*bytes));
  return makeError(TESSERA_INTERNAL,
                   "%s: '%s' lies outside the least workspace; this is a "
                   "defect of the compiler, please report it",
                   record.function(), name);
}

static Error refuseErrorWord(const program::Program &record) {
  return makeError(
      TESSERA_NOT_FOUND,
      "%s: a step takes the word in which a device keeps offences; "
      "the simulator has none",
      record.function());
}

static bool isDense(const tessera_tensor &tensor) {
  int64_t elements = 1;
  for (int32_t dim = tensor.rank; dim-- > 0;) {
    if (tensor.dims[dim] > 1 && tensor.strides[dim] != elements)
      return false;
    elements *= tensor.dims[dim];
  }
  return true;
}

static int64_t elementsOf(const tessera_tensor &tensor) {
  int64_t elements = 1;
  for (int64_t dim : ArrayRef(tensor.dims, size_t(tensor.rank)))
    elements *= dim;
  return elements;
}

Expected<MutableArrayRef<std::byte>>
StepRunner::bytesOf(const Memory &memory) const {
  if (memory.kind == MemoryKind::ErrorWord)
    return refuseErrorWord(record);
  auto index = size_t(memory.index);
  if (memory.kind == MemoryKind::Buffer)
    return partOf(record.buffers()[index]);
  const tessera_tensor &tensor = call.tensors[index];
  int64_t elements = elementsOf(tensor);
  if (elements != 0 && !isDense(tensor))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' has gaps between its elements, and is taken as "
                     "a whole; pass a contiguous tensor",
                     record.function(),
                     record.text(record.params()[index].name));
  return MutableArrayRef(static_cast<std::byte *>(tensor.data),
                         size_t(elements * rt::dtypeBytes(tensor.dtype)));
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// Kernels see memory as one row of elements.
Expected<Argument> StepRunner::address(const Operand &operand,
                                       Type type) const {
  auto memory = dyn_cast<MemRefType>(type);
  if (!memory || memory.getRank() != 1)
    return makeError(TESSERA_NOT_FOUND,
                     "%s: operand '%s' is memory; the simulator gives it to a "
                     "parameter that is a memref of one dimension",
                     record.function(), record.text(operand.name));
  Or<MutableArrayRef<std::byte>> bytes = bytesOf(operand.memory);
  if (!bytes)
    return bytes.takeError();
  int64_t elements = int64_t(bytes->size()) / Format::of(memory)->bytes();
  return Argument(rowMajor(bytes->data(), {elements}));
}

/// [column, token, panel, head, batch] with panels side by side, seen as
/// [batch, head, token, feature].
Expected<Argument> StepRunner::map(const program::Map &map) const {
  constexpr int32_t kColumn = 0, kToken = 1, kPanel = 2, kHead = 3, kBatch = 4;
  const char *name = record.text(map.name);
  if (map.rank != program::kMaxMapRank)
    return makeError(TESSERA_NOT_FOUND,
                     "%s: map '%s' has %d coordinates; the simulator knows "
                     "column, token, panel, head and batch",
                     record.function(), name, map.rank);
  int64_t dims[program::kMaxMapRank], strides[program::kMaxMapRank] = {1};
  for (int32_t dim = 0; dim < map.rank; ++dim) {
    Or<int64_t> extent = number(map.dims[dim], NumberRange::Natural64, name);
    if (!extent)
      return extent.takeError();
    dims[dim] = *extent;
    if (dim == 0)
      continue;
    Or<int64_t> stride =
        number(map.strides[dim - 1], NumberRange::Natural64, name);
    if (!stride)
      return stride.takeError();
    strides[dim] = *stride;
  }
  if (dims[kPanel] > 1 && strides[kPanel] != dims[kColumn])
    return makeError(TESSERA_NOT_FOUND,
                     "%s: map '%s' has panels of %lld columns, one every %lld; "
                     "the simulator knows panels side by side",
                     record.function(), name, (long long)dims[kColumn],
                     (long long)strides[kPanel]);
  ArrayView view;
  if (map.memory.kind == MemoryKind::Param) {
    view.data = call.tensors[size_t(map.memory.index)].data;
  } else {
    Or<MutableArrayRef<std::byte>> bytes = bytesOf(map.memory);
    if (!bytes)
      return bytes.takeError();
    view.data = bytes->data();
  }
  view.dims = {dims[kBatch], dims[kHead], dims[kToken],
               dims[kColumn] * dims[kPanel]};
  view.strides = {strides[kBatch], strides[kHead], strides[kToken], 1};
  return Argument(view);
}

Expected<Argument> StepRunner::argument(const Operand &operand,
                                        Type type) const {
  switch (operand.kind) {
  case OperandKind::Map:
    return map(record.maps()[size_t(operand.index)]);
  case OperandKind::Address:
    return address(operand, type);
  case OperandKind::I32: {
    Or<int64_t> found =
        number(operand.value, NumberRange::Signed32, record.text(operand.name));
    if (!found)
      return found.takeError();
    return Argument(*found);
  }
  case OperandKind::F32:
    return Argument(
        double(*static_cast<const float *>(args[size_t(operand.index)])));
  case OperandKind::ConstantF32:
    return Argument(double(llvm::bit_cast<float>(operand.bits)));
  }
  llvm_unreachable("an operand of no kind");
}

Expected<std::vector<Argument>>
StepRunner::argumentsOf(const program::Action &action,
                        tile::KernelOp kernel) const {
  std::span<const Operand> operands = record.operands(action);
  ArrayRef<Type> types = kernel.getArgumentTypes();
  if (operands.size() != types.size())
    return makeError(TESSERA_NOT_FOUND,
                     "%s: kernel '%s' takes %zu operands, and the record has "
                     "%zu; give the module that the function was compiled to",
                     record.function(), kernel.getSymName().str().c_str(),
                     types.size(), operands.size());
  std::vector<Argument> all;
  for (auto [operand, type] : llvm::zip_equal(operands, types)) {
    Or<Argument> made = argument(operand, type);
    if (!made)
      return made.takeError();
    all.push_back(std::move(*made));
  }
  return all;
}
