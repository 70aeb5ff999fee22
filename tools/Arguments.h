// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments of one call, made to fit a signature: read from files where the
// user gives some, generated where not.
#ifndef TESSERA_TOOLS_ARGUMENTS_H
#define TESSERA_TOOLS_ARGUMENTS_H

#include "tessera/Npy/Npy.h"
#include "tessera/Program/Evaluate.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <random>
#include <vector>

namespace tessera {

/// What the user fixes; the rest is generated.
struct ArgumentChoices {
  llvm::StringMap<std::string> files; ///< parameter: .npy file
  llvm::StringMap<double> scalars;    ///< parameter: value
  llvm::StringMap<int64_t> dims;      ///< symbol ("Sq"): extent
  uint64_t seed = 0;
};

/// How an array holds elements of a tessera_dtype.
npy::Dtype npyDtypeOf(int32_t dtype);

class Arguments {
public:
  /// Of a record that outlives them.
  static llvm::Expected<Arguments> create(const program::Program &program,
                                          const ArgumentChoices &choices);

  /// As a packed entry takes them; valid while this object lives and stays.
  std::vector<void *> pack();
  const npy::Array &array(size_t param) const { return arrays[param]; }
  /// Every output is NaN (or -7) again.
  void poisonOutputs();
  /// Whether all tensors are, bit for bit, those of `other`.
  bool sameTensors(const Arguments &other) const;
  /// Share of query and key block pairs that lists among the arguments name.
  std::optional<double> density() const;

private:
  explicit Arguments(const program::Program &program)
      : program(program), arrays(program.argumentCount()),
        integers(program.argumentCount()), floats(program.argumentCount()),
        symbols(program.symbols().size()), fromFile(program.argumentCount()) {}

  llvm::ArrayRef<program::Param> params() const {
    return {program.params().data(), arrays.size()};
  }
  llvm::Error readFiles(const ArgumentChoices &choices);
  void settleExtents(size_t param);
  std::vector<size_t> tensorSymbols();
  llvm::Error takeDims(const ArgumentChoices &choices);
  llvm::Error takeScalars(const ArgumentChoices &choices);
  void deriveExtents();
  void chooseExtents();
  llvm::Error checkMemory() const;
  void generate(size_t param, std::mt19937_64 &random);
  void fillLists(const program::Constraint &lists, std::mt19937_64 &random);
  void fillSizes(const program::Constraint &sizes);
  /// Of every expression, by what is known of the symbols.
  std::vector<program::Value> evaluate() const;
  /// Of an expression that is known.
  int64_t valueOf(program::Index expression) const {
    return evaluate()[size_t(expression)].number;
  }
  /// The symbol that a dimension is; null for a constant.
  program::Value *symbolOf(program::Index expression);

  program::Program program;
  std::vector<npy::Array> arrays;
  std::vector<int32_t> integers;
  std::vector<float> floats;
  std::vector<program::Value> symbols;
  std::vector<bool> fromFile;
  std::vector<tessera_tensor> tensors;
};

} // namespace tessera

#endif // TESSERA_TOOLS_ARGUMENTS_H
