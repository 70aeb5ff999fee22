// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Preparing a call: its check, the choice of alternatives, the code they need.
#include "Launches.h"

#include <cstring>

using namespace tessera;
using namespace tessera::rt;
using driver::Functions;
using driver::PointerAttribute;
using driver::StreamHandle;
using program::Action;
using program::ActionKind;
using program::Expression;
using program::ExpressionKind;
using program::Index;
using program::kNone;
using program::NumberRange;
using program::Param;
using program::Program;
using program::Value;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

namespace {

/// Cuts one piece of memory into arrays; without memory it only counts.
class Cutter {
public:
  explicit Cutter(std::byte *first) : first(first) {}
  template <typename T>
  void cut(std::span<T> &into, size_t count) {
    bytes = (bytes + alignof(T) - 1) / alignof(T) * alignof(T);
    if (first) {
      auto *elements = reinterpret_cast<T *>(first + bytes);
      for (size_t i = 0; i < count; ++i)
        new (static_cast<void *>(&elements[i])) T();
      into = {elements, count};
    }
    bytes += count * sizeof(T);
  }
  size_t bytes = 0;

private:
  std::byte *first;
};

size_t cutAll(tessera_launches &launches, const Program &record,
              std::byte *memory) {
  Cutter cutter(memory);
  size_t params = record.params().size(), operands = record.operands().size(),
         kernels = record.kernels().size(),
         expressions = record.expressions().size();
  cutter.cut(launches.maps, record.maps().size());
  cutter.cut(launches.values, expressions);
  cutter.cut(launches.settled, expressions);
  cutter.cut(launches.symbols, record.symbols().size());
  cutter.cut(launches.tensors, params);
  cutter.cut(launches.given, params);
  cutter.cut(launches.args, params);
  cutter.cut(launches.scalars, params);
  cutter.cut(launches.words, operands);
  cutter.cut(launches.params, operands);
  cutter.cut(launches.steps, record.steps().size());
  cutter.cut(launches.resident, kernels);
  cutter.cut(launches.functions, kernels);
  return cutter.bytes;
}

} // namespace

Expected<tessera_launches *> tessera_launches::make(tessera_program &program) {
  constexpr size_t kAlignment = alignof(driver::TensorMap);
  constexpr size_t kHead =
      (sizeof(tessera_launches) + kAlignment - 1) / kAlignment * kAlignment;
  tessera_launches counting;
  size_t bytes = kHead + cutAll(counting, program.record(), nullptr);
  auto *memory = static_cast<std::byte *>(std::aligned_alloc(
      kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment));
  if (!memory)
    return outOfMemory("a call");
  auto *launches = new (memory) tessera_launches();
  cutAll(*launches, program.record(), memory + kHead);
  program.library->retain();
  launches->program = &program;
  for (int64_t &resident : launches->resident)
    resident = -1;
  return launches;
}

tessera_launches::~tessera_launches() {
  if (program)
    program->library->release();
}

//===----------------------------------------------------------------------===//
// Checking
//===----------------------------------------------------------------------===//

Expected<int64_t> tessera_launches::number(Index expression, NumberRange range,
                                           const char *what) const {
  return program::require(record(), checked(), expression, range, what);
}

/// Callers may free theirs.
void tessera_launches::keepArguments(void *const *arguments) {
  Program record = this->record();
  for (size_t i = 0, end = record.argumentCount(); i < end; ++i) {
    if (isTensor(record.params()[i])) {
      given[i] = *static_cast<const tessera_tensor *>(arguments[i]);
      args[i] = &given[i];
    } else {
      std::memcpy(&scalars[i], arguments[i], sizeof(scalars[i]));
      args[i] = &scalars[i];
    }
  }
}

bool tessera_launches::isOf(void *const *arguments) const {
  static_assert(std::has_unique_object_representations_v<tessera_tensor>);
  Program record = this->record();
  for (size_t i = 0, end = record.argumentCount(); i < end; ++i) {
    bool isTensor = program::isTensor(record.params()[i]);
    const void *kept = isTensor ? static_cast<const void *>(&given[i])
                                : static_cast<const void *>(&scalars[i]);
    size_t bytes = isTensor ? sizeof(given[i]) : sizeof(scalars[i]);
    if (!arguments[i] || std::memcmp(kept, arguments[i], bytes) != 0)
      return false;
  }
  return true;
}

