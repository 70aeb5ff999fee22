// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers known at a launch: constants among them fold, others become
// arithmetic.
#include "tessera/Kernels/Extent.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include "gtest/gtest.h"

using namespace mlir;
using tessera::kernels::Extent;
using tessera::kernels::KernelBuilder;

namespace {

class ExtentTest : public testing::Test {
protected:
  ExtentTest() : b(UnknownLoc::get(&context), &context) {
    context.loadDialect<arith::ArithDialect, func::FuncDialect>();
    module = ModuleOp::create(b.getLoc());
    b.setInsertionPointToEnd(module->getBody());
    Type index = b.getIndexType();
    auto function =
        func::FuncOp::create(b, "f", b.getFunctionType({index}, {}));
    body = function.addEntryBlock();
    b.setInsertionPointToEnd(body);
    x = Extent(b, body->getArgument(0));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  KernelBuilder b;
  Block *body;
  Extent x;
};

TEST_F(ExtentTest, FoldsConstants) {
  EXPECT_EQ(*ceilDiv(Extent(7) * 3 + 1, 4).constant(), 6);
  EXPECT_EQ(*floorDiv(Extent(23), 4).constant(), 5);
  EXPECT_EQ(*min(Extent(3), 9).constant(), 3);
  EXPECT_EQ(*ifLess(Extent(1), 2, 10, 20).constant(), 10);
  EXPECT_EQ(*ifLess(Extent(2), 2, 10, 20).constant(), 20);
  EXPECT_TRUE(body->empty());
}

TEST_F(ExtentTest, KnowsAConstantWhenItSeesOne) {
  Value four = arith::ConstantIndexOp::create(b, 4);
  EXPECT_EQ(*Extent(b, four).constant(), 4);
}

TEST_F(ExtentTest, WritesNothingForAFactorOfOne) {
  EXPECT_EQ(x * 1, x);
  EXPECT_EQ(Extent(1) * x, x);
  EXPECT_TRUE(body->empty());
}

TEST_F(ExtentTest, WritesArithmeticWhereOneIsNotKnown) {
  Extent grid = min(ceilDiv(x, 3), 132);
  EXPECT_FALSE(grid.constant());
  auto least = grid.get(b).getDefiningOp<arith::MinSIOp>();
  ASSERT_TRUE(least);
  auto rounds = least.getLhs().getDefiningOp<arith::CeilDivSIOp>();
  ASSERT_TRUE(rounds);
  EXPECT_EQ(rounds.getLhs(), body->getArgument(0));
  EXPECT_FALSE(ifLess(x, 4, 0, 1).constant());
}

} // namespace
