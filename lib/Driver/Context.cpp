// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Primary contexts, and which of them is current.
#include "tessera/Driver/Context.h"

#include <cstdio>

using namespace tessera;
using namespace tessera::driver;

Current::Current(const ContextView &context) : driver(context.driver) {
  const Functions &f = driver->functions();
  failure = driver->check(f.ctxGetCurrent(&previous), "asking for the context");
  // Mostly it is current already, which costs some 20 ns to find out.
  if (failure || previous == context.handle)
    return;
  failure = driver->check(f.ctxSetCurrent(context.handle),
                          "entering the context of GPU %d", context.ordinal);
  changed = !failure;
}

Current::~Current() {
  if (changed)
    (void)driver->functions().ctxSetCurrent(previous);
}

Error ContextView::checkHere(Status status, const char *purpose,
                             va_list args) const {
  if (status.result == Result::Success)
    return Error();
  char words[384];
  std::vsnprintf(words, sizeof words, purpose, args);
  return driver->check(status, "%s on GPU %d", words, ordinal);
}

Expected<Context> Context::retain(const Driver &driver, int32_t ordinal) {
  const Functions &f = driver.functions();
  ContextView view{&driver, nullptr, 0, ordinal};
  if (Error error = driver.check(f.deviceGet(&view.device, ordinal),
                                 "looking for GPU %d", ordinal))
    return error;
  if (Error error = driver.check(f.primaryRetain(&view.handle, view.device),
                                 "making the context of GPU %d", ordinal))
    return error;
  return Context(view);
}

Context::~Context() {
  if (held.handle)
    (void)held.driver->functions().primaryRelease(held.device);
}

Expected<int32_t> driver::deviceAttribute(const ContextView &context,
                                          DeviceAttribute attribute) {
  const Driver &driver = *context.driver;
  int value = 0;
  if (Error error = driver.check(driver.functions().deviceGetAttribute(
                                     &value, attribute, context.device),
                                 "reading attribute %d of GPU %d",
                                 static_cast<int>(attribute), context.ordinal))
    return error;
  return value;
}

Expected<DeviceProperties> Context::properties() const {
  const Driver &driver = *held.driver;
  DeviceProperties properties{};
  properties.driverVersion = driver.cudaVersion();
  if (Error error = driver.check(
          driver.functions().deviceGetName(properties.name,
                                           sizeof properties.name, held.device),
          "reading the name of GPU %d", held.ordinal))
    return error;

  int32_t l2Bytes = 0, sharedBytes = 0;
  const struct {
    DeviceAttribute attribute;
    int32_t &value;
  } wanted[] = {
      {DeviceAttribute::ComputeCapabilityMajor, properties.major},
      {DeviceAttribute::ComputeCapabilityMinor, properties.minor},
      {DeviceAttribute::MultiprocessorCount, properties.multiprocessors},
      {DeviceAttribute::L2CacheSize, l2Bytes},
      {DeviceAttribute::MaxSharedMemoryPerBlockOptin, sharedBytes},
      {DeviceAttribute::ClockRate, properties.clockKilohertz},
  };
  for (const auto &[attribute, value] : wanted) {
    Expected<int32_t> found = deviceAttribute(held, attribute);
    if (!found)
      return found.takeError();
    value = *found;
  }
  properties.l2Bytes = l2Bytes;
  properties.sharedBytesPerBlock = sharedBytes;
  return properties;
}
