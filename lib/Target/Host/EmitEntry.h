// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions through which a program calls compiled code.
#ifndef TESSERA_TARGET_HOST_EMITENTRY_H
#define TESSERA_TARGET_HOST_EMITENTRY_H

#include "tessera/Program/Program.h"
#include "tessera/Target/Host/CpuLevels.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace llvm {
class Module;
} // namespace llvm

namespace tessera::host {

/// Adds `<function>__packed` and `<function>` to `module`, which holds
/// `<function>` with the suffix of each of `levels`, best first, and, where the
/// record has parameters that are computed, `<function>__scalars` with each.
llvm::Error emitEntries(llvm::Module &module, const program::Program &program,
                        llvm::ArrayRef<const CpuLevel *> levels);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_EMITENTRY_H
