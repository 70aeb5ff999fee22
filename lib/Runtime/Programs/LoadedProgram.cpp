// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading code: which image, when, and what its kernels then have.
#include "LoadedProgram.h"

#include <string_view>

using namespace tessera;
using namespace tessera::rt;
using driver::Functions;
using driver::Result;
using program::Action;
using program::ActionKind;
using program::Expression;
using program::ExpressionKind;
using program::Image;
using program::Index;
using program::Kernel;
using program::kNone;
using program::Memory;
using program::MemoryKind;
using program::Program;

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

static bool usesErrorWord(const Program &record) {
  auto isWord = [](const Memory &memory) {
    return memory.kind == MemoryKind::ErrorWord;
  };
  for (const program::Operand &operand : record.operands())
    if (operand.kind == program::OperandKind::Address && isWord(operand.memory))
      return true;
  for (const Action &action : record.actions())
    if ((action.kind == ActionKind::Zero || action.kind == ActionKind::Copy) &&
        (isWord(action.to) || isWord(action.from)))
      return true;
  return false;
}

Error tessera_program::make(tessera_library &ofLibrary,
                            tessera_context &ofContext,
                            Candidate &ofCandidate) {
  library = &ofLibrary;
  context = &ofContext;
  candidate = &ofCandidate;
  context->retain();
  Program record = this->record();
  if (!launches.make(record.kernels().size()) ||
      !kernels.make(record.kernels().size()) ||
      !modules.make(record.images().size()) || !maps.make(record.maps().size()))
    return outOfMemory("a program");
  for (Index &launch : launches)
    launch = kNone;
  for (size_t i = record.actions().size(); i-- > 0;)
    if (record.actions()[i].kind == ActionKind::Launch)
      launches[size_t(record.actions()[i].kernel)] = Index(i);
  for (const Expression &e : record.expressions())
    if (e.kind == ExpressionKind::Device &&
        program::DeviceNumber(e.a) == program::DeviceNumber::WorkspaceBytes)
      asksForWorkspace = true;
  hasErrorWord = usesErrorWord(record);
  return Error();
}

tessera_program::~tessera_program() {
  if (context)
    context->release();
}

//===----------------------------------------------------------------------===//
// Images
//===----------------------------------------------------------------------===//

Expected<Index> rt::chooseImage(const Program &record, const Kernel &kernel,
                                int32_t cudaVersion) {
  int32_t least = 0;
  for (Index number : {kernel.cubin, kernel.ptx}) {
    if (number == kNone)
      continue;
    const Image &image = record.images()[size_t(number)];
    if (cudaVersion >= image.leastDriver)
      return number;
    least = least == 0 ? image.leastDriver : std::min(least, image.leastDriver);
  }
  if (least == 0)
    return makeError(TESSERA_NOT_FOUND,
                     "%s: kernel '%s' has no code; compile the function again",
                     record.function(), record.text(kernel.name));
  return makeError(TESSERA_NOT_FOUND,
                   "%s: kernel '%s' needs a driver for CUDA %d.%d, this one is "
                   "for %d.%d; install a newer NVIDIA driver",
                   record.function(), record.text(kernel.name), least / 1000,
                   least / 10 % 100, cudaVersion / 1000,
                   cudaVersion / 10 % 100);
}

Error tessera_program::loadModule(Index number) {
  Program record = this->record();
  Expected<std::span<const std::byte>> code = library->code(*candidate, number);
  if (!code)
    return code.takeError();
  bool isPtx = record.images()[size_t(number)].kind == program::ImageKind::Ptx;
  std::string_view text(reinterpret_cast<const char *>(code->data()),
                        code->size());
  Expected<driver::Module> module =
      isPtx ? driver::Module::loadPtx(context->view, text)
            : driver::Module::loadCubin(context->view, *code);
  if (!module)
    return makeError(module.error().code(), "%s: %s", record.function(),
                     module.error().message());
  logLine("%s: %s image %d on GPU %d, %zu bytes", record.function(),
          isPtx ? "compiled PTX," : "loaded cubin,", number,
          context->view.ordinal, code->size());
  modules[size_t(number)].emplace(std::move(*module));
  return Error();
}

/// The driver gives up a capture in which code is loaded.
static Error refuseCapture(const tessera_program &program, const Kernel &kernel,
                           driver::StreamHandle stream) {
  int status = 0;
  const driver::ContextView &view = program.context->view;
  driver::Current current(view);
  if (Error error = current.takeError())
    return error;
  driver::Status asked =
      view.driver->functions().streamIsCapturing(stream, &status);
  bool isCaptured = asked.result == Result::Success
                        ? status != 0
                        : asked.result == Result::CaptureImplicit;
  if (!isCaptured)
    return Error();
  Program record = program.record();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: kernel '%s' would be loaded while a stream is "
                   "captured; call tessera_program_warm(), or run it once, "
                   "before the capture begins",
                   record.function(), record.text(kernel.name));
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

