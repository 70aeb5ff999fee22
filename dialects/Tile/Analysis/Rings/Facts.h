// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has been decided about terms on the way to where the roles stand.

#ifndef TILE_ANALYSIS_RINGS_FACTS_H
#define TILE_ANALYSIS_RINGS_FACTS_H

#include "Terms.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallBitVector.h"

namespace tessera::tile::rings {

/// A term, a sum without constant or a condition, and where it lies.
struct Fact {
  Ref term;
  Interval range;
  llvm::SmallBitVector askedBy; ///< agents
  unsigned age = 0;             ///< generalisations since it was last asked for

  void ask(unsigned agent) {
    if (agent >= askedBy.size())
      askedBy.resize(agent + 1);
    askedBy.set(agent);
    age = 0;
  }
};

/// Yes or no, or the condition that has to be decided first.
struct Answer {
  std::optional<bool> value;
  Ref open = nullptr;
};

/// How many times as long as another a loop may be that goes along with it.
inline constexpr int64_t kMostTimes = 4;

/// Forgetting one is always right: it leaves more to be explored.
class Facts {
public:
  Answer ask(Terms &terms, Ref condition, unsigned agent);
  void assume(Terms &terms, Ref condition, bool value, unsigned agent);
  void assume(Terms &terms, Ref number, Interval range);
  /// Where an integer lies, by what its parts are and by the facts.
  Interval rangeOf(Terms &terms, Ref term) const;

  /// Forgets those for which there is null.
  void replaceTerms(Terms &terms, llvm::function_ref<Ref(Ref)> replace);
  /// Forgets what follows from other facts, and what nobody has asked for for a
  /// while; at once what nobody holds any more and all `agents` have asked for.
  void prune(Terms &terms, const llvm::DenseSet<Ref> &held, size_t agents,
             unsigned maxAge);

  /// Whether no two are seen to contradict each other.
  bool arePossible(Terms &terms) const;
  /// Whether all that `other` says is said here.
  bool implies(Terms &terms, const Facts &other) const;
  llvm::ArrayRef<Fact> list() const { return facts; }

private:
  std::optional<bool> decide(Terms &terms, Ref condition) const;
  void narrow(Ref term, Interval range, unsigned agent);
  void markAsked(Ref condition, unsigned agent);
  void assumeOne(Terms &terms, Ref condition, bool value, unsigned agent);
  bool contains(Terms &terms, const Fact &fact) const;
  /// By its parts.
  Interval simpleRange(Terms &terms, Ref term) const;
  /// By what facts say of it as a whole.
  Interval statedRange(Terms &terms, Ref term) const;
  Interval joinedRange(Terms &terms, Ref term) const;
  Interval directRange(Terms &terms, Ref term) const;

  llvm::SmallVector<Fact, 8> facts;
};

} // namespace tessera::tile::rings

#endif // TILE_ANALYSIS_RINGS_FACTS_H
