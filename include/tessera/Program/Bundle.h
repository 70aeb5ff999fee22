// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A bundle: records and their code in one file, for several chips, shapes and
// types. It is an ELF file of no machine, so that readelf shows it and no
// linker takes it for code, with sections
//
//   .tessera.program.<n>       a record; n counts from 0, in their order, and
//                              they are the first sections
//   .tessera.image.<hash>      code, by Image::hash in 32 hexadecimal digits
#ifndef TESSERA_PROGRAM_BUNDLE_H
#define TESSERA_PROGRAM_BUNDLE_H

#include "tessera/Program/Program.h"

namespace tessera::program {

inline constexpr char kProgramSection[] = ".tessera.program.";
inline constexpr char kImageSection[] = ".tessera.image.";
inline constexpr size_t kHashDigits = 32;

/// As section names have it; ends with 0.
struct HashName {
  explicit HashName(const uint64_t (&hash)[2]);
  char digits[kHashDigits + 1];
};

/// Of code, as Image::hash has it.
void hashImage(std::span<const std::byte> image, uint64_t (&hash)[2]);

/// Does not own the bytes, which must outlive it.
class Bundle {
public:
  /// Looks at every offset and name, but not into records and images.
  static Expected<Bundle> open(std::span<const std::byte> bytes);

  size_t programCount() const { return programs; }
  /// The bytes of record `number` < programCount(), which Program::open() is to
  /// look at.
  std::span<const std::byte> record(size_t number) const;
  /// Code that is said to have this hash; empty if there is none.
  std::span<const std::byte> image(const uint64_t (&hash)[2]) const;

private:
  explicit Bundle(std::span<const std::byte> bytes) : bytes(bytes) {}

  std::span<const std::byte> bytes;
  size_t programs = 0;
};

/// That `code` is what `image` says, in length and hash.
Error checkImage(const Image &image, std::span<const std::byte> code,
                 const char *function);

} // namespace tessera::program

#endif // TESSERA_PROGRAM_BUNDLE_H
