// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an attention kernel computes, and how: two values from which a recipe
// builds the kernel.
#ifndef TESSERA_KERNELS_ATTENDPLAN_H
#define TESSERA_KERNELS_ATTENDPLAN_H

#include "tessera/Kernels/Extent.h"
#include "tessera/Kernels/WorkOrder.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace tessera {

/// An attention over lists of key blocks, as far as a kernel is made for it.
struct AttendShape {
  mlir::FloatType element; ///< of query, key, value and output: bf16 or f16
  int64_t headDim = 128, queryBlock = 64, keyBlock = 64;
  int64_t capacity = 0; ///< of a list

  /// Warpgroups that share a query block, 64 rows each.
  int64_t warpgroupsPerTile() const { return queryBlock / 64; }
};

/// Where the query goes.
enum class QueryPlan {
  Ring,  ///< through the ring of keys and values to registers
  Own,   ///< through a ring of its own to registers
  Shared ///< stays in shared memory, in a ring of its own
};

/// How the kernel does it. Prints and parses as
/// "tiles=3,step=64,stages=4,query=ring,overlap=no,store=64,registers=160/32,order=static".
struct AttendPlan {
  int64_t tiles = 3;  ///< tiles at a time, each with its list and its ring
  int64_t step = 64;  ///< key rows of one product
  int64_t stages = 4; ///< of each ring: one holds `step` keys or values
  QueryPlan query = QueryPlan::Ring;
  /// Start the scores of a step before the result of the one before is there.
  bool overlap = false;
  int64_t store = 64; ///< columns of the result that are on their way out
  int64_t attendRegisters = 160, loadRegisters = 32; ///< of a thread
  WorkOrder order = WorkOrder::Static;

  friend bool operator==(const AttendPlan &, const AttendPlan &) = default;
};

std::string print(const AttendPlan &plan);
/// What is not named keeps the value of `plan`.
llvm::Expected<AttendPlan> parsePlan(llvm::StringRef text,
                                     AttendPlan plan = {});

/// The order's name in a plan.
llvm::StringRef nameOf(WorkOrder order);

/// Whether kernels of that shape can be made at all; the error says which
/// number is not covered, and what is.
llvm::Error checkShape(const AttendShape &shape);
/// Whether the plan suits the shape; what does not fit an SM is found later.
llvm::Error checkPlan(const AttendShape &shape, const AttendPlan &plan);

/// The plan for a shape that is covered; the order of tiles is decided at the
/// call.
AttendPlan choosePlan(const AttendShape &shape);
/// The orders that may suit a call, first the one that never waits; and which
/// of them does, by the tokens of a head's keys and the second-level cache.
llvm::SmallVector<WorkOrder> ordersFor(const AttendShape &shape);
kernels::Extent orderAt(const AttendShape &shape, kernels::Extent keyLength,
                        kernels::Extent l2Bytes);

} // namespace tessera

#endif // TESSERA_KERNELS_ATTENDPLAN_H
