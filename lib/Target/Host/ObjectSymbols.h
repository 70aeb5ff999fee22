// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an object leaves to the linker.
#ifndef TESSERA_LIB_TARGET_HOST_OBJECTSYMBOLS_H
#define TESSERA_LIB_TARGET_HOST_OBJECTSYMBOLS_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace tessera::host {

/// An error unless libtessera_rt, libc and libm have all that `elf` leaves
/// undefined.
llvm::Error checkUndefinedSymbols(llvm::MemoryBufferRef elf);

} // namespace tessera::host

#endif // TESSERA_LIB_TARGET_HOST_OBJECTSYMBOLS_H
