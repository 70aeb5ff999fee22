// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of files and texts.
#ifndef TESSERA_TEST_UNIT_SIMULATOR_KERNELFILE_H
#define TESSERA_TEST_UNIT_SIMULATOR_KERNELFILE_H

#include "tessera/Simulator/Simulator.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <string>

namespace tessera::test {

/// A module and what the parser and the verifier say of it.
struct KernelFile {
  mlir::OwningOpRef<mlir::ModuleOp> module; ///< null after an error
  std::string errors;

  tile::KernelOp kernel() const;
};

KernelFile parseKernel(llvm::StringRef text, llvm::StringRef name = "text",
                       bool verifies = true);

/// The text of a file under test/.
std::string readTestFile(llvm::StringRef path);

/// One line a report.
std::string print(const sim::SimulationResult &result);

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_SIMULATOR_KERNELFILE_H
