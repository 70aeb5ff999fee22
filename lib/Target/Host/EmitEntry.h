// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions through which a program calls compiled code.
#ifndef TESSERA_TARGET_HOST_EMITENTRY_H
#define TESSERA_TARGET_HOST_EMITENTRY_H

#include "tessera/Program/Program.h"
#include "tessera/Target/Host/CpuLevels.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/Error.h"

#include <cstddef>
#include <span>

namespace tessera::host {

/// What there is of a function for the host.
struct HostEntry {
  program::Program program;
  llvm::Constant *record;
  llvm::Function *packed;
  llvm::Constant *compute; ///< a tessera_rt_compute, or null in the code
};

/// Adds `<function>__packed` to `module`, which holds `<function>` with the
/// suffix of each of `levels`, best first, and, where the record has parameters
/// that are computed, `<function>__scalars` with each.
llvm::Expected<HostEntry>
emitPackedEntry(llvm::Module &module, const program::Program &program,
                llvm::ArrayRef<const CpuLevel *> levels);

/// Begins a function that others call and that returns a tessera_error *. An
/// error if something has its name.
llvm::Expected<llvm::Function *> startEntry(llvm::Module &module,
                                            llvm::IRBuilder<> &builder,
                                            const llvm::Twine &name,
                                            llvm::ArrayRef<llvm::Type *> types);

/// A variable of this object alone. Names with '__' are nobody else's.
llvm::GlobalVariable *defineGlobal(llvm::Module &module, llvm::Constant *value,
                                   const llvm::Twine &name,
                                   bool isConstant = true);

/// Constant data of this object alone.
llvm::GlobalVariable *emitBytes(llvm::Module &module,
                                std::span<const std::byte> bytes,
                                const llvm::Twine &name);

/// The record, where a check reads it.
llvm::Constant *emitRecord(llvm::Module &module,
                           const program::Program &program);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_EMITENTRY_H
