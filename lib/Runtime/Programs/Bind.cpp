// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the numbers of a call to what the driver is given, for one workspace.
#include "Launches.h"

#include "tessera/Runtime/Dtype.h"

using namespace tessera;
using namespace tessera::rt;
using driver::DevicePointer;
using program::Action;
using program::ActionKind;
using program::Index;
using program::kNone;
using program::Memory;
using program::MemoryKind;
using program::NumberRange;
using program::Operand;
using program::OperandKind;
using program::Program;
using program::Value;

/// A record that was made by hand, or by a compiler with a fault.
static Error defect(const Program &record, const char *what) {
  return makeError(TESSERA_INTERNAL,
                   "%s: %s; this is a defect of the compiler, please report it",
                   record.function(), what);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Expected<DevicePointer>
tessera_launches::addressOf(const Memory &memory) const {
  if (memory.kind == MemoryKind::ErrorWord)
    return errorWord;
  if (memory.kind == MemoryKind::Param)
    return reinterpret_cast<DevicePointer>(tensors[size_t(memory.index)].data);
  Program record = this->record();
  const program::Buffer &buffer = record.buffers()[size_t(memory.index)];
  Expected<int64_t> offset =
      number(buffer.offset, NumberRange::Natural64, record.text(buffer.name));
  if (!offset)
    return offset.takeError();
  Expected<int64_t> bytes =
      number(buffer.bytes, NumberRange::Natural64, record.text(buffer.name));
  if (!bytes)
    return bytes.takeError();
  int64_t granted = workspace != 0 ? int64_t(workspaceBytes) : least;
  if (*bytes > granted || *offset > granted - *bytes)
    return defect(record, "a buffer lies outside the least workspace");
  return workspace + uint64_t(*offset);
}

/// Null if the tensor has gaps.
static std::optional<uint64_t> denseBytes(const tessera_tensor &tensor) {
  int64_t elements = 1;
  for (int32_t d = tensor.rank; d-- > 0;) {
    if (tensor.dims[d] == 0)
      return 0;
    if (tensor.dims[d] > 1 && tensor.strides[d] != elements)
      return std::nullopt;
    elements *= tensor.dims[d];
  }
  return uint64_t(elements * dtypeBytes(tensor.dtype));
}

Expected<uint64_t> tessera_launches::bytesOf(const Memory &memory) const {
  Program record = this->record();
  if (memory.kind == MemoryKind::ErrorWord)
    return sizeof(int32_t);
  if (memory.kind == MemoryKind::Buffer) {
    const program::Buffer &buffer = record.buffers()[size_t(memory.index)];
    Expected<int64_t> bytes =
        number(buffer.bytes, NumberRange::Natural64, record.text(buffer.name));
    if (!bytes)
      return bytes.takeError();
    return uint64_t(*bytes);
  }
  auto index = size_t(memory.index);
  if (std::optional<uint64_t> bytes = denseBytes(tensors[index]))
    return *bytes;
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: '%s' has gaps between its elements, and is copied or "
                   "filled as a whole; pass a contiguous tensor",
                   record.function(), record.text(record.params()[index].name));
}

//===----------------------------------------------------------------------===//
// Tensor maps
//===----------------------------------------------------------------------===//

/// Some memory of the call that a map may point at: nothing is read there.
DevicePointer tessera_launches::anyMemory() const {
  for (const tessera_tensor &tensor : tensors) {
    auto address = reinterpret_cast<DevicePointer>(tensor.data);
    if (address != 0 && address % driver::kTensorMapAlignment == 0)
      return address;
  }
  return workspace;
}

