// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A folder with what was compiled before. Any number of processes share it, each
// may be killed at any time, and the disk may fill up: an entry is there whole,
// or it is not there.
//
//   <key>.tsb    an entry, written beside and renamed
//   <key>.part   the same before that, locked (flock) by who compiles it
#ifndef TESSERA_LIB_RUNTIME_JIT_CACHE_H
#define TESSERA_LIB_RUNTIME_JIT_CACHE_H

#include "../Programs/Memory.h"
#include "Hash.h"

namespace tessera::rt {

/// What an entry and its lock are called.
struct EntryName {
  EntryName(const Hash &key, const char *suffix);
  char chars[2 * sizeof(Hash) + 8];
};
inline constexpr char kEntrySuffix[] = ".tsb", kPartSuffix[] = ".part";

/// Whether `file` is what the folder has by that name.
bool isFileIn(int directory, const char *name, int file);

class Cache {
public:
  Cache() = default;
  Cache(const Cache &) = delete;
  Cache &operator=(const Cache &) = delete;
  ~Cache();

  /// The one that the environment names. False if there is to be none, or if it
  /// cannot be used or trusted, of which the log says why.
  bool open();

  /// A file that holds the entry, to be verified and closed; -1: none. It
  /// counts as used now.
  int find(const Hash &key) const;
  /// Removes the entry unless it is another file than `file` by now.
  void remove(const Hash &key, int file) const;
  /// Removes what was used longest ago until the rest fits the bound, and what
  /// killed processes have left.
  void trim() const;

  int folder() const { return directory; }

private:
  int directory = -1;
  uint64_t mostBytes = 0;
};

/// The right to compile an entry. Who is killed has it no more.
class EntryLock {
public:
  EntryLock() = default;
  EntryLock(const EntryLock &) = delete;
  EntryLock &operator=(const EntryLock &) = delete;
  ~EntryLock();

  /// Waits until nobody else has it; false if it cannot be had: the cache
  /// cannot be written, or somebody takes all too long.
  bool take(const Cache &cache, const Hash &key);
  /// Makes these bytes the entry; false if the disk does not take them. Once.
  bool keep(const Array<std::byte> &entry);

private:
  int directory = -1, file = -1;
  bool isKept = false;
  Hash key;
};

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_JIT_CACHE_H
