// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the roles of an attention kernel share: its parameters, and the rings
// between them.
#ifndef TESSERA_LIB_KERNELS_ATTENDKERNEL_H
#define TESSERA_LIB_KERNELS_ATTENDKERNEL_H

#include "KernelBuilder.h"
#include "tessera/Kernels/AttendPlan.h"
#include "tessera/Launch/Entry.h"

#include "llvm/ADT/DenseMap.h"

namespace tessera::kernels {

struct AttendKernel {
  const AttendShape &shape;
  const AttendPlan &plan;
  KernelBuilder &b;
  llvm::DenseMap<int, mlir::Value> parameters{}; ///< by launch::ParameterKind

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

  bool has(launch::ParameterKind kind) const {
    return parameters.contains(int(kind));
  }
  Scalar scalar(launch::ParameterKind kind) const {
    return Scalar(b, parameters.lookup(int(kind)));
  }
  TensorMap map(launch::ParameterKind kind) const {
    return TensorMap(b, parameters.lookup(int(kind)));
  }
  mlir::Value memory(launch::ParameterKind kind) const {
    return parameters.lookup(int(kind));
  }
  Scalar load(launch::ParameterKind kind, Scalar index) const;
  void store(Scalar value, launch::ParameterKind kind, Scalar index) const;
  Scalar index(int64_t value) const {
    return Scalar(b, constant(b, b.getIndexType(), double(value)));
  }
  Scalar i32(int64_t value) const {
    return Scalar(b, constant(b, b.getI32Type(), double(value)));
  }
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

/// How a loader comes from tile to tile.
class TileOrder {
public:
  TileOrder(AttendKernel &kernel, Scalar lane);
  Scalar first() const { return start; }
  /// The one after `tile`; it may lie past the last.
  Scalar next(Scalar tile);
  /// Before and after the loads of a tile.
  void begin(Scalar tile);
  void end();
  /// After the last tile.
  void leave();

private:
  AttendKernel &kernel;
  Scalar start, stride;
};
/// Words of state that an order keeps between CTAs.
int64_t stateWords(WorkOrder order);

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

#endif // TESSERA_LIB_KERNELS_ATTENDKERNEL_H
