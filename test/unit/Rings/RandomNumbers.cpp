// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RandomNumbers.h"

namespace tessera::test {

static const char *nameOf(NumberType type) {
  return type == NumberType::Index ? "index"
         : type == NumberType::I32 ? "i32"
                                   : "i1";
}

static NumberRef make(Number number) {
  return std::make_shared<const Number>(std::move(number));
}

//===----------------------------------------------------------------------===//
// Drawing
//===----------------------------------------------------------------------===//

NumberRef NumberDrawer::drawLeaf(NumberType type,
                                 const std::vector<NamedNumber> &names) {
  std::vector<const NamedNumber *> fitting;
  for (const NamedNumber &name : names)
    if (name.type == type)
      fitting.push_back(&name);
  if (fitting.empty() || random.oneIn(4)) {
    int64_t least = type == NumberType::I32 ? -1 : 0,
            most = type == NumberType::Flag ? 1 : 3;
    return make({Number::Constant, type, random.integer(least, most), "", {}});
  }
  size_t index = size_t(random.integer(0, int64_t(fitting.size()) - 1));
  return make({Number::Given, type, 0, fitting[index]->name, {}});
}

NumberRef NumberDrawer::draw(NumberType type,
                             const std::vector<NamedNumber> &names, int depth) {
  if (depth == 0 || random.oneIn(3))
    return drawLeaf(type, names);
  switch (type) {
  case NumberType::Index:
    return drawIndex(names, depth - 1);
  case NumberType::I32:
    return drawI32(names, depth - 1);
  case NumberType::Flag:
    return drawFlag(names, depth - 1);
  }
  return nullptr;
}

/// What is taken for unsigned may be huge, so a small number bounds it at once.
NumberRef NumberDrawer::drawIndex(const std::vector<NamedNumber> &names,
                                  int depth) {
  NumberType type = NumberType::Index;
  auto index = [&] { return draw(type, names, depth); };
  auto bounded = [&](NumberRef number) {
    return make({Number::Least, type, random.integer(1, 4), "", {number}});
  };
  switch (random.integer(0, 8)) {
  case 0:
    return make({Number::Add, type, 0, "", {index(), index()}});
  case 1:
    return make({Number::Subtract, type, 0, "", {index(), index()}});
  case 2:
    return bounded(
        make({Number::Divide, type, random.integer(0, 2), "", {index()}}));
  case 3:
    return bounded(
        make({Number::Remainder, type, random.integer(1, 4), "", {index()}}));
  case 4:
    return make({Number::Largest, type, 0, "", {index(), index()}});
  case 5:
    return make({Number::Choose,
                 type,
                 0,
                 "",
                 {draw(NumberType::Flag, names, depth), index(), index()}});
  case 6:
    return make(
        {Number::Cast, type, 0, "", {draw(NumberType::I32, names, depth)}});
  case 7:
    return make(
        {Number::Widen, type, 0, "", {draw(NumberType::Flag, names, depth)}});
  default:
    return bounded(index());
  }
}

NumberRef NumberDrawer::drawI32(const std::vector<NamedNumber> &names,
                                int depth) {
  NumberType type = NumberType::I32;
  auto number = [&] { return draw(type, names, depth); };
  auto flag = [&] { return draw(NumberType::Flag, names, depth); };
  switch (random.integer(0, 6)) {
  case 0:
    return make({Number::Add, type, 0, "", {number(), number()}});
  case 1:
    return make({Number::Subtract, type, 0, "", {number(), number()}});
  case 2:
    return make({Number::Multiply, type, 0, "", {number(), number()}});
  case 3:
    return make({Number::Widen, type, 0, "", {flag()}});
  case 4:
    return make({Number::WidenSign, type, 0, "", {flag()}});
  case 5:
    return make({Number::Choose, type, 0, "", {flag(), number(), number()}});
  default:
    return make(
        {Number::Cast, type, 0, "", {draw(NumberType::Index, names, depth)}});
  }
}

NumberRef NumberDrawer::drawFlag(const std::vector<NamedNumber> &names,
                                 int depth) {
  NumberType type = NumberType::Flag;
  constexpr Number::Kind kCompare[] = {Number::Less, Number::LessUnsigned,
                                       Number::Equal};
  constexpr Number::Kind kJoin[] = {Number::And, Number::Or, Number::Differ};
  constexpr NumberType kTypes[] = {NumberType::Index, NumberType::I32,
                                   NumberType::Flag};
  switch (random.integer(0, 5)) {
  case 0:
    return make({Number::Not, type, 0, "", {draw(type, names, depth)}});
  case 1:
    return make({Number::LowestBit,
                 type,
                 0,
                 "",
                 {draw(NumberType::I32, names, depth)}});
  case 2:
    return make({kJoin[random.integer(0, 2)],
                 type,
                 0,
                 "",
                 {draw(type, names, depth), draw(type, names, depth)}});
  default:
    NumberType of = kTypes[random.integer(0, 2)];
    return make({kCompare[random.integer(0, 2)],
                 type,
                 0,
                 "",
                 {draw(of, names, depth), draw(of, names, depth)}});
  }
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

void NumberWriter::line(const std::string &words) {
  text += std::string(size_t(2 * depth), ' ') + words + "\n";
}

std::string NumberWriter::op(const std::string &words) {
  std::string name = fresh();
  line(name + " = " + words);
  return name;
}

std::string NumberWriter::constant(int64_t value, NumberType type) {
  std::string number = type == NumberType::Flag ? (value ? "true" : "false")
                                                : std::to_string(value);
  return op(
      "arith.constant " + number +
      (type == NumberType::Flag ? "" : std::string(" : ") + nameOf(type)));
}

std::string NumberWriter::pair(const char *operation, const std::string &x,
                               const std::string &y, NumberType type) {
  return op(std::string("arith.") + operation + " " + x + ", " + y + " : " +
            nameOf(type));
}

std::string NumberWriter::compare(const char *predicate, const std::string &x,
                                  const std::string &y, NumberType type) {
  return op(std::string("arith.cmpi ") + predicate + ", " + x + ", " + y +
            " : " + nameOf(type));
}

std::string NumberWriter::negated(const std::string &flag) {
  NumberType type = NumberType::Flag;
  if (coin())
    return pair("xori", flag, constant(1, type), type);
  return compare("eq", flag, constant(0, type), type);
}

std::string NumberWriter::write(const Number &number) {
  if (number.kind == Number::Given) {
    auto found = names.find(number.name);
    // What gives it may have been left out by a slip.
    return found == names.end() ? constant(0, number.type) : found->second;
  }
  if (number.kind == Number::Constant)
    return constant(number.value + (slip() && number.type != NumberType::Flag),
                    number.type);
  std::vector<std::string> x;
  for (const NumberRef &operand : number.operands)
    x.push_back(write(*operand));
  return number.type == NumberType::Flag ? writeFlag(number, x)
                                         : writeInteger(number, x);
}

std::string NumberWriter::writeWidened(const Number &number,
                                       const std::string &flag) {
  bool isSigned = (number.kind == Number::WidenSign) != slip();
  std::string type = nameOf(number.type);
  if (coin())
    return op("arith.select " + flag + ", " +
              constant(isSigned ? -1 : 1, number.type) + ", " +
              constant(0, number.type) + " : " + type);
  const char *cast = number.type == NumberType::Index
                         ? (isSigned ? "index_cast " : "index_castui ")
                         : (isSigned ? "extsi " : "extui ");
  return op(std::string("arith.") + cast + flag + " : i1 to " + type);
}

std::string NumberWriter::writeInteger(const Number &number,
                                       const std::vector<std::string> &x) {
  NumberType type = number.type;
  std::string name = nameOf(type);
  auto small = [&](int64_t value) { return constant(value, type); };
  auto choose = [&](const std::string &flag, const std::string &first,
                    const std::string &second) {
    return op("arith.select " + flag + ", " + first + ", " + second + " : " +
              name);
  };
  switch (number.kind) {
  case Number::Add:
    return coin() ? pair("addi", x[0], x[1], type)
                  : pair("addi", x[1], x[0], type);
  case Number::Subtract:
    return pair("subi", x[0], x[1], type);
  case Number::Multiply:
    return coin() ? pair("muli", x[0], x[1], type)
                  : pair("muli", x[1], x[0], type);
  case Number::Divide:
    return coin()
               ? pair("shrui", x[0], small(number.value), type)
               : pair("divui", x[0], small(int64_t(1) << number.value), type);
  case Number::Remainder: {
    bool isPower = (number.value & (number.value - 1)) == 0;
    return isPower && coin() ? pair("andi", x[0], small(number.value - 1), type)
                             : pair("remui", x[0], small(number.value), type);
  }
  case Number::Least: {
    std::string most = small(number.value + slip());
    return coin() ? pair("minui", x[0], most, type)
                  : choose(compare("ult", x[0], most, type), x[0], most);
  }
  case Number::Largest:
    return coin() ? pair("maxsi", x[0], x[1], type)
                  : choose(compare("slt", x[0], x[1], type), x[1], x[0]);
  case Number::Choose:
    return coin() ? choose(x[0], x[1], x[2])
                  : choose(negated(x[0]), x[2], x[1]);
  case Number::Cast:
    return op("arith.index_cast " + x[0] + " : " +
              nameOf(number.operands[0]->type) + " to " + name);
  default:
    return writeWidened(number, x[0]);
  }
}

std::string NumberWriter::writeComparison(const Number &number,
                                          const std::vector<std::string> &x) {
  NumberType type = number.operands[0]->type;
  if (number.kind == Number::Equal)
    return coin() ? compare("eq", x[0], x[1], type)
                  : negated(compare("ne", x[0], x[1], type));
  bool isSigned = (number.kind == Number::Less) != slip();
  switch (random.integer(0, 2)) {
  case 0:
    return compare(isSigned ? "slt" : "ult", x[0], x[1], type);
  case 1:
    return compare(isSigned ? "sgt" : "ugt", x[1], x[0], type);
  default:
    return negated(compare(isSigned ? "sge" : "uge", x[0], x[1], type));
  }
}

std::string NumberWriter::writeFlag(const Number &number,
                                    const std::vector<std::string> &x) {
  NumberType type = NumberType::Flag;
  // As signed numbers, flags are 0 and -1.
  constexpr const char *kAnd[] = {"andi", "muli", "minui", "maxsi"},
                       *kOr[] = {"ori", "maxui", "minsi", "ori"},
                       *kDiffer[] = {"xori", "addi", "subi", "xori"};
  int64_t way = random.integer(0, 3);
  switch (number.kind) {
  case Number::Not:
    return negated(x[0]);
  case Number::LowestBit:
    return op("arith.trunci " + x[0] + " : i32 to i1");
  case Number::And:
    return pair(slip() ? kOr[way] : kAnd[way], x[0], x[1], type);
  case Number::Or:
    return pair(kOr[way], x[0], x[1], type);
  case Number::Differ:
    return pair(kDiffer[way], x[0], x[1], type);
  default:
    return writeComparison(number, x);
  }
}

} // namespace tessera::test
