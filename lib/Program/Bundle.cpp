// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading a bundle where it lies. It may come from anywhere: what open() has
// looked at is relied on behind it, and nothing else.
#include "tessera/Program/Bundle.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <string_view>

// Everything inline: what links this needs no library beside the C library.
#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace tessera;
using namespace tessera::program;
using rt::makeError;

//===----------------------------------------------------------------------===//
// Images
//===----------------------------------------------------------------------===//

HashName::HashName(const uint64_t (&hash)[2]) {
  std::snprintf(digits, sizeof(digits), "%016llx%016llx",
                (unsigned long long)hash[1], (unsigned long long)hash[0]);
}

void program::hashImage(std::span<const std::byte> image, uint64_t (&hash)[2]) {
  XXH128_hash_t found = XXH3_128bits(image.data(), image.size());
  hash[0] = found.low64;
  hash[1] = found.high64;
}

Error program::checkImage(const Image &image, std::span<const std::byte> code,
                          const char *function) {
  HashName wanted(image.hash);
  if (code.empty())
    return makeError(TESSERA_DAMAGED,
                     "%s: its code, %s, is not beside its record; copy the "
                     "bundle whole, or compile it again",
                     function, wanted.digits);
  uint64_t hash[2];
  hashImage(code, hash);
  if (code.size() == image.bytes &&
      std::memcmp(hash, image.hash, sizeof(hash)) == 0)
    return Error();
  return makeError(TESSERA_DAMAGED,
                   "%s: its code is %zu bytes with hash %s, its record wants "
                   "%llu with %s; copy the bundle whole, or compile it again",
                   function, code.size(), HashName(hash).digits,
                   (unsigned long long)image.bytes, wanted.digits);
}

//===----------------------------------------------------------------------===//
// Sections
//===----------------------------------------------------------------------===//

static Error damaged(const char *what) {
  return makeError(TESSERA_DAMAGED,
                   "a bundle %s; make it again, or copy it whole", what);
}

namespace {

/// The sections of an ELF file. Headers are copied out, so that it need not be
/// aligned.
class Sections {
public:
  explicit Sections(std::span<const std::byte> file) : file(file) {
    std::memcpy(&header, file.data(), sizeof(header));
  }

  size_t count() const { return header.e_shnum; }
  Elf64_Shdr operator[](size_t i) const {
    Elf64_Shdr section;
    std::memcpy(&section, file.data() + header.e_shoff + i * sizeof(section),
                sizeof(section));
    return section;
  }
  bool holds(uint64_t offset, uint64_t bytes) const {
    return offset <= file.size() && bytes <= file.size() - offset;
  }
  std::span<const std::byte> contents(const Elf64_Shdr &section) const {
    return file.subspan(section.sh_offset, section.sh_size);
  }
  /// Once findProblem() has found none. What is longer than any name of ours
  /// is cut, so that names that overlap keep no reader busy.
  std::string_view name(const Elf64_Shdr &section) const {
    Elf64_Shdr names = (*this)[header.e_shstrndx];
    const auto *first = reinterpret_cast<const char *>(
        file.data() + names.sh_offset + section.sh_name);
    return {first,
            strnlen(first, std::min<uint64_t>(
                               kLongestName, names.sh_size - section.sh_name))};
  }
  /// Null if headers, names and contents lie within the file.
  const char *findProblem() const;

private:
  static constexpr uint64_t kLongestName = 64; // bytes

  std::span<const std::byte> file;
  Elf64_Ehdr header;
};

} // namespace

const char *Sections::findProblem() const {
  if (header.e_shentsize != sizeof(Elf64_Shdr) ||
      !holds(header.e_shoff, count() * sizeof(Elf64_Shdr)))
    return "has sections that lie outside it";
  if (header.e_shstrndx >= count())
    return "has no names for its sections";
  for (size_t i = 0; i < count(); ++i) {
    Elf64_Shdr section = (*this)[i];
    bool isPlain =
        section.sh_type == SHT_PROGBITS || section.sh_type == SHT_STRTAB;
    if (!isPlain && section.sh_type != SHT_NULL)
      return "has a section that is of no kind it knows";
    if (isPlain && !holds(section.sh_offset, section.sh_size))
      return "has a section that lies outside it";
  }
  Elf64_Shdr names = (*this)[header.e_shstrndx];
  if (names.sh_type != SHT_STRTAB || names.sh_size == 0 ||
      contents(names).back() != std::byte(0))
    return "has no names for its sections";
  for (size_t i = 0; i < count(); ++i)
    if ((*this)[i].sh_name >= names.sh_size)
      return "has a section whose name lies outside it";
  return nullptr;
}

static Error checkHeader(std::span<const std::byte> bytes) {
  Elf64_Ehdr header;
  if (bytes.size() < sizeof(header))
    return damaged("ends within its header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64)
    return damaged("does not begin as one, a 64-bit ELF file");
  if (header.e_ident[EI_DATA] != ELFDATA2LSB)
    return damaged("was written for another byte order");
  if (header.e_machine != EM_NONE)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "an ELF file for machine %d, which is no bundle; link "
                     "objects and libraries to the program, and open their "
                     "table",
                     header.e_machine);
  return Error();
}

/// Takes `prefix` off; false if there is none. (What string_view has for this
/// needs the C++ library where nothing is inlined.)
template <size_t size>
static bool strip(std::string_view &name, const char (&prefix)[size]) {
  if (name.size() < size - 1 ||
      !std::equal(prefix, prefix + size - 1, name.begin()))
    return false;
  name.remove_prefix(size - 1);
  return true;
}

/// The number of a record's section, from the digits of its name, or -1.
static int64_t numberOf(std::string_view name) {
  if (name.empty() || name.size() > 9)
    return -1;
  int64_t number = 0;
  for (char c : name) {
    if (c < '0' || c > '9')
      return -1;
    number = 10 * number + (c - '0');
  }
  return number;
}

Expected<Bundle> Bundle::open(std::span<const std::byte> bytes) {
  if (Error error = checkHeader(bytes))
    return error;
  Sections sections(bytes);
  if (const char *problem = sections.findProblem())
    return damaged(problem);
  Bundle bundle(bytes);
  for (size_t i = 0; i < sections.count(); ++i) {
    Elf64_Shdr section = sections[i];
    std::string_view name = sections.name(section);
    if (!strip(name, kProgramSection))
      continue;
    // Section 0 is of no contents, the records follow it.
    if (section.sh_type != SHT_PROGBITS || i != bundle.programs + 1 ||
        numberOf(name) != int64_t(bundle.programs))
      return damaged("has records out of their order");
    if (++bundle.programs > kMostElements)
      return damaged("has more records than a reader takes");
  }
  return bundle;
}

std::span<const std::byte> Bundle::record(size_t number) const {
  Sections sections(bytes);
  return sections.contents(sections[number + 1]);
}

std::span<const std::byte> Bundle::image(const uint64_t (&hash)[2]) const {
  Sections sections(bytes);
  HashName digits(hash);
  std::string_view wanted = digits.digits;
  for (size_t i = 0; i < sections.count(); ++i) {
    Elf64_Shdr section = sections[i];
    std::string_view name = sections.name(section);
    if (section.sh_type == SHT_PROGBITS && strip(name, kImageSection) &&
        name == wanted)
      return sections.contents(section);
  }
  return {};
}
