// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `convert-bsa-to-tile`: functions over tensors become functions over buffers
// that launch kernels; which, the recipes say.

#include "tessera/Conversion/BsaToTile/Passes.h"

#include "tessera/Conversion/BsaToBuffers/LowerToBuffers.h"
#include "tessera/Kernels/Recipe.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tessera {
#define GEN_PASS_DEF_CONVERTBSATOTILEPASS
#include "tessera/Conversion/BsaToTile/Passes.h.inc"
} // namespace tessera

using namespace mlir;
using namespace tessera;
using kernels::Recipe;

namespace {

class ChipTarget : public BufferTarget {
public:
  ChipTarget(tile::ChipModuleOp kernels, StringRef plan)
      : kernels(kernels), plan(plan) {}

  StringRef name() const override { return "a GPU"; }
  LogicalResult check(Operation *op) override;
  LogicalResult lower(Operation &op, FunctionBuffers &memory) override;
  /// A call's buffers are parts of a workspace that the caller gives.
  bool freesTemporaries() const override { return false; }

private:
  StringRef chip() { return kernels.getSymName(); }
  const Recipe *findRecipe(Operation *op);

  tile::ChipModuleOp kernels;
  StringRef plan;
};

} // namespace

const Recipe *ChipTarget::findRecipe(Operation *op) {
  for (const Recipe &recipe : kernels::recipes())
    if (recipe.whyNot(op, chip()).empty())
      return &recipe;
  return nullptr;
}

/// Whether kernels compute it: not so the doors between lists and maps.
static bool computes(Operation *op) {
  return isa_and_nonnull<bsa::BsaDialect>(op->getDialect()) &&
         !isa<bsa::MapFromListsOp, bsa::MapToListsOp>(op);
}

LogicalResult ChipTarget::check(Operation *op) {
  if (!computes(op) || findRecipe(op))
    return success();
  InFlightDiagnostic error = op->emitOpError("has no GPU kernel on ")
                             << chip() << ": ";
  llvm::interleave(
      kernels::recipes(),
      [&](const Recipe &recipe) {
        error << recipe.name << ' ' << recipe.whyNot(op, chip());
      },
      [&] { error << "; "; });
  return error << "; or compile for the host";
}

LogicalResult ChipTarget::lower(Operation &op, FunctionBuffers &memory) {
  kernels::LaunchSite site(&op, memory, kernels);
  return findRecipe(&op)->build(site, &op, plan);
}

/// What is over buffers already stays as it is.
static bool isOverTensors(func::FuncOp function) {
  return function
      .walk([](Operation *op) {
        return computes(op) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

static tile::ChipModuleOp findOrMakeKernels(ModuleOp module, StringRef chip) {
  if (auto found = module.lookupSymbol<tile::ChipModuleOp>(chip))
    return found;
  auto b = OpBuilder::atBlockEnd(module.getBody());
  auto made = tile::ChipModuleOp::create(b, module.getLoc(), chip);
  made.getBody().emplaceBlock();
  return made;
}

LogicalResult tessera::convertBsaToTile(func::FuncOp function, StringRef chip,
                                        StringRef plan) {
  auto module = function->getParentOfType<ModuleOp>();
  ChipTarget target(findOrMakeKernels(module, chip), plan);
  return lowerToBuffers(function, target);
}

namespace {

class ConvertBsaToTile
    : public tessera::impl::ConvertBsaToTilePassBase<ConvertBsaToTile> {
public:
  using ConvertBsaToTilePassBase::ConvertBsaToTilePassBase;

  void runOnOperation() override {
    for (auto function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (function.isPublic() && isOverTensors(function) &&
          failed(convertBsaToTile(function, chip, plan)))
        return signalPassFailure();
  }
};

} // namespace
