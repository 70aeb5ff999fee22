// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes bundles; for compilers and tests.
#ifndef TESSERA_PROGRAM_BUNDLEWRITER_H
#define TESSERA_PROGRAM_BUNDLEWRITER_H

#include "tessera/Program/Writer.h"

#include <array>

namespace tessera::program {

/// Gathers records and code. What it writes depends on them and their order
/// alone.
class BundleWriter {
public:
  /// Code, kept once however often it is added: what a record's table holds of
  /// it.
  Image addImage(ImageKind kind, std::span<const std::byte> code,
                 int32_t leastDriver);
  void addProgram(const Record &record);
  std::vector<std::byte> write() const;

private:
  std::vector<std::vector<std::byte>> programs;
  std::map<std::array<uint64_t, 2>, std::vector<std::byte>> images;
};

} // namespace tessera::program

#endif // TESSERA_PROGRAM_BUNDLEWRITER_H
