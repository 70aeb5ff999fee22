// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C header of compiled functions.
#ifndef TESSERA_TARGET_HOST_HEADER_H
#define TESSERA_TARGET_HOST_HEADER_H

#include "tessera/Program/Writer.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace tessera::host {

/// Declares and documents both entries of each function. `name`, usually that
/// of the file, goes into the include guard. An error for a function whose name
/// C cannot say.
llvm::Expected<std::string> emitHeader(llvm::ArrayRef<program::Record> records,
                                       llvm::StringRef name);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_HEADER_H
