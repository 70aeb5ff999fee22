// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounding to 16 bits.
#include "tessera/Oracle/Half.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace tessera::oracle;

TEST(Half, DecodesKnownNumbers) {
  EXPECT_EQ(fromF16(0x3c00), 1);
  EXPECT_EQ(fromF16(0xc000), -2);
  EXPECT_EQ(fromF16(0x7bff), 65504);
  EXPECT_EQ(fromF16(0x0001), 0x1p-24);
  EXPECT_EQ(fromBF16(0x3f80), 1);
  EXPECT_EQ(fromBF16(0xff80), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(fromBF16(0x7fc0)));
}

TEST(Half, EncodesEveryNumberBack) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    if (!std::isnan(fromF16(uint16_t(bits)))) {
      EXPECT_EQ(toF16(fromF16(uint16_t(bits))), bits);
    }
    if (!std::isnan(fromBF16(uint16_t(bits)))) {
      EXPECT_EQ(toBF16(fromBF16(uint16_t(bits))), bits);
    }
  }
  EXPECT_TRUE(std::isnan(fromF16(toF16(NAN))));
  EXPECT_TRUE(std::isnan(fromBF16(toBF16(-NAN))));
}

TEST(Half, BF16IsTheUpperHalfOfAFloat) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    uint32_t wide = bits << 16;
    float number;
    std::memcpy(&number, &wide, 4);
    if (!std::isnan(number)) {
      EXPECT_EQ(fromBF16(uint16_t(bits)), double(number));
    }
  }
}

TEST(Half, RoundsTiesToEven) {
  EXPECT_EQ(roundTo(Element::F16, 1 + 0x1p-11), 1);
  EXPECT_EQ(roundTo(Element::F16, 1 + 3 * 0x1p-11), 1 + 0x1p-9);
  EXPECT_EQ(roundTo(Element::F16, 1 + 0x1p-11 + 0x1p-40), 1 + 0x1p-10);
  EXPECT_EQ(roundTo(Element::F16, 0x1p-25), 0);
  EXPECT_EQ(roundTo(Element::F16, 0x1p-25 + 0x1p-40), 0x1p-24);
  EXPECT_EQ(roundTo(Element::F16, 65519), 65504);
  EXPECT_EQ(roundTo(Element::F16, 65520), HUGE_VAL);
  EXPECT_EQ(roundTo(Element::BF16, 1 + 0x1p-8), 1);
  EXPECT_EQ(roundTo(Element::BF16, -1 - 3 * 0x1p-8), -1 - 0x1p-6);
  EXPECT_EQ(roundTo(Element::F32, 1 + 0x1p-24), 1);
}
