// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors whose values must be right: block sizes and block lists.
#include "CallChecker.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace tessera;
using namespace tessera::program;
using rt::makeError;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

Error CallChecker::checkSizes(const Constraint &c) const {
  Index index = c.param;
  const tessera_tensor &sizes = tensor(index);
  int64_t batches = sizes.rank == 2 ? sizes.dims[0] : 1;
  int64_t blocks = sizes.dims[sizes.rank - 1];
  for (int64_t b = 0; b < batches; ++b) {
    const auto *data = static_cast<const int32_t *>(sizes.data);
    if (b > 0)
      data += b * sizes.strides[0];
    int64_t left = number(c.value); // rows of this block and later ones
    for (int64_t i = 0; i < blocks; ++i) {
      int64_t exist = std::clamp<int64_t>(left, 0, c.maximum);
      if (data[i] < 0 || data[i] > exist)
        return sizeError(c, b, i, data[i], exist);
      left -= exist;
    }
  }
  return Error();
}

Error CallChecker::sizeError(const Constraint &c, int64_t batch, int64_t block,
                             int32_t found, int64_t exist) const {
  Index index = c.param;
  Phrase where, reason, remedy;
  if (given(index).rank == 2)
    where.add("batch %lld, ", (long long)batch);
  if (c.maximum == INT32_MAX)
    remedy.add("0 or more");
  else
    remedy.add("0 to %lld", (long long)exist);
  if (exist < c.maximum)
    reason.add("only %lld of %lld rows are left for it", (long long)exist,
               (long long)number(c.value));
  else
    reason.add("a block has %s valid rows", remedy.chars);
  Phrase pass;
  pass.add("pass %s", remedy.chars);
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: '%s' is %d for %sblock %lld, but %s; %s", function(),
                   name(index), found, where.chars, (long long)block,
                   reason.chars, advice(index, pass.chars));
}

//===----------------------------------------------------------------------===//
// Lists
//===----------------------------------------------------------------------===//

/// Which ids a list has named: bits that are set and cleared entry by entry, so
/// that a short list costs little however many ids there are.
class tessera::program::IdSet {
public:
  /// Unused where nobody knows how many there are.
  explicit IdSet(int64_t ids)
      : words(ids == kUnknownBlocks ? 0 : size_t(ids + 63) / 64) {
    if (words > kOnStack)
      bits = static_cast<uint64_t *>(std::calloc(words, sizeof(uint64_t)));
    else
      std::memset(local, 0, words * sizeof(uint64_t));
  }
  ~IdSet() {
    if (bits != local)
      std::free(bits);
  }
  IdSet(const IdSet &) = delete;
  IdSet &operator=(const IdSet &) = delete;

  bool allocated() const { return bits != nullptr; }
  bool isUsed() const { return words > 0; }
  /// False if the id is there already.
  bool insert(int32_t id) {
    uint64_t bit = uint64_t(1) << (id % 64), &word = bits[id / 64];
    bool fresh = !(word & bit);
    word |= bit;
    return fresh;
  }
  void erase(int32_t id) { bits[id / 64] &= ~(uint64_t(1) << (id % 64)); }

private:
  static constexpr size_t kOnStack = 1024; // 65,536 ids
  size_t words;
  uint64_t local[kOnStack];
  uint64_t *bits = local;
};

namespace {

/// What is wrong with a list, and where.
struct Offence {
  enum Kind { None, Range, Twice, Falls } kind = None;
  int64_t slot = 0;
};

} // namespace

/// The usual list, checked without a branch an entry.
static bool isAscendingInRange(const int32_t *ids, int64_t count,
                               int64_t blocks) {
  if (count == 0)
    return true;
  unsigned bad = ids[0] < 0; // no early exit, so that the loop vectorises
  for (int64_t i = 1; i < count; ++i)
    bad |= unsigned(ids[i] <= ids[i - 1]);
  return !bad && ids[count - 1] < blocks;
}

/// Whether the id at `slot` stands before it, too.
static bool isRepeated(const int32_t *ids, int64_t slot) {
  return std::find(ids, ids + slot, ids[slot]) != ids + slot;
}

