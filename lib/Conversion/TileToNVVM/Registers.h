// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tensor as the registers of one thread.
//
// Lane l of warp w (of a warpgroup) has rows 16 w + l / 4 and eight more.
// Register e of an accumulator is
//   row    8 (e / 2 % 2) of those,
//   column 8 (e / 4) + 2 (l % 4) + e % 2.
// 16-bit elements lie two to a register; then an accumulator [64, n] has the
// registers of a left operand [64, n] (PTX ISA, wgmma register fragments).

#ifndef TESSERA_LIB_CONVERSION_TILETONVVM_REGISTERS_H
#define TESSERA_LIB_CONVERSION_TILETONVVM_REGISTERS_H

#include "Plan.h"
#include "mlir/Transforms/DialectConversion.h"

namespace tessera {

/// What every op inside a role can ask for. i32 unless said.
struct Thread {
  mlir::Value lane;      ///< in its warp
  mlir::Value warp;      ///< in its warpgroup
  mlir::Value leads;     ///< i1: first thread of its agent
  mlir::Value leadsWarp; ///< i1: lane 0
  mlir::Value barrier;   ///< the named barrier of its agent
  int64_t agentThreads;
};

/// How far one role has gone round a ring, in i32 variables. A ring with a
/// power of two of stages counts its fillings; any other has the next stage,
/// and the parity its barrier will have.
struct RingState {
  mlir::Value position, parity; ///< parity: null where it follows
};

/// The registers of a stage: addresses of its buffer, of the barrier that ends
/// its turn, and of its notes.
enum StageRegister { kStageBuffer, kStageBarrier, kStageNotes };

/// What a lowering of one kernel knows; patterns share it.
struct KernelContext {
  KernelPlan plan;
  bool threadReleases = false; ///< of stages; else a warp's first thread does
  mlir::Operation *function = nullptr;
  mlir::Value shared; ///< address of shared memory
  llvm::DenseMap<mlir::Operation *, Thread> threads;
  llvm::DenseMap<mlir::Operation *, RingState> states;
};

/// The type of one register, and how many hold a tensor.
struct RegisterShape {
  mlir::Type type;
  int64_t count;
};
RegisterShape registersOf(mlir::RankedTensorType tensor);
bool isFragment(mlir::Type type);

/// A dense memref of rank 1, which a kernel takes as an address: how far it
/// reaches is for the simulator alone. Indices are 32 bits.
bool isGlobalVector(mlir::Type type);

/// Tensors and pending products to registers; a stage to the addresses of its
/// buffer, its barrier and its note.
void populateRegisterTypes(mlir::TypeConverter &converter);

void populateRegisterPatterns(const mlir::TypeConverter &converter,
                              mlir::RewritePatternSet &patterns);
void populateRowPatterns(const mlir::TypeConverter &converter,
                         const KernelContext &kernel,
                         mlir::RewritePatternSet &patterns);
void populateGlobalPatterns(const mlir::TypeConverter &converter,
                            const KernelContext &kernel,
                            mlir::RewritePatternSet &patterns);
void populateStagePatterns(const mlir::TypeConverter &converter,
                           const KernelContext &kernel,
                           mlir::RewritePatternSet &patterns);
void populateRingPatterns(const mlir::TypeConverter &converter,
                          const KernelContext &kernel,
                          mlir::RewritePatternSet &patterns);

/// Address of element `index` of a global vector, which is an argument.
mlir::Value globalAddress(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::Value vector, mlir::Value index);
/// The address of a map, which is an argument.
mlir::Value mapAddress(mlir::Value map);

/// Turns the kernel into a function: argument types, prologue, one branch a
/// role. The `tile` ops inside roles are left, and described in the context.
mlir::FailureOr<KernelContext> lowerKernel(tile::KernelOp kernel,
                                           bool threadReleases);

} // namespace tessera

#endif // TESSERA_LIB_CONVERSION_TILETONVVM_REGISTERS_H
