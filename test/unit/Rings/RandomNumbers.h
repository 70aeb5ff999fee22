// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random scalars of random programs: what they are, and the many ways to write
// that down.
#ifndef TESSERA_TEST_UNIT_RINGS_RANDOMNUMBERS_H
#define TESSERA_TEST_UNIT_RINGS_RANDOMNUMBERS_H

#include "tessera/Oracle/Random.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tessera::test {

enum class NumberType { Index, I32, Flag };

/// Whoever writes it down chooses among ways that mean the same.
struct Number {
  enum Kind {
    Constant, ///< `value`
    Given,    ///< what the writer calls `name`
    Add,
    Subtract,
    Multiply,
    Divide,    ///< by 2 to the `value`, as unsigned
    Remainder, ///< by `value`, as unsigned
    Least,     ///< of this and `value`, as unsigned
    Largest,   ///< as signed
    Choose,
    Widen,     ///< a flag, as 0 or 1
    WidenSign, ///< a flag, as 0 or -1
    Cast,      ///< between index and i32
    LowestBit, ///< a flag
    Less,      ///< as signed
    LessUnsigned,
    Equal,
    Not,
    And,
    Or,
    Differ
  };
  Kind kind;
  NumberType type;
  int64_t value = 0;
  std::string name;
  std::vector<std::shared_ptr<const Number>> operands;
};
using NumberRef = std::shared_ptr<const Number>;

/// What has a name where a number is drawn.
struct NamedNumber {
  std::string name;
  NumberType type;
};

class NumberDrawer {
public:
  explicit NumberDrawer(oracle::Random &random) : random(random) {}
  NumberRef draw(NumberType type, const std::vector<NamedNumber> &names,
                 int depth);

private:
  NumberRef drawIndex(const std::vector<NamedNumber> &names, int depth);
  NumberRef drawI32(const std::vector<NamedNumber> &names, int depth);
  NumberRef drawFlag(const std::vector<NamedNumber> &names, int depth);
  NumberRef drawLeaf(NumberType type, const std::vector<NamedNumber> &names);

  oracle::Random &random;
};

/// Writes the operations of one role.
class NumberWriter {
public:
  /// Of `slips` numbers about one is written wrong; 0: none.
  NumberWriter(oracle::Random &random, int slips)
      : random(random), slips(slips) {}

  /// The name of the value, after the operations that it needs.
  std::string write(const Number &number);
  void line(const std::string &text);
  std::string fresh() { return "%v" + std::to_string(count++); }
  std::string constant(int64_t value, NumberType type);

  std::map<std::string, std::string> names; ///< values of what is given
  std::string text;
  int depth = 2;

private:
  std::string op(const std::string &text);
  std::string writeFlag(const Number &number,
                        const std::vector<std::string> &x);
  std::string writeComparison(const Number &number,
                              const std::vector<std::string> &x);
  std::string writeInteger(const Number &number,
                           const std::vector<std::string> &x);
  std::string writeWidened(const Number &number, const std::string &flag);
  std::string compare(const char *predicate, const std::string &x,
                      const std::string &y, NumberType type);
  std::string pair(const char *op, const std::string &x, const std::string &y,
                   NumberType type);
  std::string negated(const std::string &flag);
  bool slip() { return slips != 0 && random.oneIn(slips); }
  bool coin() { return random.oneIn(2); }

  oracle::Random &random;
  const int slips;
  int count = 0;
};

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_RINGS_RANDOMNUMBERS_H
