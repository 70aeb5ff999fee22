// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 16-bit formats, from their definition: sign, exponent, fraction.
#include "tessera/Oracle/Half.h"

#include <algorithm>
#include <cmath>

using namespace tessera::oracle;

namespace {

struct Format {
  int fractionBits, exponentBits;
  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  uint32_t infinity() const {
    return ((1u << exponentBits) - 1) << fractionBits;
  }
};

constexpr Format kBF16 = {7, 8}, kF16 = {10, 5};

} // namespace

static uint16_t encode(Format format, double value) {
  uint32_t sign = std::signbit(value) ? 0x8000 : 0;
  double magnitude = std::fabs(value);
  if (std::isnan(value)) // quiet: the highest bit of the fraction
    return uint16_t(sign | format.infinity() | 1u << (format.fractionBits - 1));
  if (magnitude == 0)
    return uint16_t(sign);
  if (std::isinf(value))
    return uint16_t(sign | format.infinity());
  // Below the smallest normal number the steps stay as they are there.
  int exponent = std::max(std::ilogb(magnitude), 1 - format.bias());
  // In units of the last place; nearbyint rounds ties to even.
  double units =
      std::nearbyint(std::ldexp(magnitude, format.fractionBits - exponent));
  // Encodings of one sign are consecutive: rounding up into the next exponent,
  // and from the largest number to infinity, needs no case of its own.
  double bits = units + std::ldexp(double(exponent + format.bias() - 1),
                                   format.fractionBits);
  if (bits >= format.infinity())
    return uint16_t(sign | format.infinity());
  return uint16_t(sign | uint32_t(bits));
}

static double decode(Format format, uint16_t bits) {
  double sign = bits & 0x8000 ? -1 : 1;
  int exponent = (bits & 0x7fff) >> format.fractionBits;
  int fraction = bits & ((1 << format.fractionBits) - 1);
  if (exponent == (1 << format.exponentBits) - 1)
    return fraction ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0)
    return sign * std::ldexp(fraction, 1 - format.bias() - format.fractionBits);
  return sign * std::ldexp(fraction + (1 << format.fractionBits),
                           exponent - format.bias() - format.fractionBits);
}

uint16_t tessera::oracle::toBF16(double value) { return encode(kBF16, value); }
uint16_t tessera::oracle::toF16(double value) { return encode(kF16, value); }
double tessera::oracle::fromBF16(uint16_t bits) { return decode(kBF16, bits); }
double tessera::oracle::fromF16(uint16_t bits) { return decode(kF16, bits); }

double tessera::oracle::roundTo(Element element, double value) {
  switch (element) {
  case Element::BF16:
    return fromBF16(toBF16(value));
  case Element::F16:
    return fromF16(toF16(value));
  case Element::F32:
    break;
  }
  return float(value);
}
