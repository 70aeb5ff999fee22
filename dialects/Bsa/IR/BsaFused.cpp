// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `bsa.fused`: what may share one pass over the query blocks. Constraint
// numbers are those in BsaOps.td.

#include "Bsa/IR/Bsa.h"
#include "Bsa/IR/QueryBlockwise.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera::bsa;

//===----------------------------------------------------------------------===//
// Query-blockwise ops
//===----------------------------------------------------------------------===//

std::optional<int64_t> tessera::bsa::getQueryBlock(Operation *op) {
  return TypeSwitch<Operation *, std::optional<int64_t>>(op)
      .Case([](PoolOp pool) { return pool.getBlock(); })
      .Case([](SelectOp select) {
        return select.getMap().getType().getQueryBlock();
      })
      .Case([](AttendOp attend) {
        return attend.getMap().getType().getQueryBlock();
      })
      .Case([](CombineOp combine) { return combine.getQBlock(); })
      .Default([](Operation *) { return std::nullopt; });
}

SmallVector<Value, 2> tessera::bsa::getWholeOperands(Operation *op) {
  SmallVector<Value, 2> values;
  TypeSwitch<Operation *>(op)
      .Case([&](CoarseOp coarse) {
        values.push_back(coarse.getKey());
        if (coarse.getValue())
          values.push_back(coarse.getValue());
      })
      .Case([&](AttendOp attend) {
        values.append({attend.getKey(), attend.getValue()});
      });
  return values;
}

//===----------------------------------------------------------------------===//
// bsa.fused
//===----------------------------------------------------------------------===//

/// C1: the op can say which query block a result belongs to.
static LogicalResult verifyBlockwise(Block &body) {
  for (Operation &op : body.without_terminator())
    if (!op.hasTrait<QueryBlockwise>())
      return op.emitOpError()
             << "does not work query block by query block; move it out of the "
                "`bsa.fused` around it";
  return success();
}

/// C2: of a value that is read whole, a fused region holds one block at most.
static LogicalResult verifyWholeOperands(Block &body) {
  for (Operation &op : body.without_terminator())
    for (Value whole : getWholeOperands(&op))
      if (whole.getParentBlock() == &body) {
        InFlightDiagnostic diag =
            op.emitOpError() << "reads the whole of a key or value made in the "
                                "same `bsa.fused`; make it before";
        diag.attachNote(whole.getLoc()) << "made here";
        return diag;
      }
  return success();
}

namespace {
/// A number that all ops of a region have in common, and who said it.
struct Common {
  StringRef what, remedy;
  Operation *source = nullptr;
  int64_t number = 0;

  LogicalResult check(Operation *op, std::optional<int64_t> found) {
    if (!found || (source && *found == number))
      return success();
    if (!source) {
      source = op;
      number = *found;
      return success();
    }
    InFlightDiagnostic diag = op->emitOpError()
                              << "has " << *found << ' ' << what
                              << " in a `bsa.fused` of " << number << "; "
                              << remedy;
    diag.attachNote(source->getLoc()) << number << " are stated here";
    return diag;
  }
};
} // namespace

/// C3: all ops walk one grid, as far as static shapes tell.
static LogicalResult verifyOneGrid(Block &body) {
  Common tokens{"tokens in a query block", "fuse ops of one query block"};
  Common batches{"batch entries", "fuse ops of one batch"};
  Common heads{"query heads", "fuse ops over the same heads"};
  Common blocks{"query blocks", "fuse ops over the same query"};
  for (Operation &op : body.without_terminator()) {
    Contract contract;
    cast<ContractOpInterface>(op).describeContract(contract);
    StringRef count = isa<PoolOp>(op) ? "N" : "Nq";
    if (failed(tokens.check(&op, getQueryBlock(&op))) ||
        failed(batches.check(&op, contract.staticExtent("B"))) ||
        failed(heads.check(&op, contract.staticExtent("H"))) ||
        failed(blocks.check(&op, contract.staticExtent(count))))
      return failure();
  }
  return success();
}

/// C4: results are what the body yields.
static LogicalResult verifyYield(FusedOp fused, Block &body) {
  auto yield = cast<YieldOp>(body.getTerminator());
  if (yield.getOperandTypes() == fused.getResultTypes())
    return success();
  InFlightDiagnostic diag = fused.emitOpError()
                            << "gives results of types ("
                            << fused.getResultTypes() << ") but yields ("
                            << yield.getOperandTypes()
                            << "); write the same types in both";
  diag.attachNote(yield.getLoc()) << "yielded here";
  return diag;
}

LogicalResult FusedOp::verifyRegions() {
  Block &body = getBody().front();
  if (failed(verifyBlockwise(body)) || failed(verifyWholeOperands(body)) ||
      failed(verifyOneGrid(body)))
    return failure();
  return verifyYield(*this, body);
}
