// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions through which a program calls compiled code.
#ifndef TESSERA_TARGET_HOST_EMITENTRY_H
#define TESSERA_TARGET_HOST_EMITENTRY_H

#include "tessera/Target/Host/CpuLevels.h"
#include "tessera/Target/Host/Signature.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace llvm {
class GlobalVariable;
class Module;
} // namespace llvm

namespace tessera::host {

/// Adds `<function>__packed` and `<function>` to `module`, which holds
/// `<function>` with the suffix of each of `levels`, best first.
llvm::Error emitEntries(llvm::Module &module, const Signature &signature,
                        llvm::ArrayRef<const CpuLevel *> levels);

/// Adds a constant tessera_rt_signature for `signature`.
llvm::GlobalVariable *emitSignature(llvm::Module &module,
                                    const Signature &signature,
                                    int32_t minCpuLevel);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_EMITENTRY_H