/// What the driver answers of memory that it does not know is an error, too.
Error tessera_launches::checkPointers() const {
  Program record = this->record();
  const driver::ContextView &view = program->context->view;
  for (size_t i = 0, end = record.argumentCount(); i < end; ++i) {
    const Param &param = record.params()[i];
    const tessera_tensor &tensor = tensors[i];
    bool isEmpty = false;
    for (int32_t d = 0; d < tensor.rank; ++d)
      isEmpty = isEmpty || tensor.dims[d] == 0;
    if (!isTensor(param) || isEmpty)
      continue;
    auto address = reinterpret_cast<driver::DevicePointer>(tensor.data);
    unsigned type = 0, managed = 0;
    int ordinal = -1;
    const struct {
      PointerAttribute attribute;
      void *value;
    } questions[] = {{PointerAttribute::MemoryType, &type},
                     {PointerAttribute::IsManaged, &managed},
                     {PointerAttribute::DeviceOrdinal, &ordinal}};
    bool isKnown = true;
    for (const auto &[attribute, value] : questions)
      isKnown = isKnown &&
                !view.call(
                    [&](const Functions &f) {
                      return f.pointerGetAttribute(value, attribute, address);
                    },
                    "asking whose memory a tensor is");
    bool isDevice = isKnown && (type == driver::kDeviceMemory || managed);
    if (isDevice && (ordinal == view.ordinal || managed))
      continue;
    char whose[32] = "memory of the host";
    if (isDevice)
      std::snprintf(whose, sizeof(whose), "memory of GPU %d", ordinal);
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' is %s, memory of GPU %d is accepted; copy it "
                     "there, or find the program for another context",
                     record.function(), record.text(param.name), whose,
                     view.ordinal);
  }
  return Error();
}

//===----------------------------------------------------------------------===//
// Choosing and loading
//===----------------------------------------------------------------------===//

void tessera_launches::evaluate() {
  device.residentCtas = resident;
  program::evaluate(record(), {symbols, tensors.data(), &device}, values);
}

Expected<CtaShape> tessera_launches::shapeOf(const Action &action) const {
  CtaShape shape;
  const struct {
    Index expression;
    const char *what;
    int32_t &value;
  } wanted[] = {{action.threads, "threads of a CTA", shape.threads},
                {action.sharedBytes, "shared bytes", shape.sharedBytes},
                {action.cluster, "CTAs of a cluster", shape.cluster}};
  for (const auto &[expression, what, value] : wanted) {
    if (expression == kNone)
      continue;
    Expected<int64_t> found = number(expression, NumberRange::Natural32, what);
    if (!found)
      return found.takeError();
    value = int32_t(*found);
  }
  return shape;
}

Error tessera_launches::loadFor(const Action &action, StreamHandle stream) {
  if (action.kind != ActionKind::Launch)
    return Error();
  Expected<CtaShape> shape = shapeOf(action);
  if (!shape)
    return shape.takeError();
  Expected<ReadyKernel> ready = program->ready(action.kernel, *shape, stream);
  if (!ready)
    return ready.takeError();
  functions[size_t(action.kernel)] = ready->function;
  // Expressions mean the first action that launches the kernel.
  if (resident[size_t(action.kernel)] < 0)
    resident[size_t(action.kernel)] = ready->resident;
  return Error();
}

/// Loads the kernels whose residency `expression` asks for. Others stay
/// unloaded: the driver may have to compile them.
Error tessera_launches::loadResidents(Index expression, StreamHandle stream) {
  if (values[size_t(expression)].state != Value::Unknown)
    return Error();
  Program record = this->record();
  std::span<const Expression> expressions = record.expressions();
  // Operands come before what is made of them, so one pass marks all.
  Array<bool> isNeeded;
  if (!isNeeded.make(expressions.size()))
    return outOfMemory("a call");
  isNeeded[size_t(expression)] = true;
  for (size_t i = size_t(expression) + 1; i-- > 0;) {
    const Expression &e = expressions[i];
    if (!isNeeded[i] || values[i].state != Value::Unknown)
      continue;
    if (e.kind == ExpressionKind::Device) {
      if (program::DeviceNumber(e.a) != program::DeviceNumber::ResidentCtas)
        continue;
      Index action = program->launches[size_t(e.b)];
      if (action == kNone)
        continue;
      if (Error error = loadFor(record.actions()[size_t(action)], stream))
        return error;
      continue;
    }
    if (e.kind < ExpressionKind::Add)
      continue; // a constant, symbol or stride
    isNeeded[size_t(e.a)] = true;
    for (Index operand : {e.b, e.c})
      if (e.kind != ExpressionKind::Within && operand != kNone)
        isNeeded[size_t(operand)] = true;
  }
  evaluate();
  return Error();
}

