// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes what the fuzzer begins with, into the folder that is given: records
// with every table, and a bundle of them. Run it again when the layout changes.
#include "RecordBuilder.h"

#include <cstdio>

using namespace tessera;

static bool write(const std::string &path, std::span<const std::byte> bytes) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file)
    return false;
  bool isWhole =
      std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return std::fclose(file) == 0 && isWhole;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write-fuzz-corpus FOLDER\n");
    return 2;
  }
  std::string folder = argv[1];
  program::BundleWriter bundle, small;
  const Recipe recipes[] = {{},
                            {.cluster = 2, .choosesByWorkspace = true},
                            {.chip = "host", .hasPtx = false}};
  bool isWritten = true;
  for (size_t i = 0; i < std::size(recipes); ++i) {
    program::Record record = RecordBuilder(bundle, recipes[i]).build();
    isWritten = isWritten &&
                write(folder + "/record-" + std::to_string(i), record.bytes());
  }
  RecordBuilder(small, recipes[0]).build();
  isWritten = isWritten && write(folder + "/bundle-3", bundle.write()) &&
              write(folder + "/bundle-1", small.write()) &&
              write(folder + "/bundle-0", program::BundleWriter().write());
  if (!isWritten)
    std::perror(argv[1]);
  return isWritten ? 0 : 1;
}
