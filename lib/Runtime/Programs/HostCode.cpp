// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "HostCode.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <iterator>
#include <sys/mman.h>
#include <unistd.h>

using namespace tessera;
using namespace tessera::rt;
using program::HostFunction;
using program::HostImage;

#define TESSERA_ADDRESS(callee) reinterpret_cast<void *>(&(callee)),
static void *const kCallees[] = {TESSERA_HOST_CALLEES(TESSERA_ADDRESS)};
#undef TESSERA_ADDRESS

static Error cannotLoad(const char *doing, const char *reason) {
  return makeError(TESSERA_OUT_OF_MEMORY,
                   "code for the host cannot be loaded, %s: %s; allow this "
                   "process files in memory and /proc, or link an object",
                   doing, reason);
}

/// A file of this process alone, which holds `code`; -1 with errno set.
static int fileOf(std::span<const std::byte> code) {
  int file = memfd_create("tessera-host-code", MFD_CLOEXEC);
  while (file >= 0 && !code.empty()) {
    ssize_t written = write(file, code.data(), code.size());
    if (written > 0) {
      code = code.subspan(size_t(written));
    } else if (written == 0 || errno != EINTR) {
      int reason = errno;
      close(file);
      errno = reason;
      file = -1;
    }
  }
  return file;
}

Error HostCode::load(const program::Image &wanted,
                     std::span<const std::byte> code) {
  std::memcpy(hash, wanted.hash, sizeof(hash));
  file = fileOf(code);
  if (file < 0)
    return cannotLoad("memfd_create", std::strerror(errno));
  // The dynamic linker knows what is loaded by its path: this one is nobody
  // else's as long as the file is open.
  char path[64];
  std::snprintf(path, sizeof(path), "/proc/self/fd/./%d", file);
  handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return cannotLoad("dlopen", dlerror());
  const auto *found =
      static_cast<const HostImage *>(dlsym(handle, program::kHostImageSymbol));
  if (!found || found->version != program::kHostImageVersion ||
      found->calleeCount != std::size(program::kHostCallees))
    return makeError(TESSERA_DAMAGED,
                     "code for the host is of another version; compile it "
                     "again");
  *found->callees = kCallees;
  image = found;
  return Error();
}

HostCode::~HostCode() {
  if (handle)
    dlclose(handle);
  if (file >= 0)
    close(file);
}

bool HostCode::is(const program::Image &wanted) const {
  return std::memcmp(hash, wanted.hash, sizeof(hash)) == 0;
}

Expected<HostEntry> HostCode::find(const char *function) const {
  for (uint64_t i = 0; i < image->functionCount; ++i) {
    const HostFunction &found = image->functions[i];
    if (std::strcmp(found.name, function) == 0)
      return HostEntry{found.call, found.compute};
  }
  return makeError(TESSERA_DAMAGED,
                   "%s: its code for the host does not have it; compile it "
                   "again",
                   function);
}
