// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors: one allocation that holds the code and the message.
#include "tessera/Runtime/Error.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

/// The message follows the structure in memory, unless there was no memory.
struct tessera_error {
  int32_t code;
  const char *message;
};

// What is returned when an error cannot be allocated; never freed.
static tessera_error outOfMemory = {TESSERA_OUT_OF_MEMORY,
                                    "out of memory while reporting an error"};

/// An error with room for `length` characters; their address in `text`.
static tessera_error *allocateError(int32_t code, size_t length, char *&text) {
  void *memory = std::malloc(sizeof(tessera_error) + length + 1);
  if (!memory)
    return nullptr;
  text = static_cast<char *>(memory) + sizeof(tessera_error);
  auto *error = static_cast<tessera_error *>(memory);
  *error = {code, text};
  return error;
}

tessera_error *tessera_rt_error(int32_t code, const char *message) {
  if (!message)
    message = "";
  size_t length = std::strlen(message);
  char *text = nullptr;
  tessera_error *error = allocateError(code, length, text);
  if (!error)
    return &outOfMemory;
  std::memcpy(text, message, length + 1);
  return error;
}

const char *tessera_error_message(const tessera_error *error) {
  return error ? error->message : "";
}

int32_t tessera_error_code(const tessera_error *error) {
  return error ? error->code : TESSERA_OK;
}

void tessera_error_destroy(tessera_error *error) {
  if (error != &outOfMemory)
    std::free(error);
}

tessera::rt::Error tessera::rt::makeError(int32_t code, const char *format,
                                          ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = std::vsnprintf(nullptr, 0, format, args);
  va_end(args);
  char *text = nullptr;
  tessera_error *error =
      length < 0 ? nullptr : allocateError(code, size_t(length), text);
  if (error)
    std::vsnprintf(text, size_t(length) + 1, format, again);
  va_end(again);
  return Error(error ? error : &outOfMemory);
}
