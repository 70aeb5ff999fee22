// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Another program, run without a shell.
#ifndef TESSERA_TARGET_NVPTX_CHILDPROCESS_H
#define TESSERA_TARGET_NVPTX_CHILDPROCESS_H

#include "tessera/Target/PrivateFolder.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace tessera::nvptx {

struct ProgramAnswer {
  int exitCode;
  std::string text; ///< of both standard output and error
};

/// Waits for the program; an error means that it did not run to its end.
llvm::Expected<ProgramAnswer> runProgram(const std::string &program,
                                         llvm::ArrayRef<std::string> arguments,
                                         const PrivateFolder &folder);

} // namespace tessera::nvptx

#endif // TESSERA_TARGET_NVPTX_CHILDPROCESS_H
