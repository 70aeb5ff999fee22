// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists of key blocks to attend over, and partly filled blocks.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_LISTS_H
#define TESSERA_TOOLS_TESSERA_BENCH_LISTS_H

#include "Problem.h"

namespace tessera::bench {

struct ListKind {
  enum { Random, Local, Same, Overlap } kind = Random;
  double overlap = 0; ///< share of a list that three neighbours have in common
  std::string text = "random";
};
/// "random", "local", "same", or "overlap:0.8".
llvm::Expected<ListKind> parseListKind(llvm::StringRef text);

struct ListOptions {
  ListKind kind;
  bool ascending = true;
  /// Counts from 0 to all of the list, some of them 0; else all.
  bool ragged = false;
  uint64_t seed = 0;
};

/// As docs/contract.md has them: index [B, H, Nq, topk], count [B, H, Nq].
/// Entries past a count are -1.
struct BlockLists {
  std::vector<int32_t> index, count;
};
/// The same on every machine.
BlockLists makeLists(const Problem &problem, const ListOptions &options);

/// Sizes of `blocks` blocks over `length` tokens: whole; or where `ragged` a
/// quarter of them partly filled, some empty.
std::vector<int32_t> makeSizes(int64_t length, int64_t block, bool ragged,
                               uint64_t seed);

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_LISTS_H
