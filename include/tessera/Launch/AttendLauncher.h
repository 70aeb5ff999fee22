// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches a compiled attention over lists: checks the arguments, encodes the
// tensor maps, enqueues the kernel.
#ifndef TESSERA_LAUNCH_ATTENDLAUNCHER_H
#define TESSERA_LAUNCH_ATTENDLAUNCHER_H

#include "tessera/Driver/Module.h"
#include "tessera/Driver/TensorMap.h"
#include "tessera/Launch/Entry.h"

#include <memory>
#include <span>

namespace tessera::launch {

/// Tensors in the device's memory. `data` is null where one is not given.
struct AttendArguments {
  tessera_tensor query{}, output{}; ///< [B, H, Sq, D]
  tessera_tensor key{}, value{};    ///< [B, Hkv, Skv, D]
  tessera_tensor index{};           ///< i32 [B, H, Nq, capacity], dense
  tessera_tensor count{};           ///< i32 [B, H, Nq], dense
  tessera_tensor querySizes{};      ///< i32 [Nq] or [B, Nq], dense
  tessera_tensor keySizes{};        ///< i32 [Nkv] or [B, Nkv], dense
  tessera_tensor lse{};             ///< f32 [B, H, Sq], dense
  float scale = 0;                  ///< of the scores; 0: 1 / sqrt(D)
};

/// A launch that has been checked and encoded: enqueue it as often as wanted.
/// It holds addresses, not memory.
class AttendLaunch;

class AttendLauncher {
public:
  /// Loads `image`, a cubin, or PTX where `isPtx`. Refuses a kernel that does
  /// not fit the device.
  static driver::Expected<AttendLauncher> create(const driver::Context &context,
                                                 Entry entry,
                                                 std::span<const std::byte> image,
                                                 bool isPtx);

  const Entry &entry() const;
  /// CTAs of a launch: as many as are resident at a time, no more than there
  /// are tiles.
  driver::Expected<int64_t> gridFor(int64_t tiles) const;

  /// Bytes of workspace that a launch with these shapes wants; its first
  /// stateWords * 4 must be 0 before the first launch that uses it, and are left
  /// so. One workspace for each launch that may run at the same time.
  driver::Expected<size_t> workspaceBytes(const AttendArguments &arguments) const;

  /// Checks shapes, strides, alignment and types against the entry; a message
  /// names the argument, what was found and what is accepted.
  driver::Expected<AttendLaunch> prepare(const AttendArguments &arguments,
                                         driver::DevicePointer workspace) const;
};

} // namespace tessera::launch

#endif // TESSERA_LAUNCH_ATTENDLAUNCHER_H