/// Where the workspace decides, any alternative may be run.
Error tessera_launches::settleStep(const program::Step &step,
                                   StreamHandle stream) {
  std::span<const Action> actions = record().actions(step);
  if (step.choice == kNone)
    return loadFor(actions[0], stream);
  if (Error error = loadResidents(step.choice, stream))
    return error;
  Value choice = values[size_t(step.choice)];
  if (choice && uint64_t(choice.number) < actions.size())
    return loadFor(actions[size_t(choice.number)], stream);
  if (choice.state != Value::Unknown)
    return Error(); // binding says what is wrong
  for (const Action &action : actions)
    if (Error error = loadFor(action, stream))
      return error;
  return Error();
}

Error tessera_launches::settle(StreamHandle stream) {
  for (const program::Step &step : record().steps())
    if (Error error = settleStep(step, stream))
      return error;
  evaluate();
  for (Index bytes :
       {record().header().leastWorkspace, record().header().bestWorkspace})
    if (Error error = loadResidents(bytes, stream))
      return error;
  if (!program->hasErrorWord)
    return Error();
  Expected<driver::DevicePointer> word = program->context->errorWord();
  if (!word)
    return word.takeError();
  errorWord = *word;
  return Error();
}

Error tessera_launches::readWorkspace() {
  const program::Header &head = record().header();
  Expected<int64_t> found =
      number(head.leastWorkspace, NumberRange::Natural64, "bytes of workspace");
  if (!found)
    return found.takeError();
  least = *found;
  found =
      number(head.bestWorkspace, NumberRange::Natural64, "bytes of workspace");
  if (!found)
    return found.takeError();
  best = std::max(least, *found);
  return Error();
}

Error tessera_launches::prepare(const tessera_call &call) {
  Program record = this->record();
  bool isHost = program->context->isHost;
  if (call.arg_count != record.argumentCount())
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: %zu arguments, %zu are accepted; pass one for each "
                     "parameter",
                     record.function(), call.arg_count, record.argumentCount());
  HostEntry entry;
  if (isHost) {
    Expected<HostEntry> found = program->hostEntry();
    if (!found)
      return found.takeError();
    entry = *found;
    this->call = entry.call;
  }
  if (Error error = program::checkCall(record, call.args,
                                       isHost ? program::Reading::Yes
                                              : program::Reading::No,
                                       entry.compute, checked()))
    return error;
  keepArguments(call.args);
  program->context->fill(device);
  evaluate();
  return isHost ? readWorkspace() : prepareForGpu(call);
}

Error tessera_launches::prepareForGpu(const tessera_call &call) {
  driver::Current current(program->context->view);
  if (Error error = current.takeError())
    return error;
  if (call.flags & TESSERA_CHECK_POINTERS)
    if (Error error = checkPointers())
      return error;
  if (Error error = settle(static_cast<StreamHandle>(call.stream)))
    return error;
  if (Error error = readWorkspace())
    return error;
  if (!program->asksForWorkspace)
    return bind(/*address=*/0, /*bytes=*/0); // what is wrong is said now
  std::copy(values.begin(), values.end(), settled.begin());
  return Error();
}

//===----------------------------------------------------------------------===//
// The C interface
//===----------------------------------------------------------------------===//

tessera_error *tessera_program_prepare(tessera_program *program,
                                       const tessera_call *call,
                                       tessera_launches **launches) {
  *launches = nullptr;
  if (call->struct_size < sizeof(*call))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "tessera_call has %zu bytes, %zu are accepted; set "
                     "struct_size, and compile with the library's header",
                     call->struct_size, sizeof(*call))
        .release();
  Expected<tessera_launches *> made = tessera_launches::make(*program);
  if (!made)
    return made.takeError().release();
  Error error = (*made)->prepare(*call);
  if (error)
    tessera_launches_destroy(*made);
  else
    *launches = *made;
  return error.release();
}

void tessera_launches_workspace(const tessera_launches *launches,
                                int64_t *least, int64_t *best) {
  *least = launches->least;
  *best = launches->best;
}

void tessera_launches_destroy(tessera_launches *launches) {
  if (launches)
    destroyObject(launches);
}
