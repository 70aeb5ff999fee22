// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contexts: where they come from, and what they have.
#include "Context.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace tessera;
using namespace tessera::rt;
using driver::DeviceAttribute;
using driver::Driver;
using driver::Functions;
using driver::Result;
using program::DeviceNumber;
using program::Value;

//===----------------------------------------------------------------------===//
// What a context has
//===----------------------------------------------------------------------===//

/// Green contexts and shares of MPS have fewer than the GPU, each said by a
/// question of its own, which a driver may not have or refuse.
static Expected<int32_t> countMultiprocessors(const driver::ContextView &view) {
  Expected<int32_t> all =
      driver::deviceAttribute(view, DeviceAttribute::MultiprocessorCount);
  if (!all)
    return all;
  driver::Current current(view);
  if (Error error = current.takeError())
    return error;
  const Functions &f = view.driver->functions();
  int32_t count = *all;
  driver::DeviceResource resource{};
  if (f.ctxGetDevResource.address &&
      f.ctxGetDevResource(view.handle, &resource,
                          driver::kResourceMultiprocessors)
              .result == Result::Success)
    count = std::min(count, int32_t(resource.multiprocessors));
  driver::ExecAffinity affinity{};
  if (f.ctxGetExecAffinity.address &&
      f.ctxGetExecAffinity(&affinity, driver::kAffinityMultiprocessors)
              .result == Result::Success)
    count = std::min(count, int32_t(affinity.multiprocessors));
  return count;
}

static Error describe(tessera_context &context) {
  const driver::ContextView &view = context.view;
  if (Error error = view.driver->check(
          view.driver->functions().deviceGetName(
              context.name, sizeof(context.name), view.device),
          "reading the name of GPU %d", view.ordinal))
    return error;
  int32_t l2Bytes = 0;
  const struct {
    DeviceAttribute attribute;
    int32_t &value;
  } wanted[] = {
      {DeviceAttribute::ComputeCapabilityMajor, context.major},
      {DeviceAttribute::ComputeCapabilityMinor, context.minor},
      {DeviceAttribute::L2CacheSize, l2Bytes},
  };
  for (const auto &[attribute, value] : wanted) {
    Expected<int32_t> found = driver::deviceAttribute(view, attribute);
    if (!found)
      return found.takeError();
    value = *found;
  }
  context.l2Bytes = l2Bytes;
  Expected<int32_t> count = countMultiprocessors(view);
  if (!count)
    return count.takeError();
  context.multiprocessors = *count;
  logLine(
      "context of GPU %d: %s, sm_%d%d, %d multiprocessors, %lld bytes of L2, "
      "driver for CUDA %d.%d",
      view.ordinal, context.name, context.major, context.minor,
      context.multiprocessors, (long long)context.l2Bytes,
      view.driver->cudaVersion() / 1000, view.driver->cudaVersion() / 10 % 100);
  return Error();
}

static Value known(int64_t number) { return {number, Value::Known}; }

void tessera_context::fill(program::DeviceValues &values) const {
  auto set = [&](DeviceNumber number, int64_t value) {
    values.numbers[int32_t(number)] = known(value);
  };
  if (isHost) {
    set(DeviceNumber::CpuLevel, tessera_cpu_level());
    set(DeviceNumber::Threads, tessera_num_threads());
  } else {
    set(DeviceNumber::Multiprocessors, multiprocessors);
    set(DeviceNumber::L2Bytes, l2Bytes);
  }
}

/// "sm_90a" runs on that chip alone, "sm_90" also on 9.1 and the like.
const char *tessera_context::whyNot(const char *chip, char (&why)[96]) const {
  bool isGpu = std::strncmp(chip, "sm_", 3) == 0;
  char *suffix = nullptr;
  long number = isGpu ? std::strtol(chip + 3, &suffix, 10) : 0;
  int32_t here = 10 * major + minor;
  if (isHost && std::strcmp(chip, "host") == 0)
    return nullptr;
  if (isHost) {
    std::snprintf(why, sizeof(why), "is for %.32s, this is the host", chip);
    return why;
  }
  if (isGpu && number / 10 == major &&
      (*suffix == 'a' ? number == here : number <= here))
    return nullptr;
  std::snprintf(why, sizeof(why), "is for %.32s, GPU %d is sm_%d", chip,
                view.ordinal, here);
  return why;
}

Expected<driver::DevicePointer> tessera_context::errorWord() {
  Lock lock(mutex);
  if (word != 0)
    return word;
  driver::DevicePointer made = 0;
  if (Error error = view.call(
          [&](const Functions &f) {
            return f.memAlloc(&made, sizeof(int32_t));
          },
          "allocating the word for errors"))
    return error;
  // Cleared for good before any kernel, on whatever stream, may write it.
  Error error = view.call(
      [&](const Functions &f) {
        driver::Status status =
            f.setWords(made, 0, /*count=*/1, /*stream=*/nullptr);
        return status.result == Result::Success
                   ? f.streamSynchronize(/*stream=*/nullptr)
                   : status;
      },
      "clearing the word for errors");
  if (error) {
    (void)view.call([&](const Functions &f) { return f.memFree(made); },
                    "freeing the word for errors");
    return error;
  }
  return word = made;
}

