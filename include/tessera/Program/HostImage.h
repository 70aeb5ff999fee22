// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code for the host as an image of a bundle: an ELF shared object that needs
// libc and libm and is given everything else, so that it can be loaded wherever
// libtessera_rt is: linked as an archive, as a library, or loaded itself where
// nobody else sees its symbols.
#ifndef TESSERA_PROGRAM_HOSTIMAGE_H
#define TESSERA_PROGRAM_HOSTIMAGE_H

#include "tessera-c/Program.h"

namespace tessera::program {

/// The functions of libtessera_rt that compiled code calls, in the order in
/// which an image has them.
#define TESSERA_HOST_CALLEES(ROW)                                              \
  ROW(tessera_cpu_level)                                                       \
  ROW(tessera_num_threads)                                                     \
  ROW(tessera_rt_check_call)                                                   \
  ROW(tessera_rt_error)                                                        \
  ROW(tessera_rt_memory_error)                                                 \
  ROW(tessera_rt_parallel_for)

#define TESSERA_NAME(callee) #callee,
inline constexpr const char *kHostCallees[] = {
    TESSERA_HOST_CALLEES(TESSERA_NAME)};
#undef TESSERA_NAME

/// One of the functions of an image.
struct HostFunction {
  const char *name;
  tessera_object_call *call;
  tessera_rt_compute *compute; ///< or null
};

/// What an image exports, under this name and no other.
inline constexpr char kHostImageSymbol[] = "tessera_host_image";
struct HostImage {
  uint32_t version; ///< kHostImageVersion
  uint32_t calleeCount;
  /// Where the address of a table of the callees goes before anything is
  /// called.
  void *const **callees;
  uint64_t functionCount;
  const HostFunction *functions;
};
inline constexpr uint32_t kHostImageVersion = 1;

} // namespace tessera::program

#endif // TESSERA_PROGRAM_HOSTIMAGE_H
