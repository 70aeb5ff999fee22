// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments of a kernel that attends over lists, as those of
// test/Dialect/Tile/attend-*.mlir, and its results against the oracle.
#ifndef TESSERA_TEST_UNIT_SIMULATOR_ATTENDCALL_H
#define TESSERA_TEST_UNIT_SIMULATOR_ATTENDCALL_H

#include "tessera/Oracle/RandomGeometry.h"
#include "tessera/Simulator/Simulator.h"

#include "gtest/gtest.h"

namespace tessera::test {

class AttendCall {
public:
  /// bf16, sizes of rank 1 or none, blocks of 64 by 64.
  explicit AttendCall(const oracle::Geometry &geometry);

  /// query, key, value, index, count, sizes, output, lse, marks if there are
  /// any, scale, group: views on what this object holds.
  std::vector<sim::Argument> arguments(bool hasMarks);
  /// Writes NaN to the results.
  void poison();
  /// Rows below the sizes: lse within 1e-2, each row of the output within 1e-2
  /// of its norm. All marks are 0.
  testing::AssertionResult matchesOracle() const;

  /// Stages that one pass over the lists fills.
  int64_t stages() const;

private:
  oracle::ListTensors lists;
  oracle::Geometry geometry;
  oracle::AttentionInputs inputs;
  std::vector<uint16_t> query, key, value, output; // bf16
  std::vector<int32_t> sizes, marks;
  std::vector<float> lse;
};

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_SIMULATOR_ATTENDCALL_H
