// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What x86-64 has no instruction for, as integer arithmetic: upstream's
// patterns, chosen by group, since `arith-expand` would also rewrite operations
// the target has.
#include "tessera/Target/Host/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace tessera::host {

#define GEN_PASS_DEF_HOSTEXPANDARITHPASS
#include "tessera/Target/Host/Passes.h.inc"

namespace {

struct HostExpandArithPass
    : public impl::HostExpandArithPassBase<HostExpandArithPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    arith::populateExpandBFloat16Patterns(patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace tessera::host
