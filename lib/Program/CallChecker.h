// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of one check: the record, the arguments, and what symbols and
// expressions turned out to be.
#ifndef TESSERA_LIB_PROGRAM_CALLCHECKER_H
#define TESSERA_LIB_PROGRAM_CALLCHECKER_H

#include "tessera/Program/Check.h"

namespace tessera::program {

/// Text that is part of a message; longer text is cut.
struct Phrase {
  char chars[400] = "";
  __attribute__((format(printf, 2, 3))) void add(const char *format, ...);
};

/// The ids that one list has named so far.
class IdSet;

/// Checks one call. Each step is a method that returns the first error it
/// finds; later steps rely on earlier ones.
class CallChecker {
public:
  CallChecker(const Program &program, void *const *args,
              const CheckedCall &call)
      : program(program), args(args), call(call) {}

  Error check(Reading reading, ComputeFunction compute);
  Expected<int64_t> require(Index index, NumberRange range, const char *what);

private:
  Error checkCpu() const;
  Error checkArgument(Index param);
  Error checkScalarI32(Index param, int64_t found);
  Error checkScalarF32(Index param, float found) const;
  Error checkComputed(ComputeFunction compute);
  Error checkTensor(Index param);
  void normalise(Index param);
  Error checkDim(Index param, int32_t dim);
  /// `dim` is the caller's; none: of a scalar.
  Error bind(Index param, int32_t dim, Index symbol, int64_t value,
             bool broadcast = false);
  Error checkStrides(Index param) const;
  Error checkMemory(Index param) const;
  Error checkOutputApart(Index param) const;
  Error checkOutputElements(Index param) const;

  Error checkConstraint(const Constraint &constraint);
  Error checkEqual(const Constraint &constraint) const;
  Error checkWithin(const Constraint &constraint) const;
  Error checkMultiple(const Constraint &constraint) const;
  Error checkBroadcast(const Constraint &constraint) const;
  Error checkDense(const Constraint &constraint) const;
  Error checkCopied(const Constraint &constraint) const;
  Error checkSizes(const Constraint &constraint) const;
  Error sizeError(const Constraint &constraint, int64_t batch, int64_t block,
                  int32_t found, int64_t exist) const;
  Error checkLists(const Constraint &constraint) const;
  Error checkList(const Constraint &constraint, const int64_t (&at)[3],
                  IdSet &seen) const;

  const char *countName(const Constraint &constraint) const;

  void evaluate() const;
  /// A symbol that no argument carries is what this constraint makes it.
  void defineSymbol(const Constraint &constraint);
  /// That the expression has a value; the error says why not.
  Error checkKnown(Index index) const;
  /// The first symbol that an expression is made of; none: of none.
  Index firstSymbol(Index index) const;
  /// The first that nothing determines.
  Index unknownSymbol(Index index) const;

  const Param &param(Index index) const {
    return program.params()[size_t(index)];
  }
  const char *function() const { return program.function(); }
  const char *name(Index index) const { return text(param(index).name); }
  const char *text(Text offset) const { return program.text(offset); }
  const Expression &expression(Index index) const {
    return program.expressions()[size_t(index)];
  }
  const Symbol &symbol(Index index) const {
    return program.symbols()[size_t(index)];
  }
  /// As the caller has it.
  const tessera_tensor &given(Index index) const {
    return *static_cast<const tessera_tensor *>(args[index]);
  }
  /// With all its dimensions.
  const tessera_tensor &tensor(Index index) const {
    return call.tensors[size_t(index)];
  }
  /// The argument's own hint, or what this error would advise.
  const char *advice(Index index, const char *otherwise) const {
    const char *hint = text(param(index).hint);
    return *hint ? hint : otherwise;
  }
  int64_t number(Index index) const {
    return call.values[size_t(index)].number;
  }

  /// "12 query heads ('query' dim 1)"
  Phrase describe(Index expression) const;
  /// What an expression counts: "query heads"; `otherwise` for plain numbers.
  const char *noun(Index expression, const char *otherwise) const;
  /// "[B, 12, Skv, 128]"
  Phrase describeShape(const Param &param) const;
  /// A constraint's own message.
  Phrase fillIn(const Constraint &constraint) const;

  const Program &program;
  void *const *args;
  const CheckedCall &call;
};

/// The element type as a number: a caller in C may have stored any.
int32_t dtypeOf(const tessera_tensor &tensor);

} // namespace tessera::program

#endif // TESSERA_LIB_PROGRAM_CALLCHECKER_H
