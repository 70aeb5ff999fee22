// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments of a kernel, from files and flags.
#ifndef TESSERA_TOOLS_TESSERA_SIM_KERNELARGUMENTS_H
#define TESSERA_TOOLS_TESSERA_SIM_KERNELARGUMENTS_H

#include "SourceFile.h"

#include "tessera/Npy/Npy.h"
#include "tessera/Simulator/Simulator.h"

#include "llvm/ADT/StringMap.h"

namespace tessera {

/// What the user says of the parameters.
struct KernelChoices {
  llvm::StringMap<std::string> files;   ///< array: .npy file
  llvm::StringMap<std::string> shapes;  ///< array of NaN or -7: "2x3x64"
  llvm::StringMap<std::string> results; ///< array: .npy file to write
  llvm::StringMap<double> scalars;
};

class KernelArguments {
public:
  /// Every parameter has a value, no name is unknown.
  static llvm::Expected<KernelArguments> create(const KernelSource &source,
                                                const KernelChoices &choices);

  /// The same at each call: a kernel may have written to what it got last.
  std::vector<sim::Argument> renew();
  /// Whether the arrays are, bit for bit, those of `other`.
  bool sameArrays(const KernelArguments &other) const;
  llvm::Error write(const llvm::StringMap<std::string> &results) const;

private:
  llvm::Error bind(const KernelChoices &choices, size_t parameter,
                   mlir::Type type);

  std::vector<std::string> names;
  std::vector<npy::Array> given, arrays; ///< empty for scalars
  std::vector<sim::Argument> arguments;
};

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_SIM_KERNELARGUMENTS_H
