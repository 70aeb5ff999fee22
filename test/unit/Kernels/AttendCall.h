// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A random call of a function that attends over lists: the function, its
// arguments, and its results against the oracle.
#ifndef TESSERA_TEST_UNIT_KERNELS_ATTENDCALL_H
#define TESSERA_TEST_UNIT_KERNELS_ATTENDCALL_H

#include "tessera/Oracle/RandomGeometry.h"
#include "tessera/Simulator/Program.h"

#include "gtest/gtest.h"

#include <deque>

namespace tessera::test {

/// How a function learns how much of each list counts.
enum class Counts {
  Each, ///< a tensor
  One,  ///< a number for all
  All   ///< nothing is said
};

class AttendCall {
public:
  /// Of bf16 or f16 tensors, which lie as [batch, head, token] or, where the seed
  /// is odd, as [batch, token, head]. With `One` all lists have the first one's count,
  /// with `All` their capacity.
  explicit AttendCall(const oracle::Geometry &geometry,
                      Counts counts = Counts::Each);

  /// A module of the function, @attend, with the static part of the geometry.
  std::string functionText() const;

  /// Makes one element of the query NaN, in a row that attends to something.
  /// False where no row does.
  bool spoilARow();

  /// Carries it out on the simulator, results poisoned before: `record` is that
  /// of the function, `module` has its kernels. What goes wrong is a failure of
  /// the test.
  sim::ProgramResult simulate(const program::Program &record,
                              mlir::ModuleOp module, const sim::Device &device,
                              const sim::Options &options);

  /// Tiles of the call: query blocks of all heads.
  int64_t tiles() const { return int64_t(lists.count.size()); }
  /// Stages that one pass over the lists fills, at `steps` for a key block.
  int64_t stages(int64_t steps) const;

  /// Every row: lse within 1e-2, the output within 1e-2 of its norm; rows that
  /// are no tokens or attend to nothing give 0 and -inf, those that hold NaN
  /// NaN alone.
  testing::AssertionResult matchesOracle() const;

private:
  std::vector<void *> arguments();
  void pass(std::vector<void *> &args, void *data, tessera_dtype dtype,
            std::vector<int64_t> dims);
  void passRows(std::vector<void *> &args, std::vector<uint16_t> &data,
                int64_t heads, int64_t tokens);
  int64_t placeOf(int64_t row, int64_t heads, int64_t tokens) const;
  std::vector<uint16_t> halves(const oracle::Tensor &tensor) const;
  double result(int64_t row, int64_t feature) const;
  oracle::AttendResult wanted() const;
  bool isNaN(int64_t row) const;

  oracle::ListTensors lists;
  oracle::Geometry geometry;
  Counts counts;
  oracle::AttentionInputs inputs;
  std::vector<uint16_t> query, key, value, output; // 16-bit floats
  std::vector<float> lse;
  // What arguments() points at.
  int32_t count = 0;
  float scale = 0;
  std::deque<tessera_tensor> tensors;
};

/// What was reported, a line each.
std::string print(const sim::SimulationResult &result);

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_KERNELS_ATTENDCALL_H
