// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bundles as files have them: whole, cut, and with any byte changed.
#include "tessera/Program/Bundle.h"
#include "tessera/Program/BundleWriter.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace tessera::program;

namespace {

Record makeRecord(const char *function, const Image &image) {
  Writer w;
  w.head.function = w.text(function);
  w.head.chip = w.text("sm_90a");
  w.head.leastWorkspace = w.head.bestWorkspace = w.constant(0);
  w.images.push_back(image);
  return w.write();
}

std::vector<std::byte> code(size_t bytes) {
  return std::vector<std::byte>(bytes, std::byte('c'));
}

/// A bundle of two records that share an image, whose bytes a test changes.
struct Damage {
  Damage() {
    BundleWriter writer;
    image = writer.addImage(ImageKind::Cubin, code(100), 12040);
    writer.addProgram(makeRecord("f", image));
    writer.addImage(ImageKind::Cubin, code(100), 12040);
    writer.addProgram(makeRecord("g", image));
    bytes = writer.write();
  }
  Elf64_Ehdr &head() { return *reinterpret_cast<Elf64_Ehdr *>(bytes.data()); }
  Elf64_Shdr &section(size_t i) {
    return reinterpret_cast<Elf64_Shdr *>(bytes.data() + head().e_shoff)[i];
  }
  std::string open() {
    auto bundle = Bundle::open(bytes);
    return bundle ? "" : bundle.error().message();
  }
  Image image;
  std::vector<std::byte> bytes;
};

} // namespace

TEST(Bundle, OpensAsWritten) {
  Damage whole;
  auto bundle = Bundle::open(whole.bytes);
  ASSERT_TRUE(bundle) << bundle.error().message();
  ASSERT_EQ(bundle->programCount(), 2u);
  const char *names[] = {"f", "g"};
  for (size_t i = 0; i < 2; ++i) {
    auto record = Program::open(bundle->record(i));
    ASSERT_TRUE(record) << record.error().message();
    EXPECT_STREQ(record->function(), names[i]);
  }
  EXPECT_TRUE(std::ranges::equal(bundle->image(whole.image.hash), code(100)));
  EXPECT_FALSE(checkImage(whole.image, bundle->image(whole.image.hash), "f"));
  const uint64_t other[2] = {1, 2};
  EXPECT_TRUE(bundle->image(other).empty());
}

TEST(Bundle, IsTheSameEachTime) { EXPECT_EQ(Damage().bytes, Damage().bytes); }

TEST(Bundle, IsReadByReadelf) {
  std::string path = testing::TempDir() + "tessera-readelf-" +
                     std::to_string(getpid()) + ".bundle";
  Damage whole;
  std::FILE *file = std::fopen(path.c_str(), "wb");
  std::fwrite(whole.bytes.data(), 1, whole.bytes.size(), file);
  std::fclose(file);
  std::FILE *output = popen(("readelf -SW " + path + " 2>&1").c_str(), "r");
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), output));
  EXPECT_EQ(pclose(output), 0) << text;
  std::remove(path.c_str());
  EXPECT_NE(text.find("] .tessera.program.1 "), std::string::npos) << text;
  EXPECT_NE(text.find(HashName(whole.image.hash).digits), std::string::npos);
  EXPECT_EQ(text.find("arning"), std::string::npos) << text;
}

TEST(Bundle, MayHoldNothing) {
  auto bytes = BundleWriter().write();
  auto bundle = Bundle::open(bytes);
  ASSERT_TRUE(bundle) << bundle.error().message();
  EXPECT_EQ(bundle->programCount(), 0u);
}

TEST(Bundle, RefusesEveryPrefix) {
  Damage damage;
  for (size_t size = 0; size < damage.bytes.size(); ++size)
    EXPECT_FALSE(Bundle::open(std::span(damage.bytes).first(size))) << size;
}

// What is accepted can be read, whatever it says.
TEST(Bundle, SurvivesAnyChangedBit) {
  Damage damage;
  for (size_t at = 0; at < damage.bytes.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      damage.bytes[at] ^= std::byte(1 << bit);
      if (auto bundle = Bundle::open(damage.bytes)) {
        for (size_t i = 0; i < bundle->programCount(); ++i)
          (void)Program::open(bundle->record(i)).error();
        std::span<const std::byte> image = bundle->image(damage.image.hash);
        bool isInside = image.empty() || (image.data() >= damage.bytes.data() &&
                                          image.size() <= damage.bytes.size());
        EXPECT_TRUE(isInside) << at;
      }
      damage.bytes[at] ^= std::byte(1 << bit);
    }
}

TEST(Bundle, SaysWhatIsWrong) {
  const struct {
    const char *part;
    void (*change)(Damage &);
  } rows[] = {
      {"does not begin as one", [](Damage &d) { d.bytes[0] = {}; }},
      {"another byte order",
       [](Damage &d) { d.head().e_ident[EI_DATA] = ELFDATA2MSB; }},
      {"for machine 62", [](Damage &d) { d.head().e_machine = EM_X86_64; }},
      {"sections that lie outside",
       [](Damage &d) { d.head().e_shoff = UINT64_MAX - 8; }},
      {"sections that lie outside",
       [](Damage &d) { d.head().e_shnum = 0xffff; }},
      {"sections that lie outside",
       [](Damage &d) { d.head().e_shentsize = 1; }},
      {"no names", [](Damage &d) { d.head().e_shstrndx = 99; }},
      {"no names", [](Damage &d) { d.head().e_shstrndx = 1; }},
      {"of no kind", [](Damage &d) { d.section(1).sh_type = SHT_RELA; }},
      {"a section that lies outside",
       [](Damage &d) { d.section(1).sh_size = UINT64_MAX; }},
      {"whose name lies outside",
       [](Damage &d) { d.section(1).sh_name = 1 << 30; }},
      {"records out of their order",
       [](Damage &d) { std::swap(d.section(1), d.section(2)); }},
      {"records out of their order",
       [](Damage &d) { d.section(2).sh_name = d.section(1).sh_name; }},
      {"records out of their order",
       [](Damage &d) { std::swap(d.section(2), d.section(3)); }},
  };
  for (const auto &row : rows) {
    Damage damage;
    row.change(damage);
    EXPECT_NE(damage.open().find(row.part), std::string::npos)
        << row.part << ": " << damage.open();
  }
}

TEST(Bundle, RefusesMoreRecordsThanAReaderTakes) {
  BundleWriter writer;
  Record record = makeRecord("f", {});
  for (uint32_t i = 0; i <= kMostElements; ++i)
    writer.addProgram(record);
  auto bytes = writer.write();
  EXPECT_STREQ(Bundle::open(bytes).error().message(),
               "a bundle has more records than a reader takes; make it again, "
               "or copy it whole");
}

TEST(Bundle, KnowsItsImages) {
  Damage damage;
  std::vector<std::byte> changed = code(100);
  changed[50] = std::byte('x');
  HashName name(damage.image.hash);
  EXPECT_EQ(std::string(checkImage(damage.image, changed, "f").message())
                .find("f: its code is 100 bytes with hash "),
            0u);
  EXPECT_TRUE(checkImage(damage.image, std::span(changed).first(99), "f"));
  EXPECT_EQ(std::string(checkImage(damage.image, {}, "f").message()),
            std::string("f: its code, ") + name.digits +
                ", is not beside its record; copy the bundle whole, or compile "
                "it again");
}
