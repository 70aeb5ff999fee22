// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a kernel computes what it should: sampled rows against float64, NaNs
// anywhere, the same bits each time.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_CHECK_H
#define TESSERA_TOOLS_TESSERA_BENCH_CHECK_H

#include "Device.h"
#include "Reference.h"

namespace tessera::bench {

/// The worst of several launches.
struct Verdict {
  double relativeError = 0; ///< |o - reference| / |reference|, sampled rows
  /// The largest error of a row over the largest value of that row; infinite
  /// where a row of zeros has something else. The norm over all rows does not
  /// see a row that is wrong.
  double rowError = 0;
  double lseError = 0; ///< of a row, the largest; infinite: one alone is -inf
  int64_t nans = 0;    ///< in all of the results
  bool hasLse = false;

  static constexpr double kMostRelativeError = 3e-3, kMostRowError = 2e-2,
                          kMostLseError = 1e-3;
  bool passes() const;
  std::string describe() const; ///< one line
};

/// Holds rows of the results, as they lie on the host, against the reference.
Verdict compare(const Inputs &inputs, llvm::ArrayRef<ReferenceRow> reference,
                llvm::ArrayRef<uint16_t> output, llvm::ArrayRef<float> lse);

/// Launches three times over poisoned results.
llvm::Expected<Verdict> check(const PreparedKernel &kernel,
                              const DeviceProblem &problem,
                              const Inputs &inputs,
                              llvm::ArrayRef<ReferenceRow> reference);

/// Launches `launches` times; how many of the results have other bytes than
/// the first.
llvm::Expected<int64_t> countOtherBits(const PreparedKernel &kernel,
                                       const DeviceProblem &problem,
                                       int64_t launches);

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_CHECK_H
