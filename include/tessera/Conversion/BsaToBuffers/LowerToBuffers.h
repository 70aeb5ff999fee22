// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function over tensors becomes a straight line over buffers, whatever the
// target; what an op that computes becomes, the target says.

#ifndef TESSERA_CONVERSION_BSATOBUFFERS_LOWERTOBUFFERS_H
#define TESSERA_CONVERSION_BSATOBUFFERS_LOWERTOBUFFERS_H

#include "tessera/Conversion/BsaToBuffers/FunctionBuffers.h"

namespace tessera {

/// What one target makes of the ops that compute.
class BufferTarget {
public:
  virtual ~BufferTarget() = default;

  /// Named in errors: "the host".
  virtual llvm::StringRef name() const = 0;
  /// Refuses, with an error, an op that the target does not compute. Asked of
  /// every op, nested ones too, before anything is written.
  virtual mlir::LogicalResult check(mlir::Operation *op) = 0;
  /// Writes the steps of an op where the builder of `memory` stands. Its
  /// results have buffers.
  virtual mlir::LogicalResult lower(mlir::Operation &op,
                                    FunctionBuffers &memory) = 0;
  /// Whether the function itself frees what it allocates.
  virtual bool freesTemporaries() const { return true; }
};

/// Replaces `source` by the function over buffers; on failure, which has been
/// reported, `source` stays.
mlir::LogicalResult lowerToBuffers(mlir::func::FuncOp source,
                                   BufferTarget &target);

} // namespace tessera

#endif // TESSERA_CONVERSION_BSATOBUFFERS_LOWERTOBUFFERS_H
