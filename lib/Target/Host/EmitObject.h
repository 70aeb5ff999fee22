// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an object has for whoever links it.
#ifndef TESSERA_TARGET_HOST_EMITOBJECT_H
#define TESSERA_TARGET_HOST_EMITOBJECT_H

#include "EmitEntry.h"

#include "tessera/Program/Bundle.h"

namespace tessera::host {

/// Adds `<function>` and `<function>_workspace` for each function of `host` and
/// of `gpu`, which may be null, and what they need: for each function one
/// relocated table of its programs, with records and code, in symbols of this
/// object alone.
llvm::Error emitObjectEntries(llvm::Module &module,
                              llvm::ArrayRef<HostEntry> host,
                              const program::Bundle *gpu);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_EMITOBJECT_H
