// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Program/BundleWriter.h"

#include "tessera/Program/Bundle.h"

#include <cstring>
#include <elf.h>

using namespace tessera::program;

Image BundleWriter::addImage(ImageKind kind, std::span<const std::byte> code,
                             int32_t leastDriver) {
  Image image{kind, leastDriver, code.size(), {}};
  hashImage(code, image.hash);
  images[{image.hash[0], image.hash[1]}].assign(code.begin(), code.end());
  return image;
}

void BundleWriter::addProgram(const Record &record) {
  programs.emplace_back(record.bytes().begin(), record.bytes().end());
}

namespace {

/// An ELF file as it grows: contents first, section headers last.
class ElfFile {
public:
  ElfFile() : bytes(sizeof(Elf64_Ehdr)) { sections.emplace_back(); }

  void add(const std::string &name, uint32_t type,
           std::span<const std::byte> contents) {
    align();
    Elf64_Shdr section{};
    section.sh_name = uint32_t(names.size());
    section.sh_type = type;
    section.sh_offset = bytes.size();
    section.sh_size = contents.size();
    section.sh_addralign = kAlignment;
    names.append(name).push_back('\0');
    bytes.insert(bytes.end(), contents.begin(), contents.end());
    sections.push_back(section);
  }

  std::vector<std::byte> finish() {
    std::string name = ".shstrtab", all = names + name + '\0';
    add(name, SHT_STRTAB, std::as_bytes(std::span(all)));
    align();
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_NONE;
    header.e_machine = EM_NONE;
    header.e_version = EV_CURRENT;
    header.e_shoff = bytes.size();
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = uint16_t(sections.size());
    header.e_shstrndx = uint16_t(sections.size() - 1);
    std::span<const std::byte> table = std::as_bytes(std::span(sections));
    bytes.insert(bytes.end(), table.begin(), table.end());
    std::memcpy(bytes.data(), &header, sizeof(header));
    return std::move(bytes);
  }

private:
  static constexpr size_t kAlignment = 64; // bytes, as good as any cache line
  void align() {
    bytes.resize((bytes.size() + kAlignment - 1) / kAlignment * kAlignment);
  }

  std::vector<std::byte> bytes;
  std::vector<Elf64_Shdr> sections; ///< the first is of no contents
  std::string names = std::string(1, '\0');
};

} // namespace

std::vector<std::byte> BundleWriter::write() const {
  ElfFile file;
  for (size_t i = 0; i < programs.size(); ++i)
    file.add(kProgramSection + std::to_string(i), SHT_PROGBITS, programs[i]);
  for (const auto &[hash, code] : images)
    file.add(std::string(kImageSection) + HashName({hash[0], hash[1]}).digits,
             SHT_PROGBITS, code);
  return file.finish();
}
