// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What follows from facts, which of them may be forgotten, and whether there
// are numbers for them.
#include "Tile/Analysis/Rings/Witness.h"

#include "gtest/gtest.h"

using namespace tessera::tile::rings;

namespace {

class FactsTest : public testing::Test {
protected:
  Ref positive(Ref a) { return terms.isPositive(a); }
  std::optional<bool> ask(Ref condition) {
    return facts.ask(terms, condition, 0).value;
  }
  void assume(Ref condition, bool value = true) {
    facts.assume(terms, condition, value, 0);
  }
  bool hasWitness() { return findWitness(terms, facts.list(), {}).exists; }

  Terms terms;
  Facts facts;
  Ref x = terms.apply(Kind::Argument, {}, 0);
  Ref y = terms.apply(Kind::Argument, {}, 1);
  Ref z = terms.apply(Kind::Argument, {}, 2);
  Ref memory = terms.apply(Kind::Argument, {}, 3);
  Ref flag = terms.apply(Kind::FlagArgument, {}, 4);
};

} // namespace

TEST_F(FactsTest, DecideWhatFollows) {
  Ref ahead = terms.subtract(x, y);
  EXPECT_EQ(ask(positive(ahead)), std::nullopt);
  assume(positive(ahead));
  EXPECT_EQ(ask(positive(ahead)), true);
  EXPECT_EQ(ask(positive(terms.add(ahead, terms.constant(1)))), true);
  EXPECT_EQ(ask(positive(terms.scale(ahead, -1))), false);
  EXPECT_EQ(ask(terms.isZero(ahead)), false);
  EXPECT_EQ(ask(positive(terms.add(ahead, terms.constant(-1)))), std::nullopt);
}

TEST_F(FactsTest, AreAddedUp) {
  assume(positive(terms.subtract(x, y)));
  assume(positive(terms.subtract(y, z)));
  EXPECT_EQ(ask(positive(terms.subtract(x, z))), true);
  EXPECT_EQ(ask(positive(terms.add(terms.subtract(x, z), terms.constant(-1)))),
            true);
}

/// A condition that is also a number is known as such.
TEST_F(FactsTest, KnowConditionsWithinSums) {
  Ref condition = positive(x);
  Ref sum = terms.add(condition, terms.constant(2));
  assume(condition);
  EXPECT_EQ(facts.rangeOf(terms, sum).low, 3);
  EXPECT_EQ(ask(positive(terms.add(sum, terms.constant(-2)))), true);
}

TEST_F(FactsTest, NameTheConditionThatIsOpen) {
  Answer answer = facts.ask(terms, terms.both(flag, positive(x)), 0);
  EXPECT_FALSE(answer.value);
  EXPECT_EQ(answer.open, flag);
  assume(flag);
  EXPECT_EQ(facts.ask(terms, terms.both(flag, positive(x)), 0).open,
            positive(x));
  assume(flag, false);
  EXPECT_FALSE(facts.arePossible(terms));
}

/// However many agents there are.
TEST_F(FactsTest, AreForgottenWhenAllAgentsHaveAsked) {
  constexpr unsigned kAgents = 100;
  llvm::DenseSet<Ref> held;
  for (unsigned asking : {kAgents - 1, kAgents}) {
    Facts some;
    some.assume(terms, positive(x), true, 0);
    for (unsigned agent = 0; agent < asking; ++agent)
      some.ask(terms, positive(x), agent);
    some.prune(terms, held, kAgents, /*maxAge=*/10);
    EXPECT_EQ(some.list().empty(), asking == kAgents);
  }
}

TEST_F(FactsTest, AreKeptWhileTheirTermsAreHeld) {
  assume(positive(x));
  llvm::DenseSet<Ref> held{x};
  facts.prune(terms, held, /*agents=*/1, /*maxAge=*/10);
  EXPECT_EQ(facts.list().size(), 1u);
}

TEST_F(FactsTest, SayMoreOrLess) {
  Facts weaker;
  weaker.assume(terms, positive(x), true, 0);
  assume(positive(terms.add(x, terms.constant(-4))));
  EXPECT_TRUE(facts.implies(terms, weaker));
  EXPECT_FALSE(weaker.implies(terms, facts));
}

//===----------------------------------------------------------------------===//
// Numbers for them
//===----------------------------------------------------------------------===//

TEST_F(FactsTest, HaveNumbers) {
  assume(positive(terms.subtract(x, y)));
  assume(terms.isZero(terms.subtract(y, terms.constant(1000))));
  EXPECT_TRUE(hasWitness());
}

/// Each two of these agree, and intervals see no more.
TEST_F(FactsTest, InACircleHaveNone) {
  assume(positive(terms.subtract(x, y)));
  assume(positive(terms.subtract(y, z)));
  assume(positive(terms.subtract(z, x)));
  EXPECT_FALSE(hasWitness());
}

TEST_F(FactsTest, OfProductsMayHaveNone) {
  Ref square = terms.multiply(x, x);
  assume(terms.isZero(terms.subtract(square, terms.constant(5))));
  EXPECT_TRUE(facts.arePossible(terms));
  EXPECT_FALSE(hasWitness());
}

TEST_F(FactsTest, OfMemoryAgreeWhereIndicesDo) {
  Ref atX = terms.apply(Kind::Load, {memory, x}),
      atY = terms.apply(Kind::Load, {memory, y});
  assume(positive(terms.subtract(atX, atY)));
  EXPECT_TRUE(hasWitness());
  assume(terms.isZero(terms.subtract(x, y)));
  EXPECT_FALSE(hasWitness());
}

/// What was stored is found where it was stored, and nowhere else.
TEST_F(FactsTest, OfMemoryFollowStores) {
  Ref version = terms.unknown(0);
  Store store;
  store.memory = memory;
  store.indices = {x};
  store.version = version;
  store.value = terms.constant(7);
  Ref load = terms.apply(Kind::SharedLoad, {memory, version, memory, y});
  assume(terms.isZero(load));
  EXPECT_TRUE(findWitness(terms, facts.list(), store).exists);
  assume(terms.isZero(terms.subtract(x, y)));
  EXPECT_FALSE(findWitness(terms, facts.list(), store).exists);
  store.value = nullptr;
  EXPECT_EQ(findWitness(terms, facts.list(), store).unclear, load);
}

TEST_F(FactsTest, OfUnknownOperationsAreUnclear) {
  Ref odd = terms.other("some.operation", x);
  assume(positive(odd));
  Witness witness = findWitness(terms, facts.list(), {});
  EXPECT_FALSE(witness.exists);
  EXPECT_EQ(witness.unclear, odd);
}
