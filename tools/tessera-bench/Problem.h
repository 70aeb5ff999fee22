// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a row of the table computes: extents of one attention over lists.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_PROBLEM_H
#define TESSERA_TOOLS_TESSERA_BENCH_PROBLEM_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace tessera::bench {

struct Problem {
  int64_t batch = 1, heads = 1, keyHeads = 1;
  int64_t queryLength = 0, keyLength = 0; ///< tokens, padding among them
  int64_t headDim = 0;
  int64_t topk = 0; ///< key blocks of a list, its capacity
  int64_t queryBlock = 64, keyBlock = 64;
  std::string model; ///< whose shape this is; empty: nobody's
  /// Valid tokens of each block, one row for all batch entries; empty: as many
  /// as there are.
  std::vector<int32_t> querySizes, keySizes;

  int64_t queryBlocks() const {
    return llvm::divideCeil(queryLength, queryBlock);
  }
  int64_t keyBlocks() const { return llvm::divideCeil(keyLength, keyBlock); }
  int64_t tiles() const { return batch * heads * queryBlocks(); }
  /// Where a tile lies; where there are tiles there are blocks.
  int64_t blockOf(int64_t tile) const {
    return tile % std::max<int64_t>(queryBlocks(), 1);
  }
  int64_t rowOf(int64_t tile) const { ///< batch entry * heads + head
    return tile / std::max<int64_t>(queryBlocks(), 1);
  }
  int64_t validQueries(int64_t block) const;
  int64_t validKeys(int64_t block) const;

  /// "1x12x49152x128x76/b64", with "+kv4", "+kvlen1024" and "@wan-14b-720p"
  /// where they apply. Rows of one tag compute the same.
  std::string tag() const;
};

/// "1x12x49152x128x76": batch, heads, tokens, features, key blocks of a list.
llvm::Expected<Problem> parseShape(llvm::StringRef text);

/// Checks that the numbers fit one another.
llvm::Error checkProblem(const Problem &problem);

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_PROBLEM_H
