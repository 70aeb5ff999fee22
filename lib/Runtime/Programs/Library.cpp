// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opening libraries and finding code in them.
#include "Library.h"

#include "LoadedProgram.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace tessera;
using namespace tessera::rt;
using program::Bundle;
using program::Index;
using program::Program;

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static Error cannotOpen(const char *path, const char *reason) {
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s cannot be opened: %s; pass the path of a bundle", path,
                   reason);
}

Error Mapping::open(const char *path) {
  int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return cannotOpen(path, std::strerror(errno));
  const char *reason = nullptr;
  struct stat status{};
  if (fstat(file, &status) == 0 && !S_ISREG(status.st_mode))
    reason = "it is no file";
  else if (status.st_size == 0)
    reason = "it is empty";
  else if (!map(file))
    reason = std::strerror(errno);
  close(file);
  return reason ? cannotOpen(path, reason) : Error();
}

bool Mapping::map(int file) {
  struct stat status{};
  if (fstat(file, &status) != 0)
    return false;
  void *mapped = mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_PRIVATE,
                      file, /*offset=*/0);
  if (mapped == MAP_FAILED)
    return false;
  first = static_cast<const std::byte *>(mapped);
  size = size_t(status.st_size);
  return true;
}

Mapping::~Mapping() {
  if (first)
    munmap(const_cast<std::byte *>(first), size);
}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

static Error openRecord(std::span<const std::byte> bytes,
                        Candidate &candidate) {
  Expected<Program> record = Program::open(bytes);
  if (!record)
    return record.takeError();
  candidate.first = bytes.data();
  logLine("record of %s for %s, %zu kernels", record->function(),
          record->chip(), record->kernels().size());
  return Error();
}

Error tessera_library::openBundle(std::span<const std::byte> bytes) {
  Expected<Bundle> opened = Bundle::open(bytes);
  if (!opened)
    return opened.takeError();
  bundle = *opened;
  if (!candidates.make(bundle->programCount()))
    return outOfMemory("a library");
  for (size_t i = 0; i < candidates.size(); ++i)
    if (Error error = openRecord(bundle->record(i), candidates[i]))
      return error;
  return Error();
}

Error tessera_library::openTable(const tessera_object_table &table) {
  if (table.struct_size < sizeof(table) ||
      table.program_size < sizeof(tessera_object_program))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "the table of an object has %zu and %zu bytes, %zu and "
                     "%zu at least are accepted; compile the object again",
                     table.struct_size, table.program_size, sizeof(table),
                     sizeof(tessera_object_program));
  if (!candidates.make(table.program_count))
    return outOfMemory("a library");
  for (size_t i = 0; i < candidates.size(); ++i) {
    candidates[i].object = &programOf(table, i);
    const auto *first =
        static_cast<const std::byte *>(candidates[i].object->record);
    if (Error error = openRecord({first, candidates[i].object->record_bytes},
                                 candidates[i]))
      return error;
  }
  return Error();
}

Expected<std::span<const std::byte>>
tessera_library::code(const Candidate &candidate, Index number) const {
  Program record = candidate.record();
  const program::Image &image = record.images()[size_t(number)];
  std::span<const std::byte> found;
  if (bundle)
    found = bundle->image(image.hash);
  else if (candidate.object && candidate.object->images &&
           candidate.object->images[number])
    found = {static_cast<const std::byte *>(candidate.object->images[number]),
             candidate.object->image_bytes[number]};
  if (Error error = checkImage(image, found, record.function()))
    return error;
  return found;
}

/// The image for the host that a record has; null without one.
static const program::Image *hostImage(const Program &record, Index &number) {
  for (number = 0; size_t(number) < record.images().size(); ++number)
    if (record.images()[size_t(number)].kind == program::ImageKind::Host)
      return &record.images()[size_t(number)];
  return nullptr;
}

Expected<HostEntry> tessera_library::hostEntry(const Candidate &candidate) {
  Program record = candidate.record();
  if (candidate.object && candidate.object->call)
    return HostEntry{candidate.object->call, candidate.object->compute};
  Index number = program::kNone;
  const program::Image *image = hostImage(record, number);
  if (candidate.object || !image)
    return makeError(TESSERA_NOT_FOUND,
                     "%s: its code for the host is not in the library; link "
                     "the object to the process and open its table, or compile "
                     "a bundle",
                     record.function());
  Lock lock(mutex);
  for (HostCode *loaded = hostCode; loaded; loaded = loaded->next)
    if (loaded->is(*image))
      return loaded->find(record.function());
  Expected<std::span<const std::byte>> bytes = code(candidate, number);
  if (!bytes)
    return bytes.takeError();
  auto *made = makeObject<HostCode>();
  if (!made)
    return outOfMemory("code for the host");
  if (Error error = made->load(*image, *bytes)) {
    destroyObject(made);
    return makeError(error.code(), "%s: %s", record.function(),
                     error.message());
  }
  logLine("%s: loaded code for the host, %zu bytes", record.function(),
          bytes->size());
  made->next = hostCode;
  hostCode = made;
  return made->find(record.function());
}

//===----------------------------------------------------------------------===//
// Owners
//===----------------------------------------------------------------------===//

tessera_library::~tessera_library() {
  for (Candidate &candidate : candidates)
    while (tessera_program *program = candidate.programs) {
      candidate.programs = program->next;
      destroyObject(program);
    }
  while (HostCode *code = hostCode) {
    hostCode = code->next;
    destroyObject(code);
  }
  std::free(owned);
}

void tessera_library::release() {
  if (references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    destroyObject(this);
}

template <typename Fill>
static tessera_error *openLibrary(tessera_library **library, Fill fill) {
  *library = nullptr;
  Expected<tessera_library *> made = makeLibrary(fill);
  if (!made)
    return made.takeError().release();
  *library = *made;
  return nullptr;
}

tessera_error *tessera_library_open(const char *path,
                                    tessera_library **library) {
  return openLibrary(library, [&](tessera_library &made) {
    logLine("opening %s", path);
    if (Error error = made.mapping.open(path))
      return error;
    Error error = made.openBundle(made.mapping.bytes());
    return error ? makeError(error.code(), "%s: %s", path, error.message())
                 : Error();
  });
}

tessera_error *tessera_library_open_bytes(const void *bytes, size_t size,
                                          tessera_library **library) {
  return openLibrary(library, [&](tessera_library &made) {
    return made.openBundle({static_cast<const std::byte *>(bytes), size});
  });
}

tessera_error *tessera_library_open_table(const tessera_object_table *table,
                                          tessera_library **library) {
  return openLibrary(
      library, [&](tessera_library &made) { return made.openTable(*table); });
}

void tessera_library_close(tessera_library *library) {
  if (library)
    library->release();
}
