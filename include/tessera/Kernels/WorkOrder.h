// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TESSERA_KERNELS_WORKORDER_H
#define TESSERA_KERNELS_WORKORDER_H

namespace tessera {

/// Which tile a pipeline of a persistent kernel takes next.
enum class WorkOrder {
  Static, ///< every so many-th: no state
  Ticket, ///< the next that nobody has taken
  Wave,   ///< as static, once nearly all tiles of the round before are loaded
  Sweep,  ///< not built: as ticket, and lists begin where other tiles are
  Call    ///< decided at each call: a kernel for each order that may suit
};

} // namespace tessera

#endif // TESSERA_KERNELS_WORKORDER_H
