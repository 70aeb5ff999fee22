// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From .npy files to arrays.
#include "Header.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sys/stat.h>

using namespace tessera;
using namespace tessera::npy;

rt::Expected<Array> npy::parse(std::span<const std::byte> file,
                               const std::string &name) {
  auto byteAt = [&](size_t i) { return std::to_integer<uint32_t>(file[i]); };
  constexpr size_t kPrefix = 8; // magic and version
  if (file.size() < kPrefix || std::memcmp(file.data(), "\x93NUMPY", 6) != 0)
    return fileError(name, "is not a .npy file; write it with numpy.save");
  uint32_t version = byteAt(6);
  if (version != 1 && version != 2)
    return fileError(name, "has .npy format " + std::to_string(version) +
                               "; 1 and 2 are read: write it with numpy.save");
  size_t lengthBytes = version == 1 ? 2 : 4;
  size_t start = kPrefix + lengthBytes, length = 0;
  for (size_t i = 0; i < lengthBytes && kPrefix + i < file.size(); ++i)
    length |= size_t(byteAt(kPrefix + i)) << (8 * i);
  if (file.size() < start || file.size() - start < length)
    return fileError(name, "is cut short inside its header; write the file "
                           "again");

  auto *text = reinterpret_cast<const char *>(file.data() + start);
  rt::Expected<Header> header = parseHeader({text, length}, name);
  if (!header)
    return header.takeError();
  std::span<const std::byte> data = file.subspan(start + length);
  if (int64_t(data.size()) != header->dataBytes)
    return fileError(
        name, std::string(int64_t(data.size()) < header->dataBytes
                              ? "is cut short: "
                              : "is too long: ") +
                  "its shape needs " + std::to_string(header->dataBytes) +
                  " bytes of data, " + std::to_string(data.size()) +
                  " are there; write the file again");
  return Array{
      header->dtype, std::move(header->shape), {data.begin(), data.end()}};
}

static rt::Error systemError(const std::string &path) {
  return fileError(path,
                   "cannot be read: " + std::string(std::strerror(errno)) +
                       "; check the path");
}

rt::Expected<Array> npy::read(const std::string &path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(
      std::fopen(path.c_str(), "rbe"), std::fclose);
  struct stat status;
  if (!file || fstat(fileno(file.get()), &status) != 0)
    return systemError(path);
  if (!S_ISREG(status.st_mode))
    return fileError(path, "is not a regular file; pass a .npy file");
  std::vector<std::byte> bytes(size_t(status.st_size));
  size_t got = std::fread(bytes.data(), 1, bytes.size(), file.get());
  if (std::ferror(file.get()))
    return systemError(path);
  bytes.resize(got); // shorter if somebody cut the file meanwhile
  return parse(bytes, path);
}