static Offence findOffence(const int32_t *ids, int64_t count, int64_t blocks,
                           bool ascending, IdSet &seen) {
  Offence offence;
  int64_t slot = 0;
  for (; slot < count && !offence.kind; ++slot) {
    offence.slot = slot;
    if (ids[slot] < 0 || ids[slot] >= blocks)
      offence.kind = Offence::Range;
    else if (seen.isUsed() ? !seen.insert(ids[slot]) : isRepeated(ids, slot))
      offence.kind = Offence::Twice;
    else if (ascending && slot > 0 && ids[slot] < ids[slot - 1])
      offence.kind = Offence::Falls;
  }
  // The entry at fault is out of range, or was inserted earlier in this list.
  for (int64_t i = 0; i < slot && seen.isUsed(); ++i)
    if (ids[i] >= 0 && ids[i] < blocks)
      seen.erase(ids[i]);
  return offence;
}

static Phrase describeOffence(const Offence &offence, const int32_t *ids,
                              int64_t blocks) {
  Phrase text;
  int32_t id = ids[offence.slot];
  if (offence.kind == Offence::Range && blocks == kUnknownBlocks)
    text.add("ids are 0 or more");
  else if (offence.kind == Offence::Range && blocks > 0)
    text.add("there are %lld key blocks: pass ids 0 to %lld", (long long)blocks,
             (long long)(blocks - 1));
  else if (offence.kind == Offence::Range)
    text.add("there are no key blocks: pass count 0");
  else if (offence.kind == Offence::Twice)
    text.add("block %d is in the list twice: pass distinct ids", id);
  else
    text.add("%d comes before it: pass ascending ids, or compile for lists in "
             "any order",
             ids[offence.slot - 1]);
  return text;
}

/// Element (position) of a tensor whose dimensions may be 1 for all positions.
static const int32_t *elementAt(const tessera_tensor &tensor,
                                const int64_t (&position)[3]) {
  const auto *element = static_cast<const int32_t *>(tensor.data);
  for (int d = 0; d < 3; ++d)
    if (tensor.dims[d] > 1)
      element += position[d] * tensor.strides[d];
  return element;
}

Error CallChecker::checkLists(const Constraint &c) const {
  const tessera_tensor &lists = tensor(c.param);
  IdSet seen(number(c.value));
  if (!seen.allocated())
    return makeError(TESSERA_OUT_OF_MEMORY,
                     "%s: out of memory while checking '%s'", function(),
                     name(c.param));
  int64_t at[3];
  for (at[0] = 0; at[0] < lists.dims[0]; ++at[0])
    for (at[1] = 0; at[1] < lists.dims[1]; ++at[1])
      for (at[2] = 0; at[2] < lists.dims[2]; ++at[2])
        if (Error error = checkList(c, at, seen))
          return error;
  return Error();
}

/// Of the argument that says how many entries of a list count.
const char *CallChecker::countName(const Constraint &c) const {
  Index from = c.other != kNone ? kNone : firstSymbol(c.target);
  if (from != kNone)
    return name(call.symbols[size_t(from)].param);
  return c.other != kNone ? name(c.other) : "count";
}

Error CallChecker::checkList(const Constraint &c, const int64_t (&at)[3],
                             IdSet &seen) const {
  Index index = c.param;
  const tessera_tensor &lists = tensor(index);
  int64_t blocks = number(c.value), capacity = lists.dims[3];
  int64_t count = capacity;
  if (c.other != kNone)
    count = *elementAt(tensor(c.other), at);
  else if (c.target != kNone)
    count = number(c.target);

  auto where = [&at] {
    Phrase text;
    text.add("b %lld, h %lld, query block %lld", (long long)at[0],
             (long long)at[1], (long long)at[2]);
    return text;
  };
  if (count < 0 || count > capacity)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' is %lld at (%s), but '%s' has room for %lld; "
                     "pass 0 to %lld",
                     function(), countName(c), (long long)count, where().chars,
                     name(index), (long long)capacity, (long long)capacity);
  if (count == 0)
    return Error();
  const int32_t *ids = elementAt(lists, at);
  if (isAscendingInRange(ids, count, blocks))
    return Error();
  Offence offence = findOffence(ids, count, blocks, c.flags & kAscending, seen);
  if (!offence.kind)
    return Error();
  return makeError(
      TESSERA_INVALID_ARGUMENT, "%s: '%s' is %d at (%s, slot %lld), but %s",
      function(), name(index), ids[offence.slot], where().chars,
      (long long)offence.slot, describeOffence(offence, ids, blocks).chars);
}
