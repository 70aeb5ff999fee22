// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What expressions come to, and when they come to nothing.
#include "tessera/Program/Evaluate.h"
#include "tessera/Program/Writer.h"

#include <climits>
#include <cmath>
#include <gtest/gtest.h>

using namespace tessera::program;

namespace {

struct Evaluate : testing::Test {
  Writer writer;
  Index x = writer.addSymbol("x", ""), y = writer.addSymbol("y", "");

  Index number(int64_t value) { return writer.constant(value); }

  Value run(Index expression, Value xIs, Value yIs,
            const DeviceValues *device = nullptr) {
    writer.head.leastWorkspace = writer.head.bestWorkspace = number(0);
    Record record = writer.write();
    SymbolValue symbols[] = {{xIs, 0, 0}, {yIs, 0, 1}};
    std::vector<Value> values(record.program().expressions().size());
    evaluate(record.program(), {symbols, nullptr, device}, values);
    return values[size_t(expression)];
  }
  Value run(Index expression, int64_t xIs = 0, int64_t yIs = 0) {
    return run(expression, {xIs, Value::Known}, {yIs, Value::Known});
  }
  int64_t of(ExpressionKind kind, int64_t xIs, int64_t yIs) {
    Value value = run(writer.make(kind, x, y), xIs, yIs);
    EXPECT_TRUE(bool(value));
    return value.number;
  }
};

} // namespace

TEST_F(Evaluate, RoundsQuotientsOfEverySign) {
  for (int64_t a = -9; a <= 9; ++a)
    for (int64_t b : {-4, -3, -1, 1, 2, 5}) {
      double quotient = double(a) / double(b);
      EXPECT_EQ(of(ExpressionKind::CeilDiv, a, b), std::ceil(quotient))
          << a << " / " << b;
      EXPECT_EQ(of(ExpressionKind::FloorDiv, a, b), std::floor(quotient))
          << a << " / " << b;
    }
}

TEST_F(Evaluate, Arithmetic) {
  EXPECT_EQ(of(ExpressionKind::Add, 3, -5), -2);
  EXPECT_EQ(of(ExpressionKind::Multiply, 3, -5), -15);
  EXPECT_EQ(of(ExpressionKind::Minimum, 3, -5), -5);
  EXPECT_EQ(of(ExpressionKind::Maximum, 3, -5), 3);
  EXPECT_EQ(of(ExpressionKind::Less, 3, -5), 0);
  EXPECT_EQ(of(ExpressionKind::Less, -5, 3), 1);
}

TEST_F(Evaluate, SaysWhyThereIsNoNumber) {
  EXPECT_EQ(run(writer.make(ExpressionKind::CeilDiv, x, y), 1, 0).state,
            Value::Divides);
  EXPECT_EQ(
      run(writer.make(ExpressionKind::FloorDiv, x, y), INT64_MIN, -1).state,
      Value::Overflows);
  EXPECT_EQ(run(writer.make(ExpressionKind::Add, x, y), INT64_MAX, 1).state,
            Value::Overflows);
  EXPECT_EQ(
      run(writer.make(ExpressionKind::Multiply, x, y), INT64_MAX, 2).state,
      Value::Overflows);
  EXPECT_EQ(
      run(writer.make(ExpressionKind::Add, x, y), {}, {1, Value::Known}).state,
      Value::Unknown);
}

TEST_F(Evaluate, KeepsNumbersWithinTheirType) {
  struct Row {
    NumberRange range;
    int64_t least, most;
  };
  for (Row row : {Row{NumberRange::Signed32, INT32_MIN, INT32_MAX},
                  Row{NumberRange::Natural32, 0, INT32_MAX},
                  Row{NumberRange::Natural64, 0, INT64_MAX}}) {
    Index within = writer.within(x, row.range);
    EXPECT_EQ(run(within, row.least).number, row.least);
    EXPECT_EQ(run(within, row.most).number, row.most);
    EXPECT_EQ(run(within, row.least - 1).state, Value::Overflows);
    if (row.most < INT64_MAX) {
      EXPECT_EQ(run(within, row.most + 1).state, Value::Overflows);
    }
  }
}

TEST_F(Evaluate, WhatIsNotChosenNeedNotExist) {
  Index quotient = writer.make(ExpressionKind::FloorDiv, x, y);
  Index chosen = writer.make(ExpressionKind::Select, y, quotient, number(7));
  EXPECT_EQ(run(chosen, 8, 2).number, 4);
  EXPECT_EQ(run(chosen, 8, 0).number, 7);
}

TEST_F(Evaluate, NumbersOfADeviceAreKnownToIt) {
  Index l2 = writer.device(DeviceNumber::L2Bytes),
        resident = writer.device(DeviceNumber::ResidentCtas, 1);
  EXPECT_EQ(run(l2).state, Value::Unknown);
  DeviceValues device;
  device.numbers[int(DeviceNumber::L2Bytes)] = {50 << 20, Value::Known};
  int64_t ctas[] = {1, 132};
  EXPECT_EQ(run(resident, {}, {}, &device).state, Value::Unknown);
  device.residentCtas = ctas;
  EXPECT_EQ(run(l2, {}, {}, &device).number, 50 << 20);
  EXPECT_EQ(run(resident, {}, {}, &device).number, 132);
}
