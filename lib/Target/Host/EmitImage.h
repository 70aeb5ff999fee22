// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What makes a module an image (tessera/Program/HostImage.h).
#ifndef TESSERA_LIB_TARGET_HOST_EMITIMAGE_H
#define TESSERA_LIB_TARGET_HOST_EMITIMAGE_H

#include "tessera/Program/Writer.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace llvm {
class Module;
} // namespace llvm

namespace tessera::host {

/// Adds the table of an image's functions to a module that has their entries
/// (emitEntries), and hides everything else. What is called of the runtime is
/// called through the table that the image is given.
void emitImageTable(llvm::Module &module,
                    llvm::ArrayRef<program::Record> records);

/// Makes the shared object. One thread at a time; and LLVM's command line
/// options, those of the program among them, have their defaults afterwards.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
linkImage(llvm::MemoryBufferRef object);

} // namespace tessera::host

#endif // TESSERA_LIB_TARGET_HOST_EMITIMAGE_H
