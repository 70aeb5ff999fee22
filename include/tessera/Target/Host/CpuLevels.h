// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The x86-64 levels a function is compiled for, and how the recipes cut their
// tiles on each: one table. The runtime says which level the machine has
// (tessera_cpu_level) and the entry of a function picks among those compiled.
#ifndef TESSERA_TARGET_HOST_CPULEVELS_H
#define TESSERA_TARGET_HOST_CPULEVELS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>

namespace tessera::host {

struct CpuLevel {
  int32_t level;           ///< of tessera_cpu_level()
  llvm::StringLiteral cpu; ///< LLVM's name, also what `--cpu` takes
  int32_t vectorBits;      ///< width of the registers code should use
  int32_t lanes;           ///< f32 elements of one register
  int32_t tileRows;        ///< rows of a register tile
  int32_t tileVectors;     ///< registers across a register tile

  /// What a symbol compiled for this level ends with: "__v4".
  std::string suffix() const { return "__v" + std::to_string(level); }
};

/// Best level first: the order in which an entry tries them. A register tile
/// with its operands fills the 32 and the 16 registers of the two levels.
inline constexpr CpuLevel kCpuLevels[] = {
    {4, "x86-64-v4", 512, 16, 8, 2},
    {3, "x86-64-v3", 256, 8, 4, 2},
};

static_assert(kCpuLevels[0].level > kCpuLevels[1].level,
              "levels are distinct and the best comes first");

/// The row for `level`, or null.
const CpuLevel *findCpuLevel(int32_t level);

/// The row for LLVM's name of the level, or null.
const CpuLevel *findCpuLevel(llvm::StringRef cpu);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_CPULEVELS_H
