// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the roles of an attention kernel share: what it takes from the launch,
// and the rings between them.
#ifndef TESSERA_LIB_KERNELS_ATTEND_ATTENDKERNEL_H
#define TESSERA_LIB_KERNELS_ATTEND_ATTENDKERNEL_H

#include "../Builder/KernelScope.h"
#include "../Builder/TileOrder.h"
#include "Bsa/IR/Bsa.h"
#include "tessera/Kernels/AttendPlan.h"

namespace tessera::kernels {

/// An attention where it is launched: its buffers, and its numbers, which all
/// its kernels share.
struct AttendCall {
  AttendCall(LaunchSite &site, bsa::AttendOp op, const AttendShape &shape);

  /// Of blocks in [N] or [B, N].
  struct Sizes {
    mlir::Value buffer; ///< null: all blocks are full
    Extent stride;      ///< from one batch entry to the next
  };

  mlir::Value query, key, value, output, lse; ///< no lse: null
  mlir::Value index, scale;
  mlir::Value count; ///< of each list; null: all have `fixedCount`
  Extent fixedCount;
  Sizes querySizes, keySizes;
  Extent heads, group, queryBlocks, queryLength, keyLength;
  Extent tiles; ///< batch * heads * queryBlocks
  Extent marks; ///< one a tile and warpgroup
};

struct AttendKernel {
  const AttendCall &call;
  const AttendShape &shape;
  const AttendPlan &plan;
  KernelScope &scope;
  KernelBuilder &b;

  /// Keys and values in turn, K0 V0 K1 V1 .., each with how many of its rows
  /// count; before them the query, if the plan says so. One lane a tile.
  Ring keys{};
  /// Where the query has a ring of its own: all rows of a tile in one stage,
  /// read by each of its warpgroups. One lane a tile.
  Ring query{};
  /// What is to be done: steps, query block, head, batch; -1 steps: no more.
  Ring work{};
  /// From each warpgroup of a tile to the loader, when its tiles are done: the
  /// first of those to do again, counted from 1, or 0.
  llvm::SmallVector<Ring> outgrown{};
  mlir::Value staging{};

  // What it captures from the launch.
  TensorMap queryMap() const;
  TensorMap keyMap() const;
  TensorMap valueMap() const;
  TensorMap outputMap() const;
  Scalar heads() const { return scope.number("heads", call.heads); }
  Scalar group() const { return scope.number("group", call.group); }
  Scalar tiles() const { return scope.number("tiles", call.tiles); }
  Scalar queryBlocks() const {
    return scope.number("query_blocks", call.queryBlocks);
  }
  Scalar queryLength() const {
    return scope.number("query_length", call.queryLength);
  }
  Scalar keyLength() const {
    return scope.number("key_length", call.keyLength);
  }
  Scalar scale() const { return scope.number("scale", call.scale); }
  /// Entry `slot` of a tile's list, and how many there are.
  Scalar listEntry(Scalar tile, Scalar slot) const;
  Scalar listLength(Scalar tile) const;
  /// Rows of a block that count. Query rows all do where there are no sizes.
  bool hasQuerySizes() const { return bool(call.querySizes.buffer); }
  Scalar querySize(Scalar batch, Scalar block) const;
  Scalar keySize(Scalar batch, Scalar block) const;
  /// The chains of tiles to do again.
  Memory marks() const;

  Scalar index(int64_t value) const {
    return Scalar(b, constant(b, b.getIndexType(), double(value)));
  }
  Scalar i32(int64_t value) const {
    return Scalar(b, constant(b, b.getI32Type(), double(value)));
  }
  /// A matrix in shared memory, swizzled as all of the kernel's are.
  tile::BufferType tileOf(int64_t rows, int64_t columns) const;
  int64_t warpgroups() const { return shape.warpgroupsPerTile(); }
  /// Of a tile's rows, the first of those of warpgroup `part`; null if it has
  /// all.
  Scalar firstRow(Scalar part) const {
    return warpgroups() > 1 ? part * double(tile::kRows) : Scalar();
  }
  /// Steps of the list that one key block makes.
  int64_t stepsPerBlock() const { return shape.keyBlock / plan.step; }
};

/// The loading role, one agent a lane; the attending one, one agent a
/// warpgroup.
void buildLoadRole(AttendKernel &kernel);
void buildAttendRole(AttendKernel &kernel);

/// Sums and result of a tile so far. Scores are in units of log2.
struct SoftmaxState {
  Fragment result;    ///< [64, D], of weights relative to the reference
  Fragment sums;      ///< [64, 8], of the weights
  Fragment reference; ///< [64], the score whose weight is 1
  auto all() { return std::tie(result, sums, reference); }
};

/// What a step makes of its scores before the second product.
struct StepWeights {
  Fragment weights; ///< [64, step]
  SoftmaxState state;
};

/// The reference of a tile: its first step's largest scores for all steps,
/// which takes one multiply-add and one exponential a score and exchanges
/// nothing between threads; or the largest scores so far.
enum class Reference { Fixed, Running };

/// Scores as the product gave them, times `factor`, are in units of log2.
Fragment fixReference(Fragment scores, Scalar factor);
/// Turns scores into weights, and moves sums, result and reference along.
StepWeights weighFixed(Fragment scores, Scalar factor, SoftmaxState state);
StepWeights weighRunning(Fragment scores, Scalar factor, SoftmaxState state);

} // namespace tessera::kernels

#endif // TESSERA_LIB_KERNELS_ATTEND_ATTENDKERNEL_H
