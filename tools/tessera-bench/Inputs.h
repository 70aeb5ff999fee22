// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a problem is computed on, in the memory of the host.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_INPUTS_H
#define TESSERA_TOOLS_TESSERA_BENCH_INPUTS_H

#include "Lists.h"
#include "tessera-c/Runtime.h"

#include "llvm/ADT/bit.h"

namespace tessera::bench {

/// How [batch, head, token, feature] lies in memory, outermost first.
enum class Layout { BHSD, BSHD };

struct InputOptions {
  tessera_dtype dtype = TESSERA_BF16; ///< or f16
  Layout layout = Layout::BHSD;
  ListOptions lists;
  double queryScale = 1; ///< factor of the query; the rest has variance 1
  uint64_t seed = 0;
};

struct Inputs {
  std::vector<uint16_t> query, key, value; ///< elements, as bits
  BlockLists lists;
  // Views of the above, of the sizes of the problem, and of nothing where there
  // are none. The output has a shape and no memory.
  tessera_tensor queryView{}, keyView{}, valueView{}, outputView{}, lseView{};
  tessera_tensor indexView{}, countView{}, querySizesView{}, keySizesView{};
  tessera_dtype dtype = TESSERA_BF16;
};

/// Normal numbers, the same on every machine. The inputs refer to `problem`.
Inputs makeInputs(const Problem &problem, const InputOptions &options);

/// An element of 16 bits as a number.
inline float widen(uint16_t bits, tessera_dtype dtype) {
  if (dtype == TESSERA_BF16)
    return llvm::bit_cast<float>(uint32_t(bits) << 16);
  return static_cast<float>(llvm::bit_cast<_Float16>(bits));
}

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_INPUTS_H
