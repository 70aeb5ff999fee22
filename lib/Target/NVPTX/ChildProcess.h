// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Another program, run without a shell, and a folder for its files.
#ifndef TESSERA_TARGET_NVPTX_CHILDPROCESS_H
#define TESSERA_TARGET_NVPTX_CHILDPROCESS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace tessera::nvptx {

/// Only this user may look in; gone, with all files, when it is destroyed.
class PrivateFolder {
public:
  static llvm::Expected<PrivateFolder> create();
  PrivateFolder(PrivateFolder &&other) noexcept;
  PrivateFolder &operator=(PrivateFolder &&) = delete;
  ~PrivateFolder();

  llvm::StringRef path() const { return folder; }
  std::string file(llvm::StringRef name) const;

private:
  explicit PrivateFolder(std::string folder) : folder(std::move(folder)) {}

  std::string folder; ///< empty once moved from
};

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
