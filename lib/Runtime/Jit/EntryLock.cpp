// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One compiles, the others wait. The lock is the file that becomes the entry, so
// that nothing is left of it.
#include "Cache.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using namespace tessera;
using namespace tessera::rt;

/// Waits for the lock; false if that fails or takes longer than any
/// compilation.
static bool waitFor(int file) {
  constexpr timespec kPause = {0, 10'000'000};
  constexpr int kMostPauses = 60'000; // ten minutes
  for (int pauses = 0; flock(file, LOCK_EX | LOCK_NB) != 0;) {
    if (errno == EINTR)
      continue;
    if (errno != EWOULDBLOCK || ++pauses > kMostPauses) {
      logLine("no cache: waiting for another process: %s",
              errno == EWOULDBLOCK ? "it takes too long"
                                   : std::strerror(errno));
      return false;
    }
    if (pauses == 1)
      logLine("waiting for another process that compiles the same");
    nanosleep(&kPause, nullptr);
  }
  return true;
}

bool EntryLock::take(const Cache &cache, const Hash &wanted) {
  EntryName name(wanted, kPartSuffix);
  directory = cache.folder();
  key = wanted;
  // What it waited for has become the entry, or has been swept away.
  do {
    if (file >= 0)
      close(file);
    file = openat(directory, name.chars,
                  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
      logLine("no cache: it cannot be written: %s", std::strerror(errno));
      return false;
    }
    if (!waitFor(file)) {
      close(file);
      file = -1;
      return false;
    }
  } while (!isFileIn(directory, name.chars, file));
  return true;
}

static bool writeAll(int file, const Array<std::byte> &bytes) {
  if (ftruncate(file, 0) != 0)
    return false;
  for (size_t done = 0; done < bytes.size();) {
    ssize_t written =
        pwrite(file, bytes.begin() + done, bytes.size() - done, off_t(done));
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    done += size_t(written);
  }
  return true;
}

bool EntryLock::keep(const Array<std::byte> &entry) {
  // On the disk before it has the name: a machine that stops leaves no entry
  // of zeros, which would be found damaged, but found.
  if (writeAll(file, entry) && fsync(file) == 0 &&
      renameat(directory, EntryName(key, kPartSuffix).chars, directory,
               EntryName(key, kEntrySuffix).chars) == 0)
    return isKept = true;
  logLine("not cached: %s", std::strerror(errno));
  return false;
}

EntryLock::~EntryLock() {
  if (file < 0)
    return;
  if (!isKept)
    unlinkat(directory, EntryName(key, kPartSuffix).chars, 0);
  // A child of this process may have the file, too.
  flock(file, LOCK_UN);
  close(file);
}
