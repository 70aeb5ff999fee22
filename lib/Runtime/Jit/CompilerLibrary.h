// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libtessera_compiler, where it is and what it is called by.
#ifndef TESSERA_LIB_RUNTIME_JIT_COMPILERLIBRARY_H
#define TESSERA_LIB_RUNTIME_JIT_COMPILERLIBRARY_H

#include "Hash.h"

#include "tessera-c/Compiler.h"
#include "tessera/Runtime/Error.h"
#include "tessera/Runtime/Expected.h"

#include <climits>

namespace tessera::rt {

/// A file that was found, and not opened yet: that takes longer than to load
/// what it has compiled before.
struct CompilerFile {
  /// $TESSERA_COMPILER, which is then the only place; beside libtessera_rt; the
  /// dynamic linker's places. The error says what to install.
  static Expected<CompilerFile> find();

  char path[PATH_MAX] = {};
  Hash identity; ///< of this build of it
};

/// What it has.
struct Compiler {
  /// Once in a process it stays.
  static Expected<Compiler> open(const CompilerFile &file);

  decltype(&tessera_compiler_run) run;
  decltype(&tessera_compiler_release) release;
  decltype(&tessera_compiler_version) version;
};

/// Owns what a compilation gives.
class Compiled {
public:
  explicit Compiled(const Compiler &compiler) : compiler(compiler) {}
  Compiled(const Compiled &) = delete;
  Compiled &operator=(const Compiled &) = delete;
  ~Compiled() { compiler.release(&result); }

  Error run(const tessera_compiler_job &job);
  std::span<const std::byte> bundle() const {
    return {static_cast<const std::byte *>(result.bundle), result.bundle_bytes};
  }
  const char *message() const { return result.message; }
  const char *files() const { return result.files; }
  /// The bundle, for the caller to free.
  void *takeBundle() { return std::exchange(result.bundle, nullptr); }

private:
  Compiler compiler;
  tessera_compiler_result result = {sizeof(result), nullptr, 0, nullptr,
                                    nullptr};
};

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_JIT_COMPILERLIBRARY_H
