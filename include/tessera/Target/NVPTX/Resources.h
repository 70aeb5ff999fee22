// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a kernel takes of the GPU, and what its assembler had to remark, read
// from the report of `ptxas -v`.
#ifndef TESSERA_TARGET_NVPTX_RESOURCES_H
#define TESSERA_TARGET_NVPTX_RESOURCES_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tessera::nvptx {

struct KernelResources {
  std::string kernel;
  int32_t registersPerThread = 0;
  int32_t staticSharedBytes = 0; ///< of a CTA; not what a launch adds
  int32_t namedBarriers = 0;
  /// Local memory of a thread, that of the functions it calls included.
  int32_t stackBytes = 0, spillStoreBytes = 0, spillLoadBytes = 0;
  /// Numbered remarks and warnings, "(C7508) Potential ..". One that names no
  /// kernel is here for every kernel of the report.
  std::vector<std::string> notes;

  /// Whether the kernel is slower than it was written to be: registers were
  /// spilled, or a note on wgmma or setmaxnreg (C75xx) says that products were
  /// serialised, waits injected, register counts ignored.
  bool hasHazard() const;

  /// One line:
  ///   fwd: 168 registers, 1024 B shared, 2 barriers, 16 B stack, 32+36 B
  ///   spilled; (C7508) Potential ..
  std::string print() const;
};

/// The kernels of a report, in its order.
llvm::Expected<std::vector<KernelResources>>
parseResources(llvm::StringRef report);

} // namespace tessera::nvptx

#endif // TESSERA_TARGET_NVPTX_RESOURCES_H