Error tessera_program::loadKernel(Index number, driver::StreamHandle stream) {
  LoadedKernel &loaded = kernels[size_t(number)];
  if (loaded.kernel)
    return Error();
  Program record = this->record();
  const Kernel &kernel = record.kernels()[size_t(number)];
  Expected<Index> image =
      chooseImage(record, kernel, context->view.driver->cudaVersion());
  if (!image)
    return image.takeError();
  if (Error error = refuseCapture(*this, kernel, stream))
    return error;
  std::optional<driver::Module> &module = modules[size_t(*image)];
  if (!module)
    if (Error error = loadModule(*image))
      return error;
  Expected<driver::Kernel> found = module->kernel(record.text(kernel.name));
  if (!found)
    return found.takeError();
  Expected<driver::KernelAttributes> attributes = found->attributes();
  if (!attributes)
    return attributes.takeError();
  loaded.attributes = *attributes;
  loaded.kernel = *found;
  return Error();
}

/// CTAs of a cluster are resident together, so clusters are what is counted.
static Expected<int64_t> countClusters(const driver::ContextView &view,
                                       driver::FunctionHandle function,
                                       const CtaShape &shape) {
  driver::LaunchAttribute cluster{
      driver::kLaunchCluster, 0, shape.cluster, {1, 1}, {}};
  driver::LaunchConfig config{unsigned(shape.cluster),     1,       1,
                              unsigned(shape.threads),     1,       1,
                              unsigned(shape.sharedBytes), nullptr, &cluster,
                              /*attributeCount=*/1};
  int clusters = 0;
  if (Error error = view.call(
          [&](const Functions &f) {
            return f.maxActiveClusters(&clusters, function, &config);
          },
          "counting resident clusters of %d CTAs", shape.cluster))
    return error;
  return int64_t(clusters) * shape.cluster;
}

Error tessera_program::countResident(Index number, const CtaShape &shape) {
  LoadedKernel &loaded = kernels[size_t(number)];
  if (shape.sharedBytes > loaded.sharedBytes) {
    if (Error error =
            loaded.kernel->setMaxDynamicSharedBytes(shape.sharedBytes))
      return error;
    loaded.sharedBytes = shape.sharedBytes;
  }
  int64_t resident = 0;
  if (shape.cluster > 1) {
    Expected<int64_t> counted =
        countClusters(context->view, loaded.kernel->function(), shape);
    if (!counted)
      return counted.takeError();
    resident = *counted;
  } else {
    Expected<int32_t> each = loaded.kernel->maxActiveBlocksPerMultiprocessor(
        shape.threads, size_t(shape.sharedBytes));
    if (!each)
      return each.takeError();
    resident = int64_t(*each) * context->multiprocessors;
  }
  Program record = this->record();
  if (resident == 0)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: no CTA of kernel '%s', %d threads and %d bytes of "
                     "shared memory, fits a multiprocessor of GPU %d; compile "
                     "it with a plan of fewer stages or consumers",
                     record.function(),
                     record.text(record.kernels()[size_t(number)].name),
                     shape.threads, shape.sharedBytes, context->view.ordinal);
  loaded.shape = shape;
  loaded.resident = resident;
  return Error();
}

Expected<ReadyKernel> tessera_program::ready(Index number,
                                             const CtaShape &shape,
                                             driver::StreamHandle stream) {
  Lock lock(mutex);
  if (Error error = loadKernel(number, stream))
    return error;
  LoadedKernel &loaded = kernels[size_t(number)];
  if (loaded.resident < 0 || !(loaded.shape == shape))
    if (Error error = countResident(number, shape))
      return error;
  return ReadyKernel{loaded.kernel->function(), loaded.resident};
}

Error tessera_program::load(Index number, driver::StreamHandle stream) {
  Lock lock(mutex);
  return loadKernel(number, stream);
}

Expected<HostEntry> tessera_program::hostEntry() {
  Lock lock(mutex);
  if (host.call)
    return host;
  Expected<HostEntry> found = library->hostEntry(*candidate);
  if (found)
    host = *found;
  return found;
}

/// The value of a constant; null: a call decides.
static std::optional<int32_t> constant(const Program &record, Index index) {
  const Expression &e = record.expressions()[size_t(index)];
  if (e.kind != ExpressionKind::Constant || e.value < 0 || e.value > INT32_MAX)
    return std::nullopt;
  return int32_t(e.value);
}

static Error warmLaunch(tessera_program &program, const Action &action) {
  Program record = program.record();
  std::optional<int32_t> threads = constant(record, action.threads),
                         sharedBytes = constant(record, action.sharedBytes),
                         cluster = 1;
  if (action.cluster != kNone)
    cluster = constant(record, action.cluster);
  if (!threads || !sharedBytes || !cluster)
    return program.load(action.kernel, /*stream=*/nullptr);
  return program
      .ready(action.kernel, {*threads, *sharedBytes, *cluster},
             /*stream=*/nullptr)
      .takeError();
}

tessera_error *tessera_program_warm(tessera_program *program) {
  if (program->context->isHost)
    return program->hostEntry().takeError().release();
  if (program->hasErrorWord)
    if (Expected<driver::DevicePointer> word = program->context->errorWord();
        !word)
      return word.takeError().release();
  Program record = program->record();
  for (const Action &action : record.actions())
    if (action.kind == ActionKind::Launch)
      if (Error error = warmLaunch(*program, action))
        return error.release();
  return nullptr;
}
