// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of one tessera_rt_check_call: the signature, the arguments and
// what the symbols turned out to be.
#ifndef TESSERA_LIB_RUNTIME_CALLCHECKER_H
#define TESSERA_LIB_RUNTIME_CALLCHECKER_H

#include "tessera/Runtime/Error.h"

namespace tessera::rt {

/// A symbol's value and the argument that gave it.
struct Symbol {
  int64_t value = 0;
  int32_t param = -1; // -1: no argument has given it a value
  int32_t dim = -1;   // -1: the value of a scalar
};

/// Text that is part of a message; longer text is cut.
struct Text {
  char chars[160] = "";
  __attribute__((format(printf, 2, 3))) void add(const char *format, ...);
};

/// The ids that one list has named so far.
class IdSet;

/// Checks one call. Each step is a method that returns the first error it
/// finds; later steps rely on earlier ones.
class CallChecker {
public:
  /// `symbols` has room for signature.num_symbols.
  CallChecker(const tessera_rt_signature &signature, void *const *args,
              Symbol *symbols)
      : signature(signature), args(args), symbols(symbols) {}

  Error check();

private:
  Error checkCpu() const;
  Error checkArgument(int32_t param);
  Error checkScalarI32(int32_t param);
  Error checkScalarF32(int32_t param) const;
  Error checkTensor(int32_t param);
  Error checkDim(int32_t param, int32_t dim);
  Error bind(int32_t param, int32_t dim, tessera_rt_ref ref, int64_t value);
  Error checkStrides(int32_t param) const;
  Error checkMemory(int32_t param) const;
  Error checkOutputApart(int32_t param) const;
  Error checkOutputElements(int32_t param) const;

  Error checkConstraint(const tessera_rt_constraint &constraint) const;
  Error checkCeilDiv(const tessera_rt_constraint &constraint) const;
  Error checkProduct(const tessera_rt_constraint &constraint) const;
  Error checkMultiple(const tessera_rt_constraint &constraint) const;
  Error checkVolume(const tessera_rt_constraint &constraint) const;
  Error checkCubes(const tessera_rt_constraint &constraint) const;
  Error checkBroadcast(const tessera_rt_constraint &constraint) const;
  Error checkSizes(const tessera_rt_constraint &constraint) const;
  Error sizeError(const tessera_rt_constraint &constraint, int64_t batch,
                  int64_t block, int32_t found, int64_t exist) const;
  Error checkLists(const tessera_rt_constraint &constraint) const;
  Error checkList(const tessera_rt_constraint &constraint,
                  const int64_t (&at)[3], IdSet &seen) const;

  const tessera_rt_param &param(int32_t index) const {
    return signature.params[index];
  }
  const char *name(int32_t index) const { return param(index).name; }
  const tessera_tensor &tensor(int32_t index) const {
    return *static_cast<const tessera_tensor *>(args[index]);
  }
  bool isTensor(int32_t index) const {
    return param(index).kind == TESSERA_RT_INPUT ||
           param(index).kind == TESSERA_RT_OUTPUT;
  }
  /// The argument's own hint, or what this error would advise.
  const char *advice(int32_t index, const char *otherwise) const {
    return param(index).hint ? param(index).hint : otherwise;
  }

  /// The number a reference stands for.
  int64_t value(tessera_rt_ref ref) const {
    return ref >= 0 ? ref : symbols[-(ref + 1)].value;
  }
  bool isBound(tessera_rt_ref ref) const;
  /// What operand 0 of a relation should be, by its other operands.
  int64_t relatedValue(const tessera_rt_constraint &constraint) const;
  /// A symbol that no argument carries is what its first relation makes it.
  void defineSymbol(const tessera_rt_constraint &constraint) const;
  /// Every symbol a constraint mentions has a value, or a defect is reported.
  Error checkBound(const tessera_rt_constraint &constraint) const;

  /// "12 query heads ('query' dim 1)"
  Text describe(tessera_rt_ref ref) const;
  /// What a symbol counts: "query heads"; `otherwise` for plain numbers.
  const char *noun(tessera_rt_ref ref, const char *otherwise) const;
  /// "[B, 12, Skv, 128]"
  Text describeShape(const tessera_rt_param &param) const;

  const tessera_rt_signature &signature;
  void *const *args;
  Symbol *symbols;
};

/// The element type as a number: a caller in C may have stored any.
int32_t dtypeOf(const tessera_tensor &tensor);

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_CALLCHECKER_H
