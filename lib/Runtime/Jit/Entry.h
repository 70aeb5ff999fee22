// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry of the cache: a bundle, what it was found by, and the files whose
// state had a say in it. One file on the disk; it may have been cut, damaged or
// put there by another version.
#ifndef TESSERA_LIB_RUNTIME_JIT_ENTRY_H
#define TESSERA_LIB_RUNTIME_JIT_ENTRY_H

#include "../Programs/Memory.h"
#include "Hash.h"

#include <ctime>

namespace tessera::rt {

/// Null if `entry` is whole, belongs to `key` and all files are as they were;
/// then its bundle too, at a multiple of 64. Else why not.
const char *readEntry(std::span<const std::byte> entry, const Hash &key,
                      std::span<const std::byte> &bundle);

/// `files` as tessera_compiler_result has them. False: without memory, or if one
/// of them has changed since `start`.
bool writeEntry(const Hash &key, std::span<const std::byte> bundle,
                const char *files, const timespec &start,
                Array<std::byte> &entry);

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_JIT_ENTRY_H
