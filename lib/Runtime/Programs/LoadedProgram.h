// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record in a context: its code as far as it has been loaded, and the tensor
// maps of earlier calls.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_LOADEDPROGRAM_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_LOADEDPROGRAM_H

#include "Context.h"
#include "Library.h"
#include "MapCache.h"

#include "tessera/Driver/Module.h"

namespace tessera::rt {

/// What a launch takes of a multiprocessor.
struct CtaShape {
  int32_t threads = 0, sharedBytes = 0;
  int32_t cluster = 1; ///< CTAs
  bool operator==(const CtaShape &) const = default;
};

/// A kernel in a context, once it is loaded.
struct LoadedKernel {
  std::optional<driver::Kernel> kernel;
  driver::KernelAttributes attributes{};
  int32_t sharedBytes = 0; ///< that launches may have
  CtaShape shape;          ///< that `resident` is for
  int64_t resident = -1;   ///< CTAs that the context holds at a time
};

/// What a launch needs of a kernel.
struct ReadyKernel {
  driver::FunctionHandle function;
  int64_t resident;
};

/// Of a kernel: the image that this driver takes, or why there is none.
Expected<program::Index> chooseImage(const program::Program &record,
                                     const program::Kernel &kernel,
                                     int32_t cudaVersion);

} // namespace tessera::rt

struct tessera_program {
  explicit tessera_program() = default;
  ~tessera_program();
  /// Makes room for what will be loaded.
  tessera::rt::Error make(tessera_library &library, tessera_context &context,
                          tessera::rt::Candidate &candidate);

  tessera::program::Program record() const { return candidate->record(); }

  /// Kernel `number` for launches of that shape; loads it the first time, but
  /// not while `stream` is captured.
  tessera::rt::Expected<tessera::rt::ReadyKernel>
  ready(tessera::program::Index number, const tessera::rt::CtaShape &shape,
        tessera::driver::StreamHandle stream);

  /// On the host, what it is called by; loads its code the first time.
  tessera::rt::Expected<tessera::rt::HostEntry> hostEntry();

  /// The kernel and no more.
  tessera::rt::Error load(tessera::program::Index number,
                          tessera::driver::StreamHandle stream);

  tessera_library *library = nullptr;
  tessera_context *context = nullptr;
  tessera::rt::Candidate *candidate = nullptr;
  tessera_program *next = nullptr; ///< of the same record

  /// Of each kernel the first action that launches it; none: nobody does.
  tessera::rt::Array<tessera::program::Index> launches;
  bool asksForWorkspace = false; ///< in an expression
  bool hasErrorWord = false;

  tessera::rt::Mutex mutex; ///< of what follows
  tessera::rt::Array<std::optional<tessera::driver::Module>>
      modules; ///< images
  tessera::rt::Array<tessera::rt::LoadedKernel> kernels;
  tessera::rt::MapCache maps;
  tessera::rt::HostEntry host; ///< once it is loaded

private:
  tessera::rt::Error loadModule(tessera::program::Index image);
  tessera::rt::Error loadKernel(tessera::program::Index number,
                                tessera::driver::StreamHandle stream);
  tessera::rt::Error countResident(tessera::program::Index number,
                                   const tessera::rt::CtaShape &shape);
};

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_LOADEDPROGRAM_H
