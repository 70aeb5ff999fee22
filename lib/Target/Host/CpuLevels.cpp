// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-ups in the table of levels.
#include "tessera/Target/Host/CpuLevels.h"

#include "llvm/ADT/STLExtras.h"

using namespace tessera::host;

template <typename Predicate>
static const CpuLevel *findRow(Predicate matches) {
  const CpuLevel *row = llvm::find_if(kCpuLevels, matches);
  return row == std::end(kCpuLevels) ? nullptr : row;
}

const CpuLevel *tessera::host::findCpuLevel(int32_t level) {
  return findRow([&](const CpuLevel &row) { return row.level == level; });
}

const CpuLevel *tessera::host::findCpuLevel(llvm::StringRef cpu) {
  return findRow([&](const CpuLevel &row) { return row.cpu == cpu; });
}
