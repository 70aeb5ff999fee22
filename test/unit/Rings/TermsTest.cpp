// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Equal numbers are equal terms, as far as it is known that they are; and what
// operations give is exact.
#include "Tile/Analysis/Rings/Terms.h"

#include "gtest/gtest.h"

using namespace tessera::tile::rings;

namespace {

class TermsTest : public testing::Test {
protected:
  Ref number(int64_t value) { return terms.constant(value); }
  Ref pair(Kind kind, Ref a, Ref b, int64_t width = 32) {
    return terms.apply(kind, {a, b}, width);
  }

  Terms terms;
  Ref x = terms.apply(Kind::Argument, {}, 0);
  Ref y = terms.apply(Kind::Argument, {}, 1);
  Ref natural = terms.apply(Kind::NaturalArgument, {}, 2);
  Ref flag = terms.apply(Kind::FlagArgument, {}, 3);
};

} // namespace

TEST_F(TermsTest, SumsAreCanonical) {
  EXPECT_EQ(terms.add(x, y), terms.add(y, x));
  EXPECT_EQ(terms.subtract(terms.add(x, y), y), x);
  EXPECT_EQ(terms.subtract(x, x), number(0));
  EXPECT_EQ(terms.scale(terms.add(x, number(2)), 3),
            terms.add(terms.scale(x, 3), number(6)));
  EXPECT_NE(terms.add(x, number(1)), terms.add(x, number(2)));
}

TEST_F(TermsTest, ConditionsAndTheirOppositesAreOneTerm) {
  Ref ahead = terms.subtract(x, y);
  EXPECT_EQ(terms.negate(terms.isPositive(ahead)),
            terms.isPositive(terms.subtract(number(1), ahead)));
  EXPECT_EQ(terms.isZero(ahead), terms.isZero(terms.scale(ahead, -1)));
  EXPECT_EQ(terms.negate(terms.negate(flag)), flag);
  EXPECT_EQ(terms.isPositive(flag), flag);
  EXPECT_EQ(terms.both(flag, number(1)), flag);
  EXPECT_EQ(terms.either(flag, number(1)), number(1));
}

TEST_F(TermsTest, OfNaturalNumbersTheSignDoesNotMatter) {
  Ref half = pair(Kind::DivUnsigned, natural, number(2));
  EXPECT_EQ(pair(Kind::DivSigned, natural, number(2)), half);
  EXPECT_EQ(pair(Kind::ShrUnsigned, natural, number(1)), half);
  EXPECT_EQ(pair(Kind::ShrSigned, natural, number(1), 64), half);
  EXPECT_EQ(pair(Kind::MinUnsigned, natural, number(2)),
            pair(Kind::MinSigned, natural, number(2)));
  EXPECT_TRUE(half->isNatural());
}

TEST_F(TermsTest, OfOtherNumbersItDoes) {
  EXPECT_NE(pair(Kind::DivSigned, x, number(2)),
            pair(Kind::DivUnsigned, x, number(2)));
  EXPECT_NE(pair(Kind::DivUnsigned, x, number(2), 32),
            pair(Kind::DivUnsigned, x, number(2), 64));
  EXPECT_NE(terms.apply(Kind::ZeroExtend, x, 32), x);
  EXPECT_EQ(terms.apply(Kind::ZeroExtend, natural, 32), natural);
}

TEST_F(TermsTest, SubstitutionSimplifies) {
  Ref half = pair(Kind::DivSigned, terms.add(x, y), number(2));
  Substitution map;
  map[x] = number(7);
  map[y] = number(-2);
  EXPECT_EQ(terms.substitute(half, map), number(2));
}

TEST_F(TermsTest, RangesFollowFromParts) {
  Ref rest = pair(Kind::RemUnsigned, natural, number(4));
  EXPECT_EQ(rest->range.low, 0);
  EXPECT_EQ(rest->range.high, 3);
  Ref sum = terms.add(terms.scale(flag, -1), number(5));
  EXPECT_EQ(sum->range.low, 4);
  EXPECT_EQ(sum->range.high, 5);
  EXPECT_LT(pair(Kind::RemSigned, x, number(4))->range.low, 0);
}

TEST_F(TermsTest, SumsThatOverflowAreNotFollowed) {
  Ref huge = terms.scale(terms.scale(x, kMostConstant), 1 << 20);
  EXPECT_EQ(terms.scale(huge, 1 << 10)->kind, Kind::Other);
}

TEST(ComputeTest, IsExact) {
  struct Row {
    Kind kind;
    int64_t number;
    std::vector<int64_t> operands;
    std::optional<int64_t> result;
  };
  const Row rows[] = {
      {Kind::DivUnsigned, 32, {-1, 2}, 0x7fffffff},
      {Kind::DivUnsigned, 0, {7, 2}, 3},
      {Kind::DivUnsigned, 0, {-7, 2}, std::nullopt},
      {Kind::DivUnsigned, 32, {7, 0}, std::nullopt},
      {Kind::DivSigned, 32, {-7, 2}, -3},
      {Kind::RemSigned, 32, {-7, 2}, -1},
      {Kind::RemUnsigned, 32, {-1, 10}, 5},
      {Kind::CeilDivUnsigned, 32, {7, 2}, 4},
      {Kind::MinUnsigned, 32, {-1, 3}, 3},
      {Kind::MaxUnsigned, 32, {-1, 3}, -1},
      {Kind::LessUnsigned, 32, {-1, 3}, 0},
      {Kind::ShrUnsigned, 32, {-1, 28}, 15},
      {Kind::ShrUnsigned, 32, {1, 32}, std::nullopt},
      {Kind::ShrSigned, 32, {-5, 1}, -3},
      {Kind::Trunc, 8, {300}, 44},
      {Kind::Trunc, 8, {200}, -56},
      {Kind::Trunc, 1, {3}, 1},
      {Kind::ZeroExtend, 8, {-1}, 255},
      {Kind::Select, 32, {0, 4, 5}, 5},
      {Kind::Not, 0, {1}, 0},
      {Kind::Product, 32, {kMostConstant, 2}, std::nullopt},
      {Kind::Other, 0, {1, 2}, std::nullopt},
  };
  for (const Row &row : rows)
    EXPECT_EQ(compute(row.kind, row.number, row.operands), row.result)
        << int(row.kind) << " of " << row.operands[0];
}
