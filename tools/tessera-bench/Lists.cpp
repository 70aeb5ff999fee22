// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Lists.h"

#include "tessera/Oracle/Random.h"
#include "tessera/Runtime/ThreadPool.h"

#include "llvm/ADT/Sequence.h"

#include <cmath>

using namespace llvm;
using tessera::oracle::Random;

namespace tessera::bench {

Expected<ListKind> parseListKind(StringRef text) {
  ListKind result;
  result.text = text.str();
  auto [name, share] = text.split(':');
  if (text == "random")
    result.kind = ListKind::Random;
  else if (text == "local")
    result.kind = ListKind::Local;
  else if (text == "same")
    result.kind = ListKind::Same;
  else if (name == "overlap" && !share.getAsDouble(result.overlap) &&
           result.overlap >= 0 && result.overlap <= 1)
    result.kind = ListKind::Overlap;
  else
    return createStringError("--lists: '" + text +
                             "' is none of random, local, same, overlap:0.8 "
                             "(a share from 0 to 1)");
  return result;
}

namespace {

/// Blocks that a list has taken so far.
class Taken {
public:
  explicit Taken(int64_t blocks) : flags(blocks, 0) {}

  void take(int64_t block) {
    count += !flags[block];
    flags[block] = 1;
  }
  /// `want` of those that are free, or all of them; each choice as likely.
  void takeRandom(int64_t want, Random &random) {
    int64_t free = flags.size() - count;
    for (int64_t block = 0; want > 0 && free > 0; ++block) {
      if (flags[block])
        continue;
      if (random.integer(1, free--) > want)
        continue;
      take(block);
      --want;
    }
  }
  std::vector<int32_t> ids() const {
    std::vector<int32_t> found;
    for (size_t block = 0; block < flags.size(); ++block)
      if (flags[block])
        found.push_back(block);
    return found;
  }

private:
  std::vector<char> flags;
  int64_t count = 0;
};

} // namespace

/// A generator of its own for each part of the lists.
static Random randomOf(uint64_t seed, uint64_t part, uint64_t number) {
  return Random(Random(seed ^ (part << 56) ^ number).bits());
}

enum Part : uint64_t { kOwn = 1, kShared, kCount, kSizes };

/// The blocks of one list, ascending.
static std::vector<int32_t>
chooseBlocks(const Problem &problem, const ListOptions &options, int64_t tile) {
  int64_t blocks = problem.keyBlocks();
  int64_t want = std::min(problem.topk, blocks);
  int64_t row = problem.rowOf(tile), at = problem.blockOf(tile);
  Random own = randomOf(options.seed, kOwn, tile);
  Taken taken(blocks);
  int64_t settled = 0;
  switch (options.kind.kind) {
  case ListKind::Random:
    break;
  case ListKind::Same: {
    Random shared = randomOf(options.seed, kShared, 0);
    taken.takeRandom(settled = want, shared);
    break;
  }
  case ListKind::Overlap: {
    // Three query blocks in a row are what a kernel computes side by side.
    Random shared =
        randomOf(options.seed, kShared,
                 row * divideCeil(problem.queryBlocks(), 3) + at / 3 + 1);
    settled = std::llround(options.kind.overlap * want);
    taken.takeRandom(settled, shared);
    break;
  }
  case ListKind::Local: {
    settled = want / 2;
    int64_t diagonal = at * blocks / problem.queryBlocks();
    int64_t first =
        std::clamp<int64_t>(diagonal - settled / 2, 0, blocks - settled);
    for (int64_t block : seq(first, first + settled))
      taken.take(block);
    break;
  }
  }
  taken.takeRandom(want - settled, own);
  return taken.ids();
}

static void shuffle(std::vector<int32_t> &ids, Random &random) {
  for (int64_t i = ids.size() - 1; i > 0; --i)
    std::swap(ids[i], ids[random.integer(0, i)]);
}

BlockLists makeLists(const Problem &problem, const ListOptions &options) {
  BlockLists lists;
  lists.count.resize(problem.tiles());
  lists.index.assign(problem.tiles() * problem.topk, -1);
  rt::ThreadPool::global().parallelFor(problem.tiles(), [&](int64_t tile) {
    std::vector<int32_t> ids = chooseBlocks(problem, options, tile);
    Random random = randomOf(options.seed, kCount, tile);
    bool shorten = options.ragged;
    if (shorten || !options.ascending)
      shuffle(ids, random);
    if (shorten)
      ids.resize(random.oneIn(16) ? 0 : random.integer(1, ids.size()));
    if (options.ascending)
      llvm::sort(ids);
    lists.count[tile] = ids.size();
    llvm::copy(ids, lists.index.begin() + tile * problem.topk);
  });
  return lists;
}

std::vector<int32_t> makeSizes(int64_t length, int64_t block, bool ragged,
                               uint64_t seed) {
  std::vector<int32_t> sizes(divideCeil(length, block));
  Random random = randomOf(seed, kSizes, length);
  for (size_t i = 0; i < sizes.size(); ++i) {
    sizes[i] = std::min<int64_t>(block, length - i * block);
    if (ragged && random.oneIn(4))
      sizes[i] = random.integer(0, sizes[i]);
  }
  return sizes;
}

} // namespace tessera::bench
