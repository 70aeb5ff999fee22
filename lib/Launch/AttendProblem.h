// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One call of an attention over lists, after its arguments were checked.
#ifndef TESSERA_LIB_LAUNCH_ATTENDPROBLEM_H
#define TESSERA_LIB_LAUNCH_ATTENDPROBLEM_H

#include "tessera/Launch/AttendLauncher.h"

namespace tessera::launch {

/// Extents as docs/contract.md names them; all below 2^31.
struct AttendProblem {
  int64_t batch = 0, heads = 0, keyHeads = 0;
  int64_t queryLength = 0, keyLength = 0; ///< tokens
  int64_t queryBlocks = 0;
  int64_t tiles = 0; ///< batch * heads * queryBlocks
  /// From one batch entry to the next; 0: all share one row.
  int64_t querySizesStride = 0, keySizesStride = 0;
  float scale = 0; ///< as the kernel is to use it
};

/// The tiles that a query makes, or what the query should be.
driver::Expected<int64_t> countTiles(const Entry &entry,
                                     const tessera_tensor &query);

/// What `arguments` describe, or the first thing that is wrong with them.
driver::Expected<AttendProblem> checkAttend(const Entry &entry,
                                            const AttendArguments &arguments);

/// Encodes the map of a parameter that is one.
driver::Error encodeMap(const driver::ContextView &context, const Entry &entry,
                        const Parameter &parameter,
                        const AttendArguments &arguments,
                        driver::TensorMap &map);

} // namespace tessera::launch

#endif // TESSERA_LIB_LAUNCH_ATTENDPROBLEM_H
