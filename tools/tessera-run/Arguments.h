// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments of one call, made to fit a signature: read from files where the
// user gives some, generated where not.
#ifndef TESSERA_TOOLS_TESSERA_RUN_ARGUMENTS_H
#define TESSERA_TOOLS_TESSERA_RUN_ARGUMENTS_H

#include "tessera/Npy/Npy.h"
#include "tessera/Target/Host/Signature.h"

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

inline bool isTensor(const host::SignatureParam &param) {
  return param.kind == TESSERA_RT_INPUT || param.kind == TESSERA_RT_OUTPUT;
}

class Arguments {
public:
  static llvm::Expected<Arguments> create(const host::Signature &signature,
                                          const ArgumentChoices &choices);

  /// As a packed entry takes them; valid while this object lives and stays.
  std::vector<void *> pack();
  const npy::Array &array(size_t param) const { return arrays[param]; }
  /// Every output is NaN (or -7) again.
  void poisonOutputs();
  /// Share of query and key block pairs that lists among the arguments name.
  std::optional<double> density() const;

private:
  explicit Arguments(const host::Signature &signature)
      : signature(&signature), arrays(signature.params.size()),
        integers(signature.params.size()), floats(signature.params.size()),
        extents(signature.symbols.size(), -1),
        fromFile(signature.params.size()) {}

  llvm::Error readFiles(const ArgumentChoices &choices);
  void settleExtents(size_t param);
  std::vector<size_t> tensorSymbols() const;
  llvm::Error takeDims(const ArgumentChoices &choices);
  llvm::Error takeScalars(const ArgumentChoices &choices);
  void deriveExtents();
  void chooseExtents();
  llvm::Error checkMemory() const;
  void generate(size_t param, std::mt19937_64 &random);
  void fillLists(const host::SignatureConstraint &lists,
                 std::mt19937_64 &random);
  void fillSizes(const host::SignatureConstraint &sizes);
  int64_t valueOf(tessera_rt_ref ref) const {
    return ref >= 0 ? ref : extents[-(ref + 1)];
  }

  const host::Signature *signature;
  std::vector<npy::Array> arrays;
  std::vector<int32_t> integers;
  std::vector<float> floats;
  std::vector<int64_t> extents; ///< of symbols; -1 while unknown
  std::vector<bool> fromFile;
  std::vector<tessera_tensor> tensors;
};

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_RUN_ARGUMENTS_H
