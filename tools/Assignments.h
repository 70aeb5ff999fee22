// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Flags that assign to a name, as --input query=q.npy, and errors about them.
#ifndef TESSERA_TOOLS_ASSIGNMENTS_H
#define TESSERA_TOOLS_ASSIGNMENTS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace tessera {

/// name: value; errors name the flag. A name that is given twice is one.
llvm::Error parseTexts(llvm::StringRef flag, llvm::ArrayRef<std::string> texts,
                       llvm::StringMap<std::string> &values);
/// Files to write, a different one for each name.
llvm::Error parseOutputs(llvm::StringRef flag,
                         llvm::ArrayRef<std::string> texts,
                         llvm::StringMap<std::string> &files);
/// Integers are from 0 to 2^31 - 1.
llvm::Error parseNumbers(llvm::StringRef flag,
                         llvm::ArrayRef<std::string> texts,
                         llvm::StringMap<int64_t> &numbers);
llvm::Error parseNumbers(llvm::StringRef flag,
                         llvm::ArrayRef<std::string> texts,
                         llvm::StringMap<double> &numbers);

/// An error that tells which names there are.
llvm::Error unknownName(llvm::StringRef what, llvm::StringRef name,
                        llvm::ArrayRef<std::string> known);

} // namespace tessera

#endif // TESSERA_TOOLS_ASSIGNMENTS_H
