// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that walk one query grid move into one `bsa.fused`; pools of one shape
// become one pool.

#include "Bsa/Analysis/FunctionContract.h"
#include "Bsa/IR/Bsa.h"
#include "Bsa/IR/QueryBlockwise.h"
#include "Bsa/Transforms/Passes.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

namespace tessera::bsa {
#define GEN_PASS_DEF_FUSEPASS
#include "Bsa/Transforms/Passes.h.inc"
} // namespace tessera::bsa

using namespace mlir;
using namespace tessera::bsa;

/// Ops of one block, in block order, that may share one pass over the query
/// blocks.
using Chain = SmallVector<Operation *, 5>;

//===----------------------------------------------------------------------===//
// Collect: which ops read each other block by block
//===----------------------------------------------------------------------===//

/// The ops whose results `op` reads query block by query block: the arrows
/// pool -> coarse -> select -> attend -> combine, coarse -> combine.
static SmallVector<Operation *, 2> getFeeders(Operation *op) {
  SmallVector<Operation *, 2> feeders;
  auto add = [&](Operation *feeder) {
    if (feeder && feeder->getBlock() == op->getBlock())
      feeders.push_back(feeder);
  };
  TypeSwitch<Operation *>(op)
      .Case([&](CoarseOp coarse) {
        add(coarse.getQuery().getDefiningOp<PoolOp>());
      })
      .Case([&](SelectOp select) {
        add(select.getScores().getDefiningOp<CoarseOp>());
      })
      .Case([&](AttendOp attend) {
        add(attend.getMap().getDefiningOp<SelectOp>());
      })
      .Case([&](CombineOp combine) {
        add(combine.getFine().getDefiningOp<AttendOp>());
        if (Value coarse = combine.getCoarse())
          add(coarse.getDefiningOp<CoarseOp>());
      });
  return feeders;
}

//===----------------------------------------------------------------------===//
// Decide: whether they may move together
//===----------------------------------------------------------------------===//

static bool readsAny(Operation *op,
                     const llvm::SmallPtrSetImpl<Operation *> &makers) {
  return op
      ->walk([&](Operation *nested) {
        for (Value operand : nested->getOperands())
          if (Operation *maker = operand.getDefiningOp();
              maker && makers.contains(maker))
            return WalkResult::interrupt();
        return WalkResult::advance();
      })
      .wasInterrupted();
}

/// One op of each kind, and one query block for those that name it.
static bool isOneGrid(ArrayRef<Operation *> chain) {
  llvm::SmallDenseSet<OperationName> kinds;
  std::optional<int64_t> block;
  for (Operation *op : chain) {
    if (!kinds.insert(op->getName()).second)
      return false;
    std::optional<int64_t> own = getQueryBlock(op);
    if (own && block && *own != *block)
      return false;
    block = block ? block : own;
  }
  return true;
}

/// The ops between the chain's first and last that need its results and so must
/// follow it. Fails if the chain cannot be one op: an op of it reads another's
/// result whole or needs one of these, or side effects lie between.
static FailureOr<SmallVector<Operation *>>
findFollowers(ArrayRef<Operation *> chain) {
  llvm::SmallPtrSet<Operation *, 8> members(llvm::from_range, chain), after;
  SmallVector<Operation *> followers;
  for (Operation *op = chain.front();; op = op->getNextNode()) {
    if (members.contains(op)) {
      for (Value whole : getWholeOperands(op))
        if (members.contains(whole.getDefiningOp()))
          return failure();
      if (readsAny(op, after))
        return failure();
    } else if (!isMemoryEffectFree(op)) {
      return failure();
    } else if (readsAny(op, members) || readsAny(op, after)) {
      after.insert(op);
      followers.push_back(op);
    }
    if (op == chain.back())
      return followers;
  }
}

static bool canFuse(ArrayRef<Operation *> chain) {
  return isOneGrid(chain) && succeeded(findFollowers(chain));
}

static bool isReadOutside(Value value,
                          const llvm::SmallPtrSetImpl<Operation *> &members) {
  return llvm::any_of(value.getUsers(),
                      [&](Operation *op) { return !members.contains(op); });
}

/// Something outside reads a result: a chain that nobody reads is dead code.
static bool isLive(ArrayRef<Operation *> chain) {
  llvm::SmallPtrSet<Operation *, 8> members(llvm::from_range, chain);
  return llvm::any_of(chain, [&](Operation *op) {
    return llvm::any_of(op->getResults(), [&](Value result) {
      return isReadOutside(result, members);
    });
  });
}

/// The first chain of two or more ops, grown greedily: each op joins the chains
/// that feed it, if it may.
static Chain findChain(Block &block) {
  SmallVector<Chain> chains;
  llvm::DenseMap<Operation *, unsigned> chainOf;
  for (Operation &op : block) {
    if (!op.hasTrait<QueryBlockwise>())
      continue;
    unsigned own = chainOf[&op] = chains.size();
    chains.push_back({&op});
    for (Operation *feeder : getFeeders(&op)) {
      unsigned other = chainOf.lookup(feeder);
      if (other == own)
        continue;
      Chain joined = chains[other];
      llvm::append_range(joined, chains[own]);
      llvm::sort(joined, [](Operation *a, Operation *b) {
        return a->isBeforeInBlock(b);
      });
      if (!canFuse(joined))
        continue;
      for (Operation *member : chains[other])
        chainOf[member] = own;
      chains[other].clear();
      chains[own] = std::move(joined);
    }
  }
  auto *found = llvm::find_if(chains, [](const Chain &chain) {
    return chain.size() > 1 && isLive(chain);
  });
  return found == chains.end() ? Chain() : *found;
}

