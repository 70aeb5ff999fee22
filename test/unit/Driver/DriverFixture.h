// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A fresh fake driver for each test.
#ifndef TESSERA_TEST_UNIT_DRIVER_DRIVERFIXTURE_H
#define TESSERA_TEST_UNIT_DRIVER_DRIVERFIXTURE_H

#include "FakeCuda.h"

#include "tessera/Driver/Context.h"

#include <gtest/gtest.h>

namespace tessera::driver {

using Calls = std::vector<std::string>;

/// The calls since the last question.
inline Calls takeCalls() { return std::exchange(fakeCuda().calls, {}); }

class DriverTest : public testing::Test {
protected:
  DriverTest() {
    fakeCuda() = FakeCuda();
    auto opened = Driver::open();
    EXPECT_TRUE(opened) << opened.error().message();
    driver = *opened;
    fakeCuda().calls.clear(); // what opening it for the first time took
  }

  /// The context of GPU 0, number #1; no calls noted yet.
  Context makeContext() {
    auto context = Context::retain(*driver, 0);
    EXPECT_TRUE(context) << context.error().message();
    takeCalls();
    return std::move(*context);
  }

  const Driver *driver;
};

} // namespace tessera::driver

#endif // TESSERA_TEST_UNIT_DRIVER_DRIVERFIXTURE_H
