// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays, objects, locks and growing text with the C library alone.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_MEMORY_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_MEMORY_H

#include "tessera/Program/Print.h"

#include <cstdlib>
#include <new>
#include <pthread.h>
#include <span>
#include <utility>

namespace tessera::rt {

/// Of elements that stay where they are; empty until it is made.
template <typename T>
class Array {
public:
  Array() = default;
  Array(const Array &) = delete;
  Array &operator=(const Array &) = delete;
  ~Array() {
    for (size_t i = 0; i < count; ++i)
      first[i].~T();
    std::free(first);
  }

  /// Makes `wanted` elements, once; false without memory.
  [[nodiscard]] bool make(size_t wanted) {
    size_t bytes = 0;
    if (__builtin_mul_overflow(wanted, sizeof(T), &bytes))
      return false;
    // A type's size is a multiple of its alignment.
    first = static_cast<T *>(
        std::aligned_alloc(alignof(T), bytes ? bytes : alignof(T)));
    for (; first && count < wanted; ++count)
      new (static_cast<void *>(&first[count])) T();
    return first != nullptr;
  }

  size_t size() const { return count; }
  T &operator[](size_t i) { return first[i]; }
  const T &operator[](size_t i) const { return first[i]; }
  T *begin() { return first; }
  T *end() { return first + count; }
  const T *begin() const { return first; }
  const T *end() const { return first + count; }

private:
  T *first = nullptr;
  size_t count = 0;
};

/// An object behind a handle of the C interface; null without memory.
template <typename T>
T *makeObject() {
  void *memory = std::malloc(sizeof(T));
  return memory ? new (memory) T() : nullptr;
}
template <typename T>
void destroyObject(T *object) {
  object->~T();
  std::free(object);
}

class Mutex {
public:
  Mutex() = default;
  Mutex(const Mutex &) = delete;
  Mutex &operator=(const Mutex &) = delete;
  ~Mutex() { pthread_mutex_destroy(&mutex); }

private:
  friend class Lock;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
};

class Lock {
public:
  explicit Lock(Mutex &mutex) : mutex(mutex.mutex) {
    pthread_mutex_lock(&this->mutex);
  }
  ~Lock() { pthread_mutex_unlock(&mutex); }
  Lock(const Lock &) = delete;
  Lock &operator=(const Lock &) = delete;

private:
  pthread_mutex_t &mutex;
};

/// Text of any length; what finds no memory is left out, and known.
class Words : public program::Output {
public:
  Words() : Output(append) {}
  Words(const Words &) = delete;
  Words &operator=(const Words &) = delete;
  ~Words() { std::free(first); }

  const char *chars() const { return first ? first : ""; }
  bool isComplete() const { return !lacksMemory; }
  /// Hands it to the caller, to be freed; null without memory.
  char *release();

private:
  static void append(Output &self, const char *piece, size_t length);

  char *first = nullptr;
  size_t length = 0, capacity = 0;
  bool lacksMemory = false;
};

/// The error of a call that found no memory of the host.
Error outOfMemory(const char *doing);

/// Writes a line to stderr where the environment's TESSERA_LOG asks for it.
bool isLogging();
__attribute__((format(printf, 1, 2))) void logLine(const char *format, ...);

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_MEMORY_H
