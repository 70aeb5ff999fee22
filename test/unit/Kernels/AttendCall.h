// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arguments of an attention kernel for one random call, and its results
// against the oracle.
#ifndef TESSERA_TEST_UNIT_KERNELS_ATTENDCALL_H
#define TESSERA_TEST_UNIT_KERNELS_ATTENDCALL_H

#include "tessera/Launch/Entry.h"
#include "tessera/Oracle/RandomGeometry.h"
#include "tessera/Simulator/Simulator.h"

#include "gtest/gtest.h"

namespace tessera::test {

class AttendCall {
public:
  /// Of bf16 or f16 tensors.
  explicit AttendCall(const oracle::Geometry &geometry);

  /// Makes one element of the query NaN, in a row that attends to something.
  /// False where no row does.
  bool spoilARow();

  /// What the entry asks for: views on what this object holds. Results and
  /// marks are poisoned, the state is 0.
  std::vector<sim::Argument> arguments(const launch::Entry &entry);

  /// Tiles of the call: query blocks of all heads.
  int64_t tiles() const { return int64_t(lists.count.size()); }
  /// Stages that one pass over the lists fills, at `steps` for a key block.
  int64_t stages(int64_t steps) const;

  /// Every row: lse within 1e-2, the output within 1e-2 of its norm; rows that
  /// are no tokens or attend to nothing give 0 and -inf, those that hold NaN
  /// NaN alone. The state is 0.
  testing::AssertionResult matchesOracle() const;

private:
  sim::Argument argument(const launch::Entry &entry,
                         launch::ParameterKind kind);
  double read(uint16_t bits) const;
  oracle::AttendResult wanted() const;
  bool isNaN(int64_t row) const;

  oracle::ListTensors lists;
  oracle::Geometry geometry;
  oracle::AttentionInputs inputs;
  std::vector<uint16_t> query, key, value, output; // 16-bit floats
  std::vector<int32_t> querySizes, keySizes, marks, state;
  std::vector<float> lse;
};

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_KERNELS_ATTENDCALL_H
