// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How near compiled results must be to the oracle's.
#ifndef TESSERA_TEST_UNIT_ENDTOEND_COMPARE_H
#define TESSERA_TEST_UNIT_ENDTOEND_COMPARE_H

#include "tessera/Oracle/Half.h"
#include "tessera/Oracle/Tensor.h"

#include "gtest/gtest.h"

namespace tessera::test {

/// Equal dimensions, infinities in the same places, and elsewhere what f32
/// arithmetic on values up to `magnitude` and one rounding to `element` can
/// give. `found` must not hold NaN.
testing::AssertionResult isClose(const oracle::Tensor &found,
                                 const oracle::Tensor &wanted, double magnitude,
                                 oracle::Element element);

/// The same lists, in the same order.
testing::AssertionResult sameLists(const oracle::Lists &found,
                                   const oracle::Lists &wanted);

/// Bit for bit, but that -0 equals +0.
testing::AssertionResult sameNumbers(const oracle::Tensor &found,
                                     const oracle::Tensor &wanted);

/// The largest magnitude of a finite element, at least `least`.
double largest(const oracle::Tensor &tensor, double least = 1);

/// The first seed of a test's random calls: TESSERA_SEED of the environment, or
/// one that is always the same. A failing call prints its own seed; given here,
/// it comes first.
uint64_t firstSeed();

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_ENDTOEND_COMPARE_H
