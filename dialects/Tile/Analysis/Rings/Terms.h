// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a role computes with, as terms over what it does not know: kernel
// arguments, memory, the trip counts of loops. Two roles that compute a value
// in the same way hold the same term, which is how they are known to agree.

#ifndef TILE_ANALYSIS_RINGS_TERMS_H
#define TILE_ANALYSIS_RINGS_TERMS_H

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

/// What a term is. The groups are told apart by where they begin and end.
enum class Kind : uint8_t {
  Constant, ///< `number`
  Sum,      ///< `number` plus `factors` times `operands`
  Start,    ///< what the variable `number` of a loop begins with
  Unknown,  ///< one of the things that may be anything, the `number`th

  // What the caller chooses.
  Argument,        ///< the `number`th, an integer or memory
  NaturalArgument, ///< the same, promised not to be negative
  FlagArgument,    ///< an i1
  Cta,
  Ctas,
  Extent, ///< of memory, in a dimension
  Load,   ///< from memory that is not written, at indices; `number`: i1 or not
  /// What memory that is written holds: the memory, the last store that the
  /// agent knows to be before, the view, indices. `number` as above.
  SharedLoad,
  Global, ///< the value `number`, computed before the roles in an unknown way

  // Conditions, 0 or 1.
  Positive,
  Zero,
  Not,
  And,
  Or,
  LessUnsigned,

  // Operations on integers. `number` is their width where they take numbers
  // for unsigned, 0 if none of them is negative and it does not matter.
  Select,
  Product,
  DivSigned,
  DivUnsigned,
  RemSigned,
  RemUnsigned,
  CeilDivUnsigned,
  MaxSigned,
  MinSigned,
  MaxUnsigned,
  MinUnsigned,
  BitAnd,
  BitOr,
  BitXor,
  Shl,
  ShrSigned,
  ShrUnsigned,
  Trunc,      ///< to the width, sign-extended; of width 1, 0 or 1
  ZeroExtend, ///< from the width

  /// An operation of which no more is known than that equal numbers give equal
  /// ones, called `name`.
  Other
};

/// Immutable, made once: equal terms are one object.
class Term : public llvm::FoldingSetNode {
public:
  Kind kind;
  unsigned id; ///< in the order of making
  int64_t number;
  llvm::StringRef name; ///< of Other
  llvm::ArrayRef<const Term *> operands;
  llvm::ArrayRef<int64_t> factors;
  Interval range; ///< where it lies whatever the caller chooses

  bool is(Kind other) const { return kind == other; }
  bool isConstant(int64_t value) const {
    return kind == Kind::Constant && number == value;
  }
  /// 0 or 1, and no sum.
  bool isCondition() const {
    return kind != Kind::Constant && kind != Kind::Sum && kind != Kind::Start &&
           range.low >= 0 && range.high <= 1;
  }
  /// Made of other terms, by more than addition.
  bool isOperation() const { return kind >= Kind::Extent; }
  bool isNatural() const { return range.low >= 0; }
  llvm::FoldingSetNodeIDRef key; ///< all of the above but id and range
};

} // namespace tessera::tile::rings

/// Terms are looked up far more often than made, so their keys are kept.
template <>
struct llvm::FoldingSetTrait<tessera::tile::rings::Term> {
  using Term = tessera::tile::rings::Term;
  // What FoldingSet calls them. NOLINTBEGIN(readability-identifier-naming)
  static void Profile(const Term &term, FoldingSetNodeID &key) {
    key = FoldingSetNodeID(term.key);
  }
  static bool Equals(const Term &term, const FoldingSetNodeID &key, unsigned,
                     FoldingSetNodeID &) {
    return key == term.key;
  }
  static unsigned ComputeHash(const Term &term, FoldingSetNodeID &) {
    return term.key.ComputeHash();
  }
  // NOLINTEND(readability-identifier-naming)
};

namespace tessera::tile::rings {

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
  /// Simplified where Folds.cpp knows how.
  Ref apply(Kind kind, llvm::ArrayRef<Ref> operands, int64_t number = 0);
  Ref other(llvm::StringRef name, llvm::ArrayRef<Ref> operands,
            int64_t number = 0) {
    return make(Kind::Other, number, name, operands, {});
  }

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
  Ref both(Ref a, Ref b) { return apply(Kind::And, {a, b}); }
  Ref either(Ref a, Ref b) { return apply(Kind::Or, {a, b}); }

  /// Terms replaced wherever they occur, the outermost first.
  Ref substitute(Ref term, const Substitution &map);
  /// Starts replaced by what they start with.
  Ref resolve(Ref term);

  /// A sum without its constant, and the constant.
  std::pair<Ref, int64_t> split(Ref sum);

private:
  Ref make(Kind kind, int64_t number, llvm::StringRef name,
           llvm::ArrayRef<Ref> operands, llvm::ArrayRef<int64_t> factors);
  Ref addUp(Ref a, Ref b, int64_t factorOfB);
  Ref makeSum(int64_t number, llvm::ArrayRef<std::pair<Ref, int64_t>> parts);
  template <typename Leaf>
  Ref rebuild(Ref term, Substitution &done, Leaf leaf);

  llvm::BumpPtrAllocator allocator;
  llvm::FoldingSet<Term> terms;
  /// The same differences are asked for again and again.
  llvm::DenseMap<std::tuple<Ref, Ref, int64_t>, Ref> sums;
  unsigned count = 0;
};

/// Where a term lies whatever the caller chooses; all its parts know that of
/// themselves.
Interval rangeOf(const Term &term);

/// The terms that a sum adds, or the term itself.
llvm::ArrayRef<Ref> atomsOf(const Ref &term);
/// The term and all within it.
void forEachWithin(Ref term, llvm::DenseSet<Ref> &seen,
                   llvm::function_ref<void(Ref)> visit);

bool anyWithin(Ref term, llvm::function_ref<bool(Ref)> holds);

/// What an operation gives for numbers, exactly; none where that is not
/// defined, is too large, or is not known.
std::optional<int64_t> compute(Kind kind, int64_t number,
                               llvm::ArrayRef<int64_t> operands);

/// Larger numbers are not followed: sums of them might overflow.
inline constexpr int64_t kMostConstant = int64_t(1) << 40;

/// What an operation on scalars gives; null if it is not understood.
Ref evaluate(Terms &terms, mlir::Operation *op, llvm::ArrayRef<Ref> operands);

} // namespace tessera::tile::rings

#endif // TILE_ANALYSIS_RINGS_TERMS_H
