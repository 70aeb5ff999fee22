// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code on a GPU: modules, their kernels, launches.
#ifndef TESSERA_DRIVER_MODULE_H
#define TESSERA_DRIVER_MODULE_H

#include "tessera/Driver/Owned.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace tessera::driver {

/// What a kernel takes of the GPU.
struct KernelAttributes {
  int32_t registers;             // a thread
  int32_t localBytes;            // a thread: spills and arrays
  int32_t staticSharedBytes;     // a block
  int32_t maxDynamicSharedBytes; // a block, at a launch
  int32_t maxThreads;            // a block, at a launch
};

/// How many blocks of how many threads a launch starts.
struct LaunchShape {
  uint32_t grid[3] = {1, 1, 1};  // x, y, z
  uint32_t block[3] = {1, 1, 1}; // x, y, z
  uint32_t dynamicSharedBytes = 0;
  /// All blocks run at a time, also where other work shares the GPU; a grid
  /// that cannot is refused. For blocks that wait for one another.
  bool isCooperative = false;
};

/// One entry of a module, which must outlive it.
class Kernel {
public:
  FunctionHandle function() const { return handle; }
  Expected<KernelAttributes> attributes() const;

  /// Allows launches with up to so many bytes of dynamic shared memory; without
  /// it 48 KiB less the static ones.
  Error setMaxDynamicSharedBytes(int32_t bytes) const;

  /// How many blocks a multiprocessor holds at a time; 0 if a block does not
  /// fit. A grid of no more than that times the multiprocessors is resident as
  /// a whole, which kernels need whose blocks wait for one another.
  Expected<int32_t>
  maxActiveBlocksPerMultiprocessor(int32_t threads,
                                   size_t dynamicSharedBytes) const;

  /// Enqueues the kernel. `params` points at the value of each parameter the
  /// kernel declares, in order; values are copied before this returns. (One
  /// block of bytes, which the driver takes too, must begin with padding that
  /// the assembler chooses when a parameter is aligned to more than 16, as
  /// tensor maps are.) Does not allocate.
  Error launch(StreamHandle stream, const LaunchShape &shape,
               std::span<const void *const> params) const;

private:
  friend class Module;
  Kernel(const ContextView &context, FunctionHandle handle, const char *name);
  Expected<int32_t> attribute(FunctionAttribute attribute) const;

  ContextView where;
  FunctionHandle handle;
  char label[64]; // the start of its name, for errors
};

/// A piece of device code, loaded.
class Module {
public:
  /// Machine code for one GPU architecture, an ELF file. Refuses what is no
  /// such file or is cut short, which the driver might read past its end.
  static Expected<Module> loadCubin(const ContextView &context,
                                    std::span<const std::byte> cubin);

  /// PTX, which the driver assembles. Errors hold the first of its complaints.
  static Expected<Module> loadPtx(const ContextView &context,
                                  std::string_view ptx);

  /// The kernel of that name, as it stands in the PTX.
  Expected<Kernel> kernel(const char *name) const;

private:
  using Handle = Owned<ModuleHandle, &Functions::moduleUnload>;
  explicit Module(Handle handle) : owned(std::move(handle)) {}
  static Expected<Module> load(const ContextView &context, const void *image,
                               const char *purpose);

  Handle owned;
};

} // namespace tessera::driver

#endif // TESSERA_DRIVER_MODULE_H