//===----------------------------------------------------------------------===//
// Owners
//===----------------------------------------------------------------------===//

void tessera_context::release() {
  if (references.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  if (word != 0)
    (void)view.call([&](const Functions &f) { return f.memFree(word); },
                    "freeing the word for errors");
  destroyObject(this);
}

tessera_error *tessera_context_host(tessera_context **context) {
  *context = makeObject<tessera_context>();
  return *context ? nullptr : outOfMemory("a context").release();
}

/// Hands `made` over if all that can be said of it has been found out.
static tessera_error *finish(tessera_context *made, tessera_context **context) {
  Error error = describe(*made);
  if (!error)
    *context = made;
  else
    made->release();
  return error.release();
}

tessera_error *tessera_context_gpu(int32_t ordinal, tessera_context **context) {
  *context = nullptr;
  Expected<const Driver *> driver = Driver::open();
  if (!driver)
    return driver.takeError().release();
  Expected<driver::Context> primary =
      driver::Context::retain(**driver, ordinal);
  if (!primary)
    return primary.takeError().release();
  auto *made = makeObject<tessera_context>();
  if (!made)
    return outOfMemory("a context").release();
  made->isHost = false;
  made->primary.emplace(std::move(*primary));
  made->view = made->primary->view();
  return finish(made, context);
}

/// The number by which the driver is asked for `device`.
static Expected<int32_t> ordinalOf(const Driver &driver,
                                   driver::DeviceHandle device) {
  Expected<int32_t> count = driver.deviceCount();
  if (!count)
    return count;
  for (int32_t ordinal = 0; ordinal < *count; ++ordinal) {
    driver::DeviceHandle found = 0;
    if (Error error =
            driver.check(driver.functions().deviceGet(&found, ordinal),
                         "looking for GPU %d", ordinal))
      return error;
    if (found == device)
      return ordinal;
  }
  return int32_t(device);
}

tessera_error *tessera_context_current(tessera_context **context) {
  *context = nullptr;
  Expected<const Driver *> opened = Driver::open();
  if (!opened)
    return opened.takeError().release();
  const Driver &driver = **opened;
  driver::ContextView view{&driver, nullptr, 0, 0};
  if (Error error = driver.check(driver.functions().ctxGetCurrent(&view.handle),
                                 "asking for the context"))
    return error.release();
  if (!view.handle)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "no CUDA context is current in this thread; make one "
                     "current, or call tessera_context_gpu()")
        .release();
  if (Error error = driver.check(driver.functions().ctxGetDevice(&view.device),
                                 "asking for the GPU of the context"))
    return error.release();
  Expected<int32_t> ordinal = ordinalOf(driver, view.device);
  if (!ordinal)
    return ordinal.takeError().release();
  view.ordinal = *ordinal;
  auto *made = makeObject<tessera_context>();
  if (!made)
    return outOfMemory("a context").release();
  made->isHost = false;
  made->view = view;
  return finish(made, context);
}

const char *tessera_context_name(const tessera_context *context) {
  return context->name;
}

int32_t tessera_context_multiprocessors(const tessera_context *context) {
  return context->multiprocessors;
}

void tessera_context_destroy(tessera_context *context) {
  if (context)
    context->release();
}

//===----------------------------------------------------------------------===//
// What kernels have found
//===----------------------------------------------------------------------===//

static Error readStatus(tessera_context &context, driver::StreamHandle stream) {
  Lock lock(context.mutex);
  if (context.word == 0)
    return Error();
  const driver::ContextView &view = context.view;
  int32_t found = 0;
  if (Error error = view.call(
          [&](const Functions &f) {
            return f.copyToHost(&found, context.word, sizeof(found), stream);
          },
          "reading the word for errors"))
    return error;
  if (Error error = view.call(
          [&](const Functions &f) { return f.streamSynchronize(stream); },
          "waiting for a stream"))
    return error;
  if (found == 0)
    return Error();
  if (Error error = view.call(
          [&](const Functions &f) {
            return f.setWords(context.word, 0, /*count=*/1, stream);
          },
          "clearing the word for errors"))
    return error;
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "a kernel on GPU %d has found input that is not accepted, "
                   "number %d; check what the tensors of the call hold, on the "
                   "host",
                   view.ordinal, found);
}

tessera_error *tessera_context_status(tessera_context *context, void *stream) {
  return readStatus(*context, static_cast<driver::StreamHandle>(stream))
      .release();
}
