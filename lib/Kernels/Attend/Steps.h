// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One list, step by step: scores, weights, and their product with the values.
#ifndef TESSERA_LIB_KERNELS_ATTEND_STEPS_H
#define TESSERA_LIB_KERNELS_ATTEND_STEPS_H

#include "AttendKernel.h"

namespace tessera::kernels {

class AttendSteps {
public:
  /// `part`: which 64 rows of the tile; `factor`: from scores to units of log2.
  AttendSteps(AttendKernel &kernel, Scalar lane, Scalar part, Scalar factor)
      : kernel(kernel), lane(lane), part(part), factor(factor) {}

  /// The state after `steps` steps; `query` is a fragment or a stage.
  SoftmaxState run(Reference reference, Handle query, Scalar steps);

private:
  SoftmaxState emptyState() const;
  Fragment mask(Fragment scores, Scalar size);
  StepWeights weigh(Reference reference, Scalar step, Fragment scores,
                    SoftmaxState state);
  Handle startScores(Handle query, Stage keys);
  Handle startResult(Fragment weights, Stage values, Fragment result);
  Fragment asWeights(Fragment weights);
  SoftmaxState serial(Reference reference, Handle query, Scalar step,
                      SoftmaxState state);
  SoftmaxState overlapped(Handle query, Scalar steps);

  Fragment filled(mlir::RankedTensorType type, double number) const {
    return {kernel.b, constant(kernel.b, type, number)};
  }
  mlir::RankedTensorType scoreType() const {
    return accumulatorType(kernel.b.getF32Type(), kernel.plan.step);
  }
  mlir::RankedTensorType resultType() const {
    return accumulatorType(kernel.b.getF32Type(), kernel.shape.headDim);
  }

  AttendKernel &kernel;
  Scalar lane, part, factor;
};

} // namespace tessera::kernels

#endif // TESSERA_LIB_KERNELS_ATTEND_STEPS_H
