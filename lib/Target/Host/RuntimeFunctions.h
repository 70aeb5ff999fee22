// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What compiled code calls of libtessera_rt: the one list, for those who link
// it and those who check that nothing else is wanted.
#ifndef TESSERA_LIB_TARGET_HOST_RUNTIMEFUNCTIONS_H
#define TESSERA_LIB_TARGET_HOST_RUNTIMEFUNCTIONS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace tessera::host {

struct RuntimeFunction {
  llvm::StringLiteral name;
  void *address; ///< in this program
};

llvm::ArrayRef<RuntimeFunction> runtimeFunctions();

} // namespace tessera::host

#endif // TESSERA_LIB_TARGET_HOST_RUNTIMEFUNCTIONS_H