/// The one rule for what a map cannot say. A dimension without elements counts
/// as one, at some memory of the call; along one element nobody steps, so its
/// stride is what a map accepts; stride 0 of more elements reads one of them
/// again and again.
Error tessera_launches::encodeMap(Index index) {
  Program record = this->record();
  const program::Map &map = record.maps()[size_t(index)];
  const char *name = record.text(map.name);
  MapKey key;
  key.number = index;
  bool isEmpty = false;
  for (int32_t d = 0; d < map.rank; ++d) {
    Expected<int64_t> dim = number(map.dims[d], NumberRange::Natural64, name);
    if (!dim)
      return dim.takeError();
    isEmpty = isEmpty || *dim == 0;
    key.dims[d] = std::max<int64_t>(*dim, 1);
    if (d == 0)
      continue;
    int64_t &stride = key.strideBytes[d - 1];
    stride = driver::kTensorMapAlignment;
    if (*dim <= 1)
      continue;
    Expected<int64_t> elements =
        number(map.strides[d - 1], NumberRange::Natural64, name);
    if (!elements)
      return elements.takeError();
    if (__builtin_mul_overflow(*elements, dtypeBytes(map.dtype), &stride))
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: '%s' has a stride of %lld elements, which is more "
                       "than memory has; pass a smaller tensor",
                       record.function(), name, (long long)*elements);
  }
  Expected<DevicePointer> address = addressOf(map.memory);
  if (!address)
    return address.takeError();
  key.address = isEmpty ? anyMemory() : *address;
  // Without a workspace a map of it has to wait.
  if (map.memory.kind == MemoryKind::Buffer && workspace == 0)
    return Error();
  driver::TensorMap &into = maps[size_t(index)];
  if (program->maps.find(key, into))
    return Error();
  driver::TensorMapSpec spec;
  spec.name = name;
  spec.dtype = tessera_dtype(map.dtype);
  spec.address = key.address;
  spec.rank = map.rank;
  std::copy(std::begin(key.dims), std::end(key.dims), spec.dims);
  std::copy(std::begin(key.strideBytes), std::end(key.strideBytes),
            spec.strideBytes);
  std::copy(std::begin(map.box), std::end(map.box), spec.box);
  spec.swizzle = driver::swizzleOf(map.swizzleBytes);
  spec.l2Promotion = driver::promotionOf(map.promotionBytes);
  if (Error error = driver::encodeTensorMap(program->context->view, spec, into))
    return makeError(error.code(), "%s: %s", record.function(),
                     error.message());
  program->maps.keep(key, into);
  return Error();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Error tessera_launches::bindOperand(Index index) {
  Program record = this->record();
  const Operand &operand = record.operands()[size_t(index)];
  uint64_t &word = words[size_t(index)];
  params[size_t(index)] = &word;
  switch (operand.kind) {
  case OperandKind::Map:
    params[size_t(index)] = &maps[size_t(operand.index)];
    return encodeMap(operand.index);
  case OperandKind::Address: {
    Expected<DevicePointer> address = addressOf(operand.memory);
    if (!address)
      return address.takeError();
    word = *address;
    return Error();
  }
  case OperandKind::I32: {
    Expected<int64_t> found =
        number(operand.value, NumberRange::Signed32, record.text(operand.name));
    if (!found)
      return found.takeError();
    word = uint32_t(*found);
    return Error();
  }
  case OperandKind::F32:
    word = scalars[size_t(operand.index)];
    return Error();
  case OperandKind::ConstantF32:
    word = operand.bits;
    return Error();
  }
  return Error();
}

Error tessera_launches::bindLaunch(const Action &action, BoundStep &bound) {
  bool isEmpty = false;
  for (int32_t d = 0; d < 3; ++d) {
    Expected<int64_t> extent =
        number(action.grid[d], NumberRange::Natural32, "CTAs of a grid");
    if (!extent)
      return extent.takeError();
    bound.grid[d] = uint32_t(*extent);
    isEmpty = isEmpty || *extent == 0;
  }
  if (isEmpty) {
    bound.action = kNone;
    return Error();
  }
  Expected<CtaShape> shape = shapeOf(action);
  if (!shape)
    return shape.takeError();
  bound.threads = uint32_t(shape->threads);
  bound.sharedBytes = uint32_t(shape->sharedBytes);
  bound.cluster = uint32_t(shape->cluster);
  bound.isCooperative = action.flags & program::kCooperative;
  bound.function = functions[size_t(action.kernel)];
  for (uint32_t i = 0; i < action.operands.count; ++i)
    if (Error error = bindOperand(Index(action.operands.first + i)))
      return error;
  return Error();
}

Error tessera_launches::bindMemory(const Action &action, BoundStep &bound) {
  Expected<DevicePointer> to = addressOf(action.to);
  if (!to)
    return to.takeError();
  Expected<uint64_t> bytes = bytesOf(action.to);
  if (!bytes)
    return bytes.takeError();
  bound.to = *to;
  bound.bytes = *bytes;
  if (action.kind == ActionKind::Copy) {
    Expected<DevicePointer> from = addressOf(action.from);
    if (!from)
      return from.takeError();
    Expected<uint64_t> fromBytes = bytesOf(action.from);
    if (!fromBytes)
      return fromBytes.takeError();
    if (*fromBytes != *bytes)
      return defect(record(), "a copy is of memories of different sizes");
    bound.from = *from;
  }
  if (bound.bytes == 0)
    bound.action = kNone;
  return Error();
}

Error tessera_launches::bindStep(size_t number) {
  Program record = this->record();
  const program::Step &step = record.steps()[number];
  BoundStep &bound = steps[number];
  bound = BoundStep();
  int64_t choice = 0;
  if (step.choice != kNone) {
    Expected<int64_t> found = this->number(step.choice, NumberRange::Natural64,
                                           record.text(step.name));
    if (!found)
      return found.takeError();
    choice = *found;
  }
  if (uint64_t(choice) >= step.actions.count)
    return defect(record, "a step chooses an alternative that is not there");
  const Action &action = record.actions(step)[size_t(choice)];
  bound.action = Index(step.actions.first + uint32_t(choice));
  switch (action.kind) {
  case ActionKind::Nothing:
  case ActionKind::Call:
    bound.action = kNone;
    return Error();
  case ActionKind::Launch:
    return bindLaunch(action, bound);
  case ActionKind::Zero:
  case ActionKind::Copy:
    return bindMemory(action, bound);
  }
  return Error();
}

Error tessera_launches::bind(DevicePointer address, size_t bytes) {
  isBound = false;
  workspace = address;
  workspaceBytes = bytes;
  if (program->asksForWorkspace) {
    std::copy(settled.begin(), settled.end(), values.begin());
    device.numbers[int32_t(program::DeviceNumber::WorkspaceBytes)] = {
        int64_t(bytes), Value::Known};
    evaluate();
  }
  for (size_t i = 0; i < steps.size(); ++i)
    if (Error error = bindStep(i))
      return error;
  isBound = true;
  return Error();
}
