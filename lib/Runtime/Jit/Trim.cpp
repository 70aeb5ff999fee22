// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keeping the cache within its bound, and clean.
#include "Cache.h"

#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace tessera;
using namespace tessera::rt;

/// Whether a file is one of ours, and no entry of somebody else's.
static bool isNamed(const char *name, const char *suffix) {
  size_t digits = program::kHashDigits;
  return strspn(name, "0123456789abcdef") == digits &&
         std::strcmp(name + digits, suffix) == 0;
}

/// Of a process that was killed: nobody has the lock.
static void removeAbandoned(int directory, const char *name) {
  int file = openat(directory, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0)
    return;
  if (flock(file, LOCK_EX | LOCK_NB) == 0 && isFileIn(directory, name, file))
    unlinkat(directory, name, 0);
  flock(file, LOCK_UN);
  close(file);
}

namespace {
/// What a look at the folder gives.
struct Contents {
  uint64_t bytes = 0;
  char oldest[NAME_MAX + 1] = {}; ///< used longest ago; "": there is none
};
} // namespace

static bool isEarlier(const timespec &a, const timespec &b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static Contents look(int directory) {
  Contents found;
  int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = copy < 0 ? nullptr : fdopendir(copy);
  if (!folder) {
    if (copy >= 0)
      close(copy);
    return found;
  }
  timespec least{};
  while (const dirent *file = readdir(folder)) {
    if (isNamed(file->d_name, kPartSuffix))
      removeAbandoned(directory, file->d_name);
    struct stat status{};
    if (!isNamed(file->d_name, kEntrySuffix) ||
        fstatat(directory, file->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    found.bytes += uint64_t(status.st_size);
    if (*found.oldest && !isEarlier(status.st_mtim, least))
      continue;
    least = status.st_mtim;
    std::snprintf(found.oldest, sizeof(found.oldest), "%s", file->d_name);
  }
  closedir(folder);
  return found;
}

void Cache::trim() const {
  // One at a time, so that two do not both make room for the same.
  if (flock(directory, LOCK_EX) != 0)
    return;
  for (Contents found = look(directory);
       found.bytes > mostBytes && *found.oldest; found = look(directory)) {
    logLine("cache: %llu bytes, %llu are kept; removing %s",
            (unsigned long long)found.bytes, (unsigned long long)mostBytes,
            found.oldest);
    if (unlinkat(directory, found.oldest, 0) != 0)
      break;
  }
  flock(directory, LOCK_UN);
}
