// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random tensors and comparisons.
#ifndef TESSERA_TEST_UNIT_ORACLE_ORACLEFIXTURE_H
#define TESSERA_TEST_UNIT_ORACLE_ORACLEFIXTURE_H

#include "tessera/Oracle/Oracle.h"
#include "tessera/Oracle/Random.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace tessera::oracle {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

inline Tensor randomTensor(std::vector<int64_t> dims, uint64_t seed) {
  Tensor tensor(std::move(dims));
  Random random(seed);
  for (double &number : tensor.data)
    number = random.normal();
  return tensor;
}

inline Tensor makeTensor(std::vector<int64_t> dims, std::vector<double> data) {
  Tensor tensor(std::move(dims));
  EXPECT_EQ(tensor.data.size(), data.size());
  tensor.data = std::move(data);
  return tensor;
}

/// Every query block lists all key blocks.
inline Lists denseLists(int64_t batches, int64_t heads, int64_t blocks,
                        int64_t keyBlocks) {
  Lists lists(batches, heads, blocks);
  for (std::vector<int32_t> &row : lists.rows) {
    row.resize(size_t(keyBlocks));
    std::iota(row.begin(), row.end(), 0);
  }
  return lists;
}

/// The same dimensions, and numbers that differ by at most `tolerance`;
/// infinities must be equal, NaN equals nothing.
inline testing::AssertionResult isNear(const Tensor &a, const Tensor &b,
                                       double tolerance = 1e-12) {
  if (a.dims != b.dims)
    return testing::AssertionFailure() << "the dimensions differ";
  for (size_t i = 0; i < a.data.size(); ++i)
    if (!(a.data[i] == b.data[i] ||
          std::fabs(a.data[i] - b.data[i]) <= tolerance))
      return testing::AssertionFailure()
             << "element " << i << ": " << a.data[i] << " and " << b.data[i];
  return testing::AssertionSuccess();
}

} // namespace tessera::oracle

#endif // TESSERA_TEST_UNIT_ORACLE_ORACLEFIXTURE_H
