// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches a compiled attention over lists: checks the arguments, encodes the
// tensor maps, enqueues the kernel.
#ifndef TESSERA_LAUNCH_ATTENDLAUNCHER_H
#define TESSERA_LAUNCH_ATTENDLAUNCHER_H

#include "tessera/Driver/Module.h"
#include "tessera/Driver/TensorMap.h"
#include "tessera/Launch/Entry.h"

#include <cstddef>
#include <span>
#include <vector>

namespace tessera::launch {

/// Tensors in the device's memory. One that is not given stays as it is here,
/// without data and of rank 0.
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

/// The tensor that a parameter is the map or the address of; null if it is
/// neither, or of the workspace.
tessera_tensor *tensorOf(AttendArguments &arguments, ParameterKind kind);
const tessera_tensor *tensorOf(const AttendArguments &arguments,
                               ParameterKind kind);

/// Where the parts of a workspace lie: i32 of the state first, then marks.
struct WorkspaceLayout {
  size_t stateBytes = 0; ///< 0 before and after a launch
  size_t marksOffset = 0;
  size_t bytes = 0; ///< of all
};
inline constexpr size_t kWorkspaceAlignment = 256; // bytes

/// A launch that has been checked and encoded: enqueue it as often as wanted.
/// It holds addresses, not memory; its launcher must outlive it.
class AttendLaunch {
public:
  /// Enqueues the kernel, or nothing where there are no tiles. Neither waits
  /// nor allocates.
  driver::Error enqueue(driver::StreamHandle stream) const;

  int64_t tiles() const { return tileCount; } ///< B * H * Nq
  int64_t ctas() const { return shape.grid[0]; }

private:
  friend class AttendLauncher;
  /// The value of one parameter.
  union Value {
    driver::TensorMap map;
    uint64_t address;
    int32_t integer;
    float real;
  };

  AttendLaunch(const driver::Kernel &kernel, int64_t tiles)
      : kernel(kernel), tileCount(tiles) {}

  driver::Kernel kernel;
  driver::LaunchShape shape;
  int64_t tileCount;
  std::vector<Value> values; // in the kernel's order
};

/// One entry, loaded on one GPU. Threads may share it.
class AttendLauncher {
public:
  /// Loads `image`, a cubin, or PTX where `isPtx`, into the context, which must
  /// outlive the launcher. Refuses a kernel that does not fit the device.
  static driver::Expected<AttendLauncher>
  create(const driver::Context &context, Entry entry,
         std::span<const std::byte> image, bool isPtx);

  const Entry &entry() const { return record; }
  const driver::Kernel &kernel() const { return loaded; }
  /// CTAs that the whole GPU holds at a time.
  int64_t residentCtas() const { return resident; }
  /// CTAs of a launch: as many as are resident at a time, no more than there
  /// is work for.
  int64_t gridFor(int64_t tiles) const;

  /// The workspace of a launch over so many tiles. Its state must be 0 before
  /// the first launch that uses it, and every launch leaves it so. Launches
  /// that may run at the same time need one each.
  WorkspaceLayout workspaceFor(int64_t tiles) const;
  /// Its bytes, by the shape of the query. An error says what the query should
  /// be.
  driver::Expected<size_t>
  workspaceBytes(const AttendArguments &arguments) const;

  /// Checks types, shapes, strides, alignment and the scale against the entry,
  /// as docs/contract.md has them; what lists and sizes hold is not looked at.
  /// `workspace` is a multiple of 256, or 0 where no bytes are wanted. An error
  /// names the argument, what was found and what is accepted.
  driver::Expected<AttendLaunch> prepare(const AttendArguments &arguments,
                                         driver::DevicePointer workspace) const;

private:
  AttendLauncher(const driver::ContextView &where, Entry entry,
                 driver::Module module, const driver::Kernel &kernel,
                 int64_t resident)
      : where(where), record(std::move(entry)), module(std::move(module)),
        loaded(kernel), resident(resident) {}

  driver::ContextView where;
  Entry record;
  driver::Module module;
  driver::Kernel loaded;
  int64_t resident;
};

} // namespace tessera::launch

#endif // TESSERA_LAUNCH_ATTENDLAUNCHER_H
