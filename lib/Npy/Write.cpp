// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From arrays to .npy files.
#include "Header.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace tessera;
using namespace tessera::npy;

/// Magic, version, length and dictionary, padded so that data starts at a
/// multiple of 64 bytes, as NumPy does for the sake of memory maps.
static std::string makePrefix(const View &array) {
  std::string text = formatHeader(array.dtype, array.shape);
  // Format 1 has two bytes for the length; 64 dimensions need fewer than 1500.
  constexpr size_t kBefore = 10, kAlign = 64;
  size_t padding = kAlign - (kBefore + text.size() + 1) % kAlign;
  text.append(padding % kAlign, ' ');
  text += '\n';
  std::string prefix("\x93NUMPY\x01\x00", 8);
  prefix += char(text.size() & 0xff);
  prefix += char(text.size() >> 8);
  return prefix + text;
}

static bool writeAll(int file, const void *data, size_t bytes) {
  auto *next = static_cast<const char *>(data);
  while (bytes > 0) {
    ssize_t written = ::write(file, next, bytes);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    next += written;
    bytes -= size_t(written);
  }
  return true;
}

static rt::Error systemError(const std::string &path) {
  return fileError(path,
                   "cannot be written: " + std::string(std::strerror(errno)) +
                       "; check the folder and the space left");
}

rt::Error npy::write(const std::string &path, const View &array) {
  int64_t bytes = countBytes(array.dtype, array.shape);
  if (bytes < 0)
    return fileError(path, "cannot be written: the shape has a negative "
                           "dimension or is larger than memory");
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return fileError(path, "is there and is not a regular file; choose another "
                           "name");

  static std::atomic<unsigned> serial{0};
  std::string draft = path + "." + std::to_string(getpid()) + "." +
                      std::to_string(serial++) + ".tmp";
  int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0)
    return systemError(path);
  std::string prefix = makePrefix(array);
  bool good = writeAll(file, prefix.data(), prefix.size()) &&
              writeAll(file, array.data, size_t(bytes));
  int problem = errno;
  if (close(file) != 0 && good) {
    good = false;
    problem = errno;
  }
  if (good && rename(draft.c_str(), path.c_str()) == 0)
    return rt::Error();
  errno = good ? errno : problem;
  rt::Error error = systemError(path);
  unlink(draft.c_str());
  return error;
}
