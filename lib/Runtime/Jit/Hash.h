// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What entries of the cache are found and verified by.
#ifndef TESSERA_LIB_RUNTIME_JIT_HASH_H
#define TESSERA_LIB_RUNTIME_JIT_HASH_H

#include "tessera/Program/Bundle.h"

namespace tessera::rt {

/// 128 bits of XXH3. It finds damage, and tells apart what nobody has made to
/// look alike.
struct Hash {
  uint64_t words[2] = {};
  bool operator==(const Hash &) const = default;
};

inline Hash hashOf(std::span<const std::byte> bytes) {
  Hash hash;
  program::hashImage(bytes, hash.words);
  return hash;
}

/// Of several parts, each with its length, so that none runs into the next.
class Hasher {
public:
  void add(std::span<const std::byte> part) {
    const struct {
      Hash before, part;
      uint64_t bytes;
    } all = {state, hashOf(part), part.size()};
    state = hashOf(std::as_bytes(std::span(&all, 1)));
  }
  void add(const char *text) {
    size_t length = text ? __builtin_strlen(text) : 0;
    add(std::as_bytes(std::span(text, length)));
  }
  void add(uint64_t number) { add(std::as_bytes(std::span(&number, 1))); }
  Hash result() const { return state; }

private:
  Hash state;
};

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_JIT_HASH_H
