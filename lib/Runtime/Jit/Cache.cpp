// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the cache is, and who may use it.
#include "Cache.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace tessera;
using namespace tessera::rt;

EntryName::EntryName(const Hash &key, const char *suffix) {
  std::snprintf(chars, sizeof(chars), "%s%s",
                program::HashName(key.words).digits, suffix);
}

//===----------------------------------------------------------------------===//
// The folder
//===----------------------------------------------------------------------===//

static const char *environment(const char *name) {
  const char *value = secure_getenv(name);
  return value && *value ? value : nullptr;
}

/// False if the environment says nothing that leads there.
static bool placeOf(char (&path)[PATH_MAX]) {
  int length = 0;
  if (const char *named = environment("TESSERA_CACHE_DIR"))
    length = std::snprintf(path, sizeof(path), "%s", named);
  else if (const char *caches = environment("XDG_CACHE_HOME"))
    length = std::snprintf(path, sizeof(path), "%s/tessera", caches);
  else if (const char *home = environment("HOME"))
    length = std::snprintf(path, sizeof(path), "%s/.cache/tessera", home);
  return length > 0 && size_t(length) < sizeof(path);
}

/// Makes what is not there yet; for this user alone.
static void makeFolders(char *path) {
  for (char *slash = std::strchr(path + 1, '/'); slash;
       slash = std::strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
  }
  mkdir(path, 0700);
}

/// Whoever can write there could have any code run.
static const char *whyNotTrusted(int directory) {
  struct stat status{};
  if (fstat(directory, &status) != 0)
    return std::strerror(errno);
  if (status.st_uid != geteuid())
    return "it belongs to another user";
  if (status.st_mode & (S_IWGRP | S_IWOTH))
    return "other users can write there; chmod 700 it";
  return nullptr;
}

static uint64_t readBound() {
  constexpr uint64_t kDefault = uint64_t(1) << 30;
  const char *text = environment("TESSERA_CACHE_BYTES");
  if (!text)
    return kDefault;
  char *end = nullptr;
  errno = 0;
  unsigned long long bytes = std::strtoull(text, &end, 10);
  if (errno == 0 && *end == '\0' && text[0] != '-')
    return bytes;
  logLine("TESSERA_CACHE_BYTES is '%s', which is no number of bytes; %llu is "
          "used",
          text, (unsigned long long)kDefault);
  return kDefault;
}

bool Cache::open() {
  if (const char *wanted = environment("TESSERA_CACHE");
      wanted && std::strcmp(wanted, "0") == 0)
    return false;
  char path[PATH_MAX];
  if (!placeOf(path)) {
    logLine("no cache: neither TESSERA_CACHE_DIR nor XDG_CACHE_HOME nor HOME "
            "says where");
    return false;
  }
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  directory = ::open(path, kFlags);
  if (directory < 0 && errno == ENOENT) {
    makeFolders(path);
    directory = ::open(path, kFlags);
  }
  const char *why =
      directory < 0 ? std::strerror(errno) : whyNotTrusted(directory);
  if (why)
    logLine("no cache: '%s' is not used: %s", path, why);
  mostBytes = readBound();
  return why == nullptr;
}

Cache::~Cache() {
  if (directory >= 0)
    close(directory);
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

int Cache::find(const Hash &key) const {
  int file = openat(directory, EntryName(key, kEntrySuffix).chars,
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file >= 0)
    futimens(file, nullptr); // now
  return file;
}

bool rt::isFileIn(int directory, const char *name, int file) {
  struct stat here{}, there{};
  return fstat(file, &here) == 0 &&
         fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

void Cache::remove(const Hash &key, int file) const {
  EntryName name(key, kEntrySuffix);
  if (isFileIn(directory, name.chars, file))
    unlinkat(directory, name.chars, 0);
}
