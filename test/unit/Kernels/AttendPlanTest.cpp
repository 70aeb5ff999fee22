// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plans as text, which shapes are covered, and which plan is chosen.
#include "tessera/Kernels/AttendPlan.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"

#include "gtest/gtest.h"

using namespace tessera;

namespace {

class AttendPlanTest : public testing::Test {
protected:
  AttendShape shape(int64_t headDim = 128, int64_t queryBlock = 64,
                    int64_t keyBlock = 64) {
    AttendShape made;
    made.element = mlir::BFloat16Type::get(&context);
    made.headDim = headDim;
    made.queryBlock = queryBlock;
    made.keyBlock = keyBlock;
    made.capacity = 40;
    return made;
  }
  WorkOrder orderFor(const AttendShape &shape, int64_t keyLength,
                     int64_t l2Bytes) {
    return ordersFor(
        shape)[size_t(*orderAt(shape, keyLength, l2Bytes).constant())];
  }

  mlir::MLIRContext context;
};

constexpr int64_t kH100 = 50 << 20, kH200 = 60 << 20; // bytes of L2
constexpr int64_t kDims[] = {64, 96, 128, 192, 256}, kBlocks[] = {64, 128};

std::string errorOf(llvm::Error error) { return toString(std::move(error)); }

TEST_F(AttendPlanTest, PrintsAndParses) {
  AttendPlan plan;
  plan.tiles = 2;
  plan.step = 128;
  plan.stages = 7;
  plan.query = QueryPlan::Shared;
  plan.overlap = true;
  plan.store = 32;
  plan.attendRegisters = 232;
  plan.loadRegisters = 40;
  plan.order = WorkOrder::Wave;
  EXPECT_EQ(print(plan), "tiles=2,step=128,stages=7,query=shared,overlap=yes,"
                         "store=32,registers=232/40,order=wave");
  llvm::Expected<AttendPlan> parsed = parsePlan(print(plan));
  ASSERT_TRUE(bool(parsed)) << toString(parsed.takeError());
  EXPECT_EQ(*parsed, plan);
}

TEST_F(AttendPlanTest, KeepsWhatIsNotNamed) {
  AttendPlan base = choosePlan(shape(64));
  llvm::Expected<AttendPlan> parsed = parsePlan("order=static, stages=3", base);
  ASSERT_TRUE(bool(parsed)) << toString(parsed.takeError());
  base.order = WorkOrder::Static;
  base.stages = 3;
  EXPECT_EQ(*parsed, base);
}

TEST_F(AttendPlanTest, EveryCoveredShapeHasAPlanThatSuitsIt) {
  for (int64_t dim : kDims)
    for (int64_t queryBlock : kBlocks)
      for (int64_t keyBlock : kBlocks) {
        SCOPED_TRACE(std::to_string(dim) + " " + std::to_string(queryBlock) +
                     "x" + std::to_string(keyBlock));
        AttendShape covered = shape(dim, queryBlock, keyBlock);
        EXPECT_EQ(errorOf(checkShape(covered)), "");
        EXPECT_EQ(errorOf(checkPlan(covered, choosePlan(covered))), "");
      }
}

TEST_F(AttendPlanTest, RefusesWhatPtxasMiscompiles) {
  AttendPlan plan = choosePlan(shape(64));
  plan.query = QueryPlan::Ring;
  plan.overlap = false;
  EXPECT_NE(errorOf(checkPlan(shape(64), plan)).find("same registers"),
            std::string::npos);
  plan.overlap = true;
  EXPECT_EQ(errorOf(checkPlan(shape(64), plan)), "");
}

TEST_F(AttendPlanTest, RefusesAQueryThatDoesNotFitTheRing) {
  AttendPlan plan = choosePlan(shape(128, 128, 64));
  plan.query = QueryPlan::Ring;
  EXPECT_NE(errorOf(checkPlan(shape(128, 128, 64), plan))
                .find("use query=own or query=shared"),
            std::string::npos);
}

/// What docs/performance.md shows: the order that was best there.
TEST_F(AttendPlanTest, ChoosesTheOrderByTheKeysOfAHead) {
  EXPECT_EQ(orderFor(shape(), 16384, kH100), WorkOrder::Wave);
  EXPECT_EQ(orderFor(shape(), 49152, kH100), WorkOrder::Ticket);
  EXPECT_EQ(orderFor(shape(), 49152, kH200), WorkOrder::Ticket);
  EXPECT_EQ(orderFor(shape(), 92160, kH100), WorkOrder::Wave);
  EXPECT_EQ(orderFor(shape(), 92160, kH200), WorkOrder::Wave);
  EXPECT_EQ(orderFor(shape(64), 16384, kH200), WorkOrder::Wave);
  EXPECT_EQ(orderFor(shape(128, 128, 128), 49152, kH100), WorkOrder::Static);
  EXPECT_EQ(orderFor(shape(128, 128, 128), 92160, kH100), WorkOrder::Wave);
}

TEST_F(AttendPlanTest, NamesFirstTheOrderThatNeverWaits) {
  EXPECT_EQ(ordersFor(shape())[0], WorkOrder::Ticket);
  EXPECT_EQ(ordersFor(shape(128, 128, 128))[0], WorkOrder::Static);
}

} // namespace
