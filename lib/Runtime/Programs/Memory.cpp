// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text that grows, and the log.
#include "Memory.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

using namespace tessera;
using namespace tessera::rt;

void Words::append(Output &self, const char *piece, size_t length) {
  auto &text = static_cast<Words &>(self);
  if (text.lacksMemory)
    return;
  if (text.length + length + 1 > text.capacity) {
    size_t wanted = std::max(text.length + length + 1, 2 * text.capacity);
    void *grown = std::realloc(text.first, wanted);
    if (!grown) {
      text.lacksMemory = true;
      return;
    }
    text.first = static_cast<char *>(grown);
    text.capacity = wanted;
  }
  std::memcpy(text.first + text.length, piece, length);
  text.length += length;
  text.first[text.length] = '\0';
}

char *Words::release() {
  write("", 0); // so that there is one
  return lacksMemory ? nullptr : std::exchange(first, nullptr);
}

Error rt::outOfMemory(const char *doing) {
  return makeError(TESSERA_OUT_OF_MEMORY,
                   "no memory of the host for %s; free some", doing);
}

static bool wantsLog = false;

static void readEnvironment() {
  const char *value = std::getenv("TESSERA_LOG");
  wantsLog = value && *value && std::strcmp(value, "0") != 0;
}

bool rt::isLogging() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, readEnvironment);
  return wantsLog;
}

void rt::logLine(const char *format, ...) {
  if (!isLogging())
    return;
  // One write a line, so that those of several threads do not mix.
  char line[1024];
  va_list list;
  va_start(list, format);
  std::vsnprintf(line, sizeof(line), format, list);
  va_end(list);
  std::fprintf(stderr, "tessera: %s\n", line);
}
