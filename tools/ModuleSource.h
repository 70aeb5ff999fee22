// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules as tools read them.
#ifndef TESSERA_TOOLS_MODULESOURCE_H
#define TESSERA_TOOLS_MODULESOURCE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace tessera {

/// Text or bytecode; "-" is standard input. An error for what is neither, whose
/// bytes a parser would show as they are.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
openModule(llvm::StringRef path);

} // namespace tessera

#endif // TESSERA_TOOLS_MODULESOURCE_H
