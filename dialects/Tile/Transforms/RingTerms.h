// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a role computes with, as terms over what it does not know: kernel
// arguments, memory, the trip counts of loops. Two roles that compute a value
// in the same way hold the same term, which is how they are known to agree.

#ifndef TILE_TRANSFORMS_RINGTERMS_H
#define TILE_TRANSFORMS_RINGTERMS_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/FoldingSet.h"
#include "llvm/Support/Allocator.h"

namespace tessera::tile::rings {

/// Integers from `low` to `high`; the ends stand for infinity. Sums are not
/// taken modulo 2^n: a kernel whose indices overflow is beyond this check.
struct Interval {
  static constexpr int64_t kLeast = -(int64_t(1) << 60), kMost = -kLeast;
  int64_t low = kLeast, high = kMost;

  Interval operator+(Interval other) const;
  Interval operator*(int64_t factor) const;
  /// Of the integers whose multiples lie here.
  Interval operator/(int64_t divisor) const;
  Interval meet(Interval other) const {
    return {std::max(low, other.low), std::min(high, other.high)};
  }
  bool contains(int64_t value) const { return low <= value && value <= high; }
};

/// Immutable, made once: equal terms are one object.
class Term : public llvm::FoldingSetNode {
public:
  enum Kind {
    Constant, ///< `number`
    Sum,      ///< `number` plus `factors` times `operands`
    Start,    ///< what the variable `number` of a loop begins with
    Unknown,  ///< one of the things that may be anything, the `number`th
    Apply     ///< `name` of `operands`
  };
  Kind kind;
  unsigned id; ///< in the order of making
  int64_t number;
  llvm::StringRef name;
  llvm::ArrayRef<const Term *> operands;
  llvm::ArrayRef<int64_t> factors;

  bool isConstant(int64_t value) const {
    return kind == Constant && number == value;
  }
  bool isApply(llvm::StringRef other) const {
    return kind == Apply && name == other;
  }
  // What FoldingSet calls it. NOLINTNEXTLINE(readability-identifier-naming)
  void Profile(llvm::FoldingSetNodeID &key) const {
    profile(key, kind, number, name, operands, factors);
  }
  static void profile(llvm::FoldingSetNodeID &key, Kind kind, int64_t number,
                      llvm::StringRef name,
                      llvm::ArrayRef<const Term *> operands,
                      llvm::ArrayRef<int64_t> factors);
};

using Ref = const Term *;
/// What to put in the place of a term.
using Substitution = llvm::DenseMap<Ref, Ref>;

/// All terms of one kernel.
class Terms {
public:
  Ref constant(int64_t value);
  Ref unknown(int64_t number);
  /// `place` tells the variables of a nest of loops from one another.
  Ref start(Ref first, int64_t place);
  /// The same for a loop that steps by `step`: loops that begin some steps
  /// apart share one start.
  Ref startOfLoop(Ref first, Ref step, int64_t place);
  /// Simplified where the name is known to RingFolds.cpp.
  Ref apply(llvm::StringRef name, llvm::ArrayRef<Ref> operands,
            int64_t number = 0);

  Ref add(Ref a, Ref b, int64_t factorOfB = 1);
  Ref subtract(Ref a, Ref b) { return add(a, b, -1); }
  Ref scale(Ref a, int64_t factor) { return add(constant(0), a, factor); }
  Ref multiply(Ref a, Ref b);
  /// All factors divided by one that they have in common.
  Ref divide(Ref a, int64_t divisor);
  /// How often a sum holds a term.
  int64_t factorOf(Ref sum, Ref atom);

  // Conditions are 0 or 1; one and its opposite are one term, with and without
  // `not`.
  Ref isPositive(Ref a);
  Ref isZero(Ref a);
  Ref negate(Ref condition);

  /// Terms replaced wherever they occur, the outermost first.
  Ref substitute(Ref term, const Substitution &map);
  /// Starts replaced by what they start with.
  Ref resolve(Ref term);

  /// A sum without its constant, and the constant.
  std::pair<Ref, int64_t> split(Ref sum);

private:
  Ref make(Term::Kind kind, int64_t number, llvm::StringRef name,
           llvm::ArrayRef<Ref> operands, llvm::ArrayRef<int64_t> factors);
  Ref makeSum(int64_t number, llvm::ArrayRef<std::pair<Ref, int64_t>> parts);
  template <typename Leaf>
  Ref rebuild(Ref term, Substitution &done, Leaf leaf);

  llvm::BumpPtrAllocator allocator;
  llvm::FoldingSet<Term> terms;
  unsigned count = 0;
};

/// The terms that a sum adds, or the term itself.
llvm::ArrayRef<Ref> atomsOf(const Ref &term);
/// The term and all within it.
void forEachWithin(Ref term, llvm::DenseSet<Ref> &seen,
                   llvm::function_ref<void(Ref)> visit);

bool anyWithin(Ref term, llvm::function_ref<bool(Ref)> holds);

/// Whether it is made of numbers by an operation about which no more is known
/// than that equal numbers give equal ones, such as a quotient.
bool isOpaque(Ref term);

/// What an operation on scalars gives; null if it is not understood.
Ref evaluate(Terms &terms, mlir::Operation *op, llvm::ArrayRef<Ref> operands);

} // namespace tessera::tile::rings

#endif // TILE_TRANSFORMS_RINGTERMS_H
