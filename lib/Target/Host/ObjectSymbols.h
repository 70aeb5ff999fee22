// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an object leaves to the linker.
#ifndef TESSERA_LIB_TARGET_HOST_OBJECTSYMBOLS_H
#define TESSERA_LIB_TARGET_HOST_OBJECTSYMBOLS_H

#include "tessera/Target/Host/Program.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace tessera::host {

/// An error unless libc and libm, and of an object libtessera_rt, have all that
/// `elf` leaves undefined.
llvm::Error checkUndefinedSymbols(llvm::MemoryBufferRef elf, Form form);

} // namespace tessera::host

#endif // TESSERA_LIB_TARGET_HOST_OBJECTSYMBOLS_H
