// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Device memory, copies and fills.
#include "tessera/Driver/Memory.h"

using namespace tessera;
using namespace tessera::driver;

Expected<DeviceBuffer> DeviceBuffer::allocate(const Context &context,
                                              size_t bytes) {
  DevicePointer address = 0;
  // The driver refuses an allocation of nothing; an empty tensor is no error.
  if (bytes > 0)
    if (Error error = context.view().call(
            [&](const Functions &f) { return f.memAlloc(&address, bytes); },
            "allocating %zu bytes", bytes))
      return error;
  return DeviceBuffer(Handle(context.view(), address), bytes);
}

Error DeviceBuffer::checkLength(const char *action, size_t hostBytes) const {
  if (hostBytes <= count)
    return Error();
  return rt::makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: %zu bytes on the host, %zu in the device buffer; "
                       "pass at most as many as the buffer holds",
                       action, hostBytes, count);
}

Error DeviceBuffer::copyFrom(std::span<const std::byte> host,
                             StreamHandle stream) const {
  if (Error error = checkLength("copy to the device", host.size()))
    return error;
  if (host.empty())
    return Error();
  return owned.context().call(
      [&](const Functions &f) {
        return f.copyToDevice(address(), host.data(), host.size(), stream);
      },
      "copying %zu bytes to the device", host.size());
}

Error DeviceBuffer::copyTo(std::span<std::byte> host,
                           StreamHandle stream) const {
  if (Error error = checkLength("copy to the host", host.size()))
    return error;
  if (host.empty())
    return Error();
  return owned.context().call(
      [&](const Functions &f) {
        return f.copyToHost(host.data(), address(), host.size(), stream);
      },
      "copying %zu bytes to the host", host.size());
}

Error DeviceBuffer::fill(std::byte value, StreamHandle stream) const {
  if (count == 0)
    return Error();
  return owned.context().call(
      [&](const Functions &f) {
        return f.setBytes(address(), std::to_integer<unsigned char>(value),
                          count, stream);
      },
      "filling %zu bytes", count);
}
