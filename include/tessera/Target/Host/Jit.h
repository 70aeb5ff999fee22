// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Objects of the host target, loaded into this process.
#ifndef TESSERA_TARGET_HOST_JIT_H
#define TESSERA_TARGET_HOST_JIT_H

#include "tessera-c/Runtime.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>

namespace llvm {
class MemoryBuffer;
namespace orc {
class LLJIT;
} // namespace orc
} // namespace llvm

namespace tessera::host {

/// Holds the code of one object. The runtime it calls is the one linked into
/// this process; entries are valid as long as the HostJit lives.
class HostJit {
public:
  /// What every compiled function can be called by: args[i] points to argument
  /// i, a tessera_tensor or a scalar. The error belongs to the caller.
  using PackedEntry = tessera_error *(*)(void *const *args);

  /// Copies `object`, as HostProgram::emitObject() made it.
  static llvm::Expected<std::unique_ptr<HostJit>>
  create(const llvm::MemoryBuffer &object);
  ~HostJit();

  llvm::Expected<PackedEntry> lookupPacked(llvm::StringRef function);

private:
  explicit HostJit(std::unique_ptr<llvm::orc::LLJIT> jit);

  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_JIT_H
