// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tools say about themselves.
#include "tessera/Version.h"
#include "tessera/Compiler/Registration.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/raw_ostream.h"

std::string tessera::versionText(llvm::StringRef tool) {
  std::string text;
  llvm::raw_string_ostream(text)
      << tool << " (Tessera) " TESSERA_VERSION_STRING "\n"
      << "LLVM " LLVM_VERSION_STRING "\n"
      << "targets: host (x86-64)\n";
  return text;
}
