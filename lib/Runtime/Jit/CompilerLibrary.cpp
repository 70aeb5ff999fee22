// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CompilerLibrary.h"

#include "../Programs/Memory.h"
#include "tessera/Version.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace tessera;
using namespace tessera::rt;

#define TESSERA_TEXT(token) #token
#define TESSERA_SONAME(major, minor)                                           \
  "libtessera_compiler.so." TESSERA_TEXT(major) "." TESSERA_TEXT(minor)
static constexpr char kSoname[] =
    TESSERA_SONAME(TESSERA_VERSION_MAJOR, TESSERA_VERSION_MINOR);
#undef TESSERA_SONAME
#undef TESSERA_TEXT

//===----------------------------------------------------------------------===//
// Which build it is
//===----------------------------------------------------------------------===//

namespace {
class File {
public:
  explicit File(const char *path) : number(open(path, O_RDONLY | O_CLOEXEC)) {}
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  ~File() {
    if (number >= 0)
      close(number);
  }
  bool isOpen() const { return number >= 0; }
  bool read(void *to, size_t bytes, uint64_t offset) const {
    return pread(number, to, bytes, off_t(offset)) == ssize_t(bytes);
  }
  bool status(struct stat &into) const { return fstat(number, &into) == 0; }

private:
  int number;
};
} // namespace

/// Of a segment of notes, the one in which a linker keeps a hash of all that it
/// has made.
static bool readBuildId(const File &file, const Elf64_Phdr &segment,
                        Hasher &hasher) {
  char notes[4096];
  if (segment.p_filesz > sizeof(notes) ||
      !file.read(notes, segment.p_filesz, segment.p_offset))
    return false;
  size_t end = segment.p_filesz, place = 0;
  auto padded = [](size_t bytes) { return (bytes + 3) / 4 * 4; };
  while (place + sizeof(Elf64_Nhdr) <= end) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes + place, sizeof(note));
    size_t name = place + sizeof(note), value = name + padded(note.n_namesz);
    place = value + padded(note.n_descsz);
    if (place > end)
      return false;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(notes + name, "GNU", 4) == 0) {
      hasher.add(std::as_bytes(std::span(notes + value, note.n_descsz)));
      return true;
    }
  }
  return false;
}

static bool readBuildId(const File &file, Hasher &hasher) {
  Elf64_Ehdr header;
  if (!file.read(&header, sizeof(header), 0) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return false;
  for (int i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!file.read(&segment, sizeof(segment),
                   header.e_phoff + uint64_t(i) * sizeof(segment)))
      return false;
    if (segment.p_type == PT_NOTE && readBuildId(file, segment, hasher))
      return true;
  }
  return false;
}

/// Whether there is such a file; then also which build of it.
static bool identify(CompilerFile &found) {
  File file(found.path);
  struct stat status{};
  if (!file.isOpen() || !file.status(status) || !S_ISREG(status.st_mode))
    return false;
  Hasher hasher;
  if (!readBuildId(file, hasher)) {
    hasher.add(uint64_t(status.st_size));
    hasher.add(uint64_t(status.st_mtim.tv_sec));
    hasher.add(uint64_t(status.st_mtim.tv_nsec));
  }
  found.identity = hasher.result();
  return true;
}

//===----------------------------------------------------------------------===//
// Where it is
//===----------------------------------------------------------------------===//

/// Beside the library, or the program, that has this function.
static bool besideThis(char (&path)[PATH_MAX]) {
  Dl_info here{};
  if (!dladdr(reinterpret_cast<void *>(&tessera_version), &here) ||
      !here.dli_fname)
    return false;
  const char *slash = std::strrchr(here.dli_fname, '/');
  int folder = slash ? int(slash - here.dli_fname) : 1;
  int length = std::snprintf(path, sizeof(path), "%.*s/%s", folder,
                             slash ? here.dli_fname : ".", kSoname);
  return length > 0 && size_t(length) < sizeof(path);
}

/// Where the dynamic linker finds it, which has to open it for that.
static bool whereLinked(char (&path)[PATH_MAX]) {
  void *handle = dlopen(kSoname, RTLD_NOW | RTLD_LOCAL);
  link_map *map = nullptr;
  if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, static_cast<void *>(&map)))
    return false;
  int length = std::snprintf(path, sizeof(path), "%s", map->l_name);
  return length > 0 && size_t(length) < sizeof(path);
}

Expected<CompilerFile> CompilerFile::find() {
  CompilerFile found;
  if (const char *named = secure_getenv("TESSERA_COMPILER"); named && *named) {
    int length = std::snprintf(found.path, sizeof(found.path), "%s", named);
    if (size_t(length) < sizeof(found.path) && identify(found))
      return found;
    return makeError(TESSERA_NOT_FOUND,
                     "TESSERA_COMPILER names '%s', which cannot be read; name "
                     "%s",
                     named, kSoname);
  }
  if ((besideThis(found.path) && identify(found)) ||
      (whereLinked(found.path) && identify(found)))
    return found;
  return makeError(TESSERA_NOT_FOUND,
                   "there is no %s to compile with, beside libtessera_rt or "
                   "where the dynamic linker looks; install tessera-compiler, "
                   "name the file in TESSERA_COMPILER, or open a bundle that "
                   "was compiled before",
                   kSoname);
}

//===----------------------------------------------------------------------===//
// Calling it
//===----------------------------------------------------------------------===//

Expected<Compiler> Compiler::open(const CompilerFile &file) {
  void *handle = dlopen(file.path, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return makeError(TESSERA_NOT_FOUND,
                     "%s cannot be loaded: %s; install tessera-compiler, of "
                     "version " TESSERA_VERSION_STRING,
                     file.path, dlerror());
  Compiler compiler{
      reinterpret_cast<decltype(run)>(dlsym(handle, "tessera_compiler_run")),
      reinterpret_cast<decltype(release)>(
          dlsym(handle, "tessera_compiler_release")),
      reinterpret_cast<decltype(version)>(
          dlsym(handle, "tessera_compiler_version"))};
  if (compiler.run && compiler.release && compiler.version)
    return compiler;
  dlclose(handle);
  return makeError(TESSERA_NOT_FOUND,
                   "%s is no compiler of Tessera; install tessera-compiler, of "
                   "version " TESSERA_VERSION_STRING,
                   file.path);
}

Error Compiled::run(const tessera_compiler_job &job) {
  int32_t code = compiler.run(&job, &result);
  if (code == TESSERA_OK)
    return Error();
  if (!result.message)
    return outOfMemory("a compilation");
  return makeError(code, "%s", result.message);
}
