// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of a GPU. Copies and fills are enqueued and return at once: memory of
// the host that takes part must live until the stream has been waited for.
#ifndef TESSERA_DRIVER_MEMORY_H
#define TESSERA_DRIVER_MEMORY_H

#include "tessera/Driver/Owned.h"

#include <cstddef>
#include <span>

namespace tessera::driver {

/// Bytes on the device, aligned to 256; no bytes have the address 0.
/// Destruction waits for the whole context.
class DeviceBuffer {
public:
  static Expected<DeviceBuffer> allocate(const Context &context, size_t bytes);

  DevicePointer address() const { return owned.get(); }
  size_t bytes() const { return count; }

  /// Host to device, from the buffer's first byte on.
  Error copyFrom(std::span<const std::byte> host, StreamHandle stream) const;
  /// Device to host, from the buffer's first byte on.
  Error copyTo(std::span<std::byte> host, StreamHandle stream) const;
  /// Every byte of the buffer.
  Error fill(std::byte value, StreamHandle stream) const;

private:
  using Handle = Owned<DevicePointer, &Functions::memFree>;
  DeviceBuffer(Handle handle, size_t bytes)
      : owned(std::move(handle)), count(bytes) {}
  Error checkLength(const char *action, size_t hostBytes) const;

  Handle owned;
  size_t count;
};

} // namespace tessera::driver

#endif // TESSERA_DRIVER_MEMORY_H