//===----------------------------------------------------------------------===//
// Rewrite
//===----------------------------------------------------------------------===//

static void fuse(ArrayRef<Operation *> chain, IRRewriter &rewriter) {
  SmallVector<Operation *> followers = *findFollowers(chain);
  llvm::SmallPtrSet<Operation *, 8> members(llvm::from_range, chain);
  SmallVector<Value> yielded;
  SmallVector<Location> locations;
  for (Operation *op : chain) {
    locations.push_back(op->getLoc());
    for (Value result : op->getResults())
      if (isReadOutside(result, members))
        yielded.push_back(result);
  }

  Location loc = rewriter.getFusedLoc(locations);
  rewriter.setInsertionPointAfter(chain.back());
  auto fused = FusedOp::create(rewriter, loc, TypeRange(ValueRange(yielded)));
  Operation *last = fused;
  for (Operation *follower : followers) {
    rewriter.moveOpAfter(follower, last);
    last = follower;
  }
  for (auto [value, result] : llvm::zip(yielded, fused.getResults()))
    rewriter.replaceUsesWithIf(value, result, [&](OpOperand &use) {
      return !members.contains(use.getOwner());
    });
  Block *body = rewriter.createBlock(&fused.getBody());
  for (Operation *op : chain)
    rewriter.moveOpBefore(op, body, body->end());
  rewriter.setInsertionPointToEnd(body);
  YieldOp::create(rewriter, loc, yielded);
}

//===----------------------------------------------------------------------===//
// Pools of one shape
//===----------------------------------------------------------------------===//

/// One type, and one extent in every dimension: static, or by the contract of
/// an op of the function that reads both.
static bool haveOneShape(Value a, Value b, const FunctionContract &contract) {
  auto type = cast<RankedTensorType>(a.getType());
  if (type != b.getType())
    return false;
  return llvm::all_of(llvm::seq(type.getRank()), [&](int64_t index) {
    if (!type.isDynamicDim(index))
      return true;
    std::optional<DimClass> dim = contract.dimOf(a, index);
    return dim && dim == contract.dimOf(b, index);
  });
}

/// True if `later` could stand where `earlier` does.
static bool canHoist(PoolOp later, PoolOp earlier) {
  for (Value operand : later->getOperands())
    if (Operation *maker = operand.getDefiningOp())
      if (maker->getBlock() == earlier->getBlock() &&
          !maker->isBeforeInBlock(earlier))
        return false;
  for (Operation *op = earlier; op != later; op = op->getNextNode())
    if (!isMemoryEffectFree(op))
      return false;
  return true;
}

/// The pools of a block, those that can be one pool together.
static SmallVector<SmallVector<PoolOp>>
groupPools(Block &block, const FunctionContract &contract) {
  SmallVector<SmallVector<PoolOp>> groups;
  for (PoolOp pool : block.getOps<PoolOp>()) {
    auto *group = llvm::find_if(groups, [&](ArrayRef<PoolOp> group) {
      PoolOp first = group.front();
      return first.getBlock() == pool.getBlock() &&
             first.getSizes() == pool.getSizes() && canHoist(pool, first) &&
             haveOneShape(first.getInputs().front(), pool.getInputs().front(),
                          contract);
    });
    if (group == groups.end())
      groups.push_back({pool});
    else
      group->push_back(pool);
  }
  return groups;
}

/// pool(a), pool(b)  -->  pool(a, b)
static void mergePools(ArrayRef<PoolOp> group, IRRewriter &rewriter) {
  SmallVector<Value> inputs;
  SmallVector<Type> types;
  SmallVector<Location> locations;
  for (PoolOp pool : group) {
    llvm::append_range(inputs, pool.getInputs());
    llvm::append_range(types, pool.getOutputs().getTypes());
    locations.push_back(pool.getLoc());
  }
  PoolOp first = group.front();
  rewriter.setInsertionPoint(first);
  auto merged = PoolOp::create(rewriter, rewriter.getFusedLoc(locations), types,
                               inputs, first.getSizes(), first.getBlock());
  ValueRange rest = merged.getOutputs();
  for (PoolOp pool : group) {
    size_t count = pool.getNumResults();
    rewriter.replaceOp(pool, rest.take_front(count));
    rest = rest.drop_front(count);
  }
}

namespace {
struct FusePass : tessera::bsa::impl::FusePassBase<FusePass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    for (Block *block : collectBlocks())
      for (Chain chain; !(chain = findChain(*block)).empty(); ++regions)
        fuse(chain, rewriter);

    // Grouped before any pool is replaced: the contract speaks of today's
    // values.
    FunctionContract contract(getOperation());
    SmallVector<SmallVector<PoolOp>> groups;
    for (Block *block : collectBlocks())
      llvm::append_range(groups, groupPools(*block, contract));
    for (ArrayRef<PoolOp> group : groups) {
      if (group.size() > 1)
        mergePools(group, rewriter);
      pools += group.size() - 1;
    }
  }

  /// Every block in which ops may be fused: not those of fused regions.
  SmallVector<Block *> collectBlocks() {
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) {
      if (!isa<FusedOp>(block->getParentOp()))
        blocks.push_back(block);
    });
    return blocks;
  }
};
} // namespace
