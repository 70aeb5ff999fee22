// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C header of compiled functions.
#ifndef TESSERA_TARGET_HOST_HEADER_H
#define TESSERA_TARGET_HOST_HEADER_H

#include "tessera/Program/Writer.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace tessera::host {

/// Declares and documents the entries of each function, of which there may be a
/// record for each target, the host's first. The include guard follows from the
/// content. An error for a function that whyNotCallable().
llvm::Expected<std::string> emitHeader(llvm::ArrayRef<program::Record> records);

/// Whether a file that begins so is a header of emitHeader(), of any version.
bool isEmittedHeader(llvm::StringRef text);

/// Why no C or C++ program could declare, link and call a function of this
/// name; "" if one can.
std::string whyNotCallable(llvm::StringRef function);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_HEADER_H
