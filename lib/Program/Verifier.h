// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the parts of the verifier share: it remembers the first thing that is
// wrong, and the element it was found in.
#ifndef TESSERA_LIB_PROGRAM_VERIFIER_H
#define TESSERA_LIB_PROGRAM_VERIFIER_H

#include "Verify.h"

namespace tessera::program {

class Verifier {
public:
  explicit Verifier(const Program &program) : program(program) {}
  Error run();

private:
  void expect(bool holds, const char *what) {
    if (!holds && !problem)
      problem = what;
  }
  template <typename Enum>
  void expectEnum(Enum value, int32_t end) {
    expect(int32_t(value) >= 0 && int32_t(value) < end, "is of no known kind");
  }
  void expectText(Text text) {
    expect(text < program.header().strings.count, "has a name outside strings");
  }
  void expectIndex(Index index, Table table, const char *what) {
    expect(index >= 0 && uint32_t(index) < table.count, what);
  }
  void expectRange(Range range, Table table, const char *what) {
    expect(range.first <= table.count &&
               range.count <= table.count - range.first,
           what);
  }
  void expectExpression(Index index) {
    expectIndex(index, program.header().expressions, "names no expression");
  }
  void expectExpressionOrNone(Index index) {
    if (index != kNone)
      expectExpression(index);
  }
  void expectTensor(Index param) {
    expectIndex(param, program.header().params, "names no parameter");
    expect(problem || isTensor(program.params()[size_t(param)]),
           "names a parameter that is no tensor");
  }
  void expectMemory(const Memory &memory);

  /// Calls check(element, number) for each until something is wrong.
  template <typename T, typename Check>
  bool each(const char *table, std::span<const T> elements, Check check) {
    where = table;
    for (at = 0; at < elements.size() && !problem; ++at)
      check(elements[at]);
    if (problem)
      --at;
    return !problem;
  }

  void checkExpression(const Expression &expression);
  void checkParam(const Param &param);
  void checkConstraint(const Constraint &constraint);
  void checkMessage(Text message);
  void checkMap(const Map &map);
  void checkOperand(const Operand &operand);
  void checkAction(const Action &action);
  void checkLaunch(const Action &action);
  void checkStep(const Step &step);
  bool checkSignature();
  bool checkSteps();
  bool checkCode();

  const Program &program;
  const char *where = "header";
  size_t at = 0;
  const char *problem = nullptr;
};

} // namespace tessera::program

#endif // TESSERA_LIB_PROGRAM_VERIFIER_H
