// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Entry.h"

#include <cstddef>
#include <cstring>
#include <sys/stat.h>

using namespace tessera;
using namespace tessera::rt;

namespace {

/// As it begins. Behind it are the states of the files, their paths, each
/// ending with 0, and the bundle.
struct Head {
  char magic[8];
  uint64_t version;
  Hash hash; ///< of all that follows
  Hash key;
  uint64_t bytes; ///< of the whole entry
  uint64_t fileCount;
  uint64_t bundleOffset, bundleBytes;
};
constexpr size_t kHashedFrom = offsetof(Head, key);

constexpr char kMagic[8] = {'t', 's', 'r', 'c', 'a', 'c', 'h', 'e'};
constexpr uint64_t kVersion = 1;
constexpr uint64_t kAlignment = 64; // of the bundle, bytes
constexpr uint64_t kMostFiles = 4096;

/// All 0: it is not there.
struct FileState {
  uint64_t device, inode, bytes;
  int64_t seconds, nanoseconds; ///< when it was written
  bool operator==(const FileState &) const = default;
};

} // namespace

static FileState stateOf(const char *path, timespec *changed = nullptr) {
  struct stat status{};
  if (stat(path, &status) != 0)
    return {};
  if (changed)
    *changed = status.st_ctim;
  return {uint64_t(status.st_dev), uint64_t(status.st_ino),
          uint64_t(status.st_size), int64_t(status.st_mtim.tv_sec),
          int64_t(status.st_mtim.tv_nsec)};
}

static const char *checkFiles(std::span<const std::byte> paths,
                              std::span<const std::byte> states,
                              uint64_t count) {
  const char *path = reinterpret_cast<const char *>(paths.data());
  const char *end = path + paths.size();
  for (uint64_t i = 0; i < count; ++i) {
    size_t length = strnlen(path, size_t(end - path));
    if (path + length == end)
      return "names of files are cut";
    FileState was;
    std::memcpy(&was, states.data() + i * sizeof(was), sizeof(was));
    if (!(stateOf(path) == was))
      return "an assembler has come, gone or changed";
    path += length + 1;
  }
  return nullptr;
}

const char *rt::readEntry(std::span<const std::byte> entry, const Hash &key,
                          std::span<const std::byte> &bundle) {
  Head head;
  if (entry.size() < sizeof(head))
    return "it is cut";
  std::memcpy(&head, entry.data(), sizeof(head));
  if (std::memcmp(head.magic, kMagic, sizeof(kMagic)) != 0 ||
      head.version != kVersion)
    return "it is none, or of another version";
  if (head.bytes != entry.size())
    return "it is cut";
  if (!(hashOf(entry.subspan(kHashedFrom)) == head.hash))
    return "it is damaged";
  if (!(head.key == key))
    return "it belongs to something else";
  uint64_t states = head.fileCount * sizeof(FileState);
  if (head.fileCount > kMostFiles || head.bundleOffset % kAlignment != 0 ||
      head.bundleOffset < sizeof(head) + states ||
      head.bundleOffset > entry.size() ||
      head.bundleBytes != entry.size() - head.bundleOffset)
    return "its head is damaged";
  std::span<const std::byte> files =
      entry.subspan(sizeof(head), head.bundleOffset - sizeof(head));
  if (const char *why = checkFiles(files.subspan(states), files.first(states),
                                   head.fileCount))
    return why;
  bundle = entry.subspan(head.bundleOffset);
  return nullptr;
}

static bool isBefore(const timespec &a, const timespec &b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

bool rt::writeEntry(const Hash &key, std::span<const std::byte> bundle,
                    const char *files, const timespec &start,
                    Array<std::byte> &entry) {
  Head head{};
  std::memcpy(head.magic, kMagic, sizeof(kMagic));
  head.version = kVersion;
  head.key = key;
  const char *end = files;
  for (; *end; end += std::strlen(end) + 1)
    ++head.fileCount;
  uint64_t states = head.fileCount * sizeof(FileState),
           texts = uint64_t(end - files);
  head.bundleOffset = (sizeof(head) + states + texts + kAlignment - 1) /
                      kAlignment * kAlignment;
  head.bundleBytes = bundle.size();
  head.bytes = head.bundleOffset + head.bundleBytes;
  if (head.fileCount > kMostFiles || !entry.make(head.bytes))
    return false;
  std::byte *place = entry.begin() + sizeof(head);
  for (const char *file = files; *file; file += std::strlen(file) + 1) {
    timespec changed{};
    FileState state = stateOf(file, &changed);
    if (!isBefore(changed, start))
      return false;
    std::memcpy(place, &state, sizeof(state));
    place += sizeof(state);
  }
  std::memcpy(place, files, texts);
  std::memcpy(entry.begin() + head.bundleOffset, bundle.data(), bundle.size());
  std::memcpy(entry.begin(), &head, sizeof(head));
  head.hash = hashOf({entry.begin() + kHashedFrom, entry.size() - kHashedFrom});
  std::memcpy(entry.begin(), &head, sizeof(head));
  return true;
}
