// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One list, step by step: scores, weights, and their product with the values.
#ifndef TESSERA_LIB_KERNELS_ATTENDSTEPS_H
#define TESSERA_LIB_KERNELS_ATTENDSTEPS_H

#include "AttendKernel.h"

namespace tessera::kernels {

class AttendSteps {
public:
  /// `factor`: from scores to units of log2. A query in shared memory begins at
  /// `queryRow`, or at the first.
  AttendSteps(AttendKernel &kernel, Scalar lane, Scalar factor, Scalar queryRow)
      : kernel(kernel), lane(lane), factor(factor), queryRow(queryRow) {}

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
  Scalar lane, factor, queryRow;
};

} // namespace tessera::kernels

#endif // TESSERA_LIB_KERNELS_ATTENDSTEPS_H
