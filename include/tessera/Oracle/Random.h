// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers that are the same on every machine and with every library.
#ifndef TESSERA_ORACLE_RANDOM_H
#define TESSERA_ORACLE_RANDOM_H

#include <cstdint>

namespace tessera::oracle {

/// splitmix64: every 64-bit seed is good, also neighbouring ones.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t bits() {
    state += 0x9e3779b97f4a7c15;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// In [0, 1).
  double uniform() { return double(bits() >> 11) * 0x1p-53; }

  /// first .. last, both inclusive.
  int64_t integer(int64_t first, int64_t last) {
    return first + int64_t(bits() % uint64_t(last - first + 1));
  }

  /// True in one case out of `n`.
  bool oneIn(int64_t n) { return integer(1, n) == 1; }

  /// About normal, mean 0, variance 1: a sum, since the library's logarithm
  /// need not be the same everywhere.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i)
      sum += uniform();
    return sum;
  }

private:
  uint64_t state;
};

} // namespace tessera::oracle

#endif // TESSERA_ORACLE_RANDOM_H
