// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code for the host that came in a bundle, loaded into this process.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_HOSTCODE_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_HOSTCODE_H

#include "Memory.h"

#include "tessera/Program/HostImage.h"
#include "tessera/Program/Program.h"

namespace tessera::rt {

/// What a program for the host is called by.
struct HostEntry {
  tessera_object_call *call = nullptr;
  tessera_rt_compute *compute = nullptr; ///< or null
};

/// An image, from its first use to the end of the library.
class HostCode {
public:
  HostCode() = default;
  HostCode(const HostCode &) = delete;
  HostCode &operator=(const HostCode &) = delete;
  ~HostCode();

  /// Code that is what its record says.
  Error load(const program::Image &image, std::span<const std::byte> code);
  bool is(const program::Image &image) const;
  Expected<HostEntry> find(const char *function) const;

  HostCode *next = nullptr; ///< of the library

private:
  uint64_t hash[2] = {};
  int file = -1; ///< open as long as the code is loaded
  void *handle = nullptr;
  const program::HostImage *image = nullptr;
};

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_HOSTCODE_H
