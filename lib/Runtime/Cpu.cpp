// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which instructions compiled code may use, asked of the processor once.
#include "tessera-c/Runtime.h"

#include <algorithm>
#include <atomic>

#if defined(__x86_64__)
#include <cpuid.h>

namespace {

/// The result of one CPUID leaf, all zero if the processor lacks the leaf.
struct Leaf {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  explicit Leaf(uint32_t number) {
    if (!__get_cpuid_count(number, 0, &eax, &ebx, &ecx, &edx))
      eax = ebx = ecx = edx = 0;
  }
};

} // namespace

static bool has(uint32_t flags, uint32_t wanted) {
  return (flags & wanted) == wanted;
}

/// The register sets the operating system saves: XCR0.
static uint64_t savedRegisters() {
  uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

static int32_t detectLevel() {
  constexpr uint64_t kSavesYmm = 0x6, kSavesZmm = 0xe6;
  constexpr uint32_t kLahf = 1, kLzcnt = 1u << 5; // leaf 0x80000001, ecx
  Leaf basic(1), extended(7), amd(0x80000001);
  if (!has(basic.ecx, bit_OSXSAVE))
    return 0;
  uint64_t saved = savedRegisters();
  bool level3 = has(basic.ecx, bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B |
                                   bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT |
                                   bit_AVX | bit_FMA | bit_F16C | bit_MOVBE) &&
                has(extended.ebx, bit_AVX2 | bit_BMI | bit_BMI2) &&
                has(amd.ecx, kLahf | kLzcnt) &&
                (saved & kSavesYmm) == kSavesYmm;
  if (!level3)
    return 0;
  bool level4 = has(extended.ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512CD |
                                      bit_AVX512DQ | bit_AVX512VL) &&
                (saved & kSavesZmm) == kSavesZmm;
  return level4 ? 4 : 3;
}

#else

static int32_t detectLevel() { return 0; }

#endif

static std::atomic<int32_t> detectedLevel{-1};
static std::atomic<int32_t> levelLimit{INT32_MAX};

int32_t tessera_cpu_level(void) {
  int32_t level = detectedLevel.load(std::memory_order_relaxed);
  if (level < 0) {
    level = detectLevel();
    detectedLevel.store(level, std::memory_order_relaxed);
  }
  int32_t limited = std::min(level, levelLimit.load(std::memory_order_relaxed));
  return limited < 3 ? 0 : limited;
}

void tessera_limit_cpu_level(int32_t level) {
  levelLimit.store(level, std::memory_order_relaxed);
}
