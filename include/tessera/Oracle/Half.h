// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers of 16 bits: rounding to them, to nearest and ties to even, and back.
#ifndef TESSERA_ORACLE_HALF_H
#define TESSERA_ORACLE_HALF_H

#include <cstdint>

namespace tessera::oracle {

enum class Element { F32, BF16, F16 };

uint16_t toBF16(double value);
uint16_t toF16(double value);
double fromBF16(uint16_t bits);
double fromF16(uint16_t bits);

/// The nearest number of that type.
double roundTo(Element element, double value);

} // namespace tessera::oracle

#endif // TESSERA_ORACLE_HALF_H
