// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a name means already to a C or C++ compiler, or to the linker.
#ifndef TESSERA_LIB_TARGET_HOST_FUNCTIONNAMES_H
#define TESSERA_LIB_TARGET_HOST_FUNCTIONNAMES_H

#include "llvm/ADT/StringRef.h"

namespace tessera::host {

/// A word of C or C++, a macro of compilers, or a name that tessera-c/Runtime.h
/// and what it includes declare: nothing can be called so after that header.
bool isReservedWord(llvm::StringRef name);

/// A function of the C library, as far as compilers know of it or libtessera_rt
/// calls it.
bool isLibraryFunction(llvm::StringRef name);

/// Letters, digits and '_', no digit first.
bool isIdentifier(llvm::StringRef name);

} // namespace tessera::host

#endif // TESSERA_LIB_TARGET_HOST_FUNCTIONNAMES_H
