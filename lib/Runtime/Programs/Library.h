// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a library holds: records that have been verified, where their code is,
// and the programs that were found so far.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_LIBRARY_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_LIBRARY_H

#include "HostCode.h"
#include "Memory.h"

#include "tessera-c/Program.h"
#include "tessera/Program/Bundle.h"

#include <atomic>
#include <optional>

namespace tessera::rt {

/// One record of a library.
struct Candidate {
  program::Program record() const { return program::Program::trust(first); }

  const std::byte *first = nullptr;
  const tessera_object_program *object = nullptr; ///< null: of a bundle
  tessera_program *programs = nullptr;            ///< found, one a context
};

/// Of a table that says how large its elements are.
inline const tessera_object_program &
programOf(const tessera_object_table &table, size_t number) {
  const auto *first = reinterpret_cast<const std::byte *>(table.programs);
  return *reinterpret_cast<const tessera_object_program *>(
      first + number * table.program_size);
}

/// A file in memory.
class Mapping {
public:
  Mapping() = default;
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;
  ~Mapping();
  Error open(const char *path);
  /// Of an open file, which may be closed then; false with errno set.
  bool map(int file);
  std::span<const std::byte> bytes() const { return {first, size}; }

private:
  const std::byte *first = nullptr;
  size_t size = 0;
};

} // namespace tessera::rt

struct tessera_library {
  ~tessera_library();
  void retain() { references.fetch_add(1, std::memory_order_relaxed); }
  void release();

  tessera::rt::Error openBundle(std::span<const std::byte> bytes);
  tessera::rt::Error openTable(const tessera_object_table &table);

  /// The bytes of an image, which are what its record says.
  tessera::rt::Expected<std::span<const std::byte>>
  code(const tessera::rt::Candidate &candidate,
       tessera::program::Index image) const;

  /// What a program for the host is called by. Loads its code the first time.
  tessera::rt::Expected<tessera::rt::HostEntry>
  hostEntry(const tessera::rt::Candidate &candidate);

  std::atomic<int32_t> references{1}; ///< its owner's, and one a launches
  tessera::rt::Mapping mapping;
  void *owned = nullptr; ///< a bundle in memory, or null
  std::optional<tessera::program::Bundle> bundle;
  tessera::rt::Array<tessera::rt::Candidate> candidates;
  tessera::rt::Mutex mutex;                  ///< of what was found or loaded
  tessera::rt::HostCode *hostCode = nullptr; ///< each image once
};

namespace tessera::rt {

/// A library that fill(library) fills.
template <typename Fill>
Expected<tessera_library *> makeLibrary(Fill fill) {
  auto *made = makeObject<tessera_library>();
  if (!made)
    return outOfMemory("a library");
  Error error = fill(*made);
  if (!error)
    return made;
  made->release();
  return error;
}

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_LIBRARY_H
