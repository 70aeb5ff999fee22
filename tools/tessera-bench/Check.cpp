// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Check.h"

#include "tessera/Runtime/ThreadPool.h"

#include "llvm/Support/FormatVariadic.h"

#include <atomic>
#include <cmath>

using namespace llvm;

namespace tessera::bench {

bool Verdict::passes() const {
  // Written so that NaN does not pass.
  return relativeError <= kMostRelativeError && rowError <= kMostRowError &&
         lseError <= kMostLseError && nans == 0;
}

std::string Verdict::describe() const {
  std::string lse = hasLse ? formatv("{0:e2}", lseError).str() : "-";
  return formatv("{0}: relative error {1:e2} (at most {2:e0}), of a row {3:e2} "
                 "(at most {4:e0}), lse {5} (at most {6:e0}), {7} NaN",
                 passes() ? "right" : "WRONG", relativeError,
                 kMostRelativeError, rowError, kMostRowError, lse,
                 kMostLseError, nans);
}

//===----------------------------------------------------------------------===//
// Comparing
//===----------------------------------------------------------------------===//

template <typename T, typename IsNaN>
static int64_t countWhere(ArrayRef<T> values, IsNaN isNaN) {
  constexpr size_t chunk = 1 << 20;
  std::atomic<int64_t> total = 0;
  rt::ThreadPool::global().parallelFor(
      divideCeil(values.size(), chunk), [&](int64_t c) {
        ArrayRef<T> part = values.drop_front(c * chunk).take_front(chunk);
        total += count_if(part, isNaN);
      });
  return total;
}

static int64_t countNaNs(ArrayRef<uint16_t> values, tessera_dtype dtype) {
  // The exponent is all ones and the fraction is not 0.
  uint16_t infinity = dtype == TESSERA_BF16 ? 0x7f80 : 0x7c00;
  return countWhere(values,
                    [=](uint16_t bits) { return (bits & 0x7fff) > infinity; });
}

/// NaN is worse than any number.
static void keepWorse(double &worst, double other) {
  if (std::isnan(other) || other > worst)
    worst = other;
}

static double lseErrorOf(double found, double wanted) {
  if (found == wanted) // -inf too
    return 0;
  return std::abs(found - wanted);
}

namespace {
/// Of one row, or the sums of many.
struct Distance {
  double wrong = 0, norm = 0;           ///< sums of squares
  double largestError = 0, largest = 0; ///< magnitudes
};
} // namespace

static Distance distanceOf(const Inputs &inputs, const ReferenceRow &row,
                           ArrayRef<uint16_t> output) {
  Distance distance;
  auto [b, h, t] = row.position;
  for (auto [f, wanted] : enumerate(row.output)) {
    double found =
        widen(output[offsetOf(inputs.outputView, b, h, t, f)], inputs.dtype);
    distance.wrong += (found - wanted) * (found - wanted);
    distance.norm += wanted * wanted;
    keepWorse(distance.largestError, std::abs(found - wanted));
    keepWorse(distance.largest, std::abs(wanted));
  }
  return distance;
}

/// Over the largest value of the row; NaN is no number either.
static double rowErrorOf(const Distance &row) {
  return row.largestError == 0 ? 0 : row.largestError / row.largest;
}

Verdict compare(const Inputs &inputs, ArrayRef<ReferenceRow> reference,
                ArrayRef<uint16_t> output, ArrayRef<float> lse) {
  Verdict verdict;
  verdict.hasLse = !lse.empty();
  verdict.nans = countNaNs(output, inputs.dtype) +
                 countWhere(lse, [](float value) { return std::isnan(value); });
  double wrong = 0, norm = 0;
  for (const ReferenceRow &row : reference) {
    auto [b, h, t] = row.position;
    Distance distance = distanceOf(inputs, row, output);
    wrong += distance.wrong;
    norm += distance.norm;
    keepWorse(verdict.rowError, rowErrorOf(distance));
    if (lse.empty())
      continue;
    keepWorse(verdict.lseError,
              lseErrorOf(lse[offsetOf(inputs.lseView, b, h, t)], row.lse));
  }
  verdict.relativeError = std::sqrt(norm > 0 ? wrong / norm : wrong);
  return verdict;
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

namespace {
struct Results {
  std::vector<uint16_t> output;
  std::vector<float> lse;
};
} // namespace

static Error launchOnce(const PreparedKernel &kernel,
                        const DeviceProblem &problem, Results &results) {
  const AttendTensors &a = problem.arguments();
  results.output.resize(bytesOf(a.output) / sizeof(uint16_t));
  results.lse.resize(a.lse.rank ? bytesOf(a.lse) / sizeof(float) : 0);
  if (Error error = problem.poison())
    return error;
  if (Error error = kernel.enqueue())
    return error;
  if (Error error = problem.download(a.output, results.output.data()))
    return error;
  if (results.lse.empty())
    return Error::success();
  return problem.download(a.lse, results.lse.data());
}

Expected<Verdict> check(const PreparedKernel &kernel,
                        const DeviceProblem &problem, const Inputs &inputs,
                        ArrayRef<ReferenceRow> reference) {
  Verdict worst;
  Results results;
  for (int i = 0; i < 3; ++i) {
    if (Error error = launchOnce(kernel, problem, results))
      return error;
    Verdict verdict = compare(inputs, reference, results.output, results.lse);
    keepWorse(worst.relativeError, verdict.relativeError);
    keepWorse(worst.rowError, verdict.rowError);
    keepWorse(worst.lseError, verdict.lseError);
    worst.nans = std::max(worst.nans, verdict.nans);
    worst.hasLse = verdict.hasLse;
  }
  return worst;
}

Expected<int64_t> countOtherBits(const PreparedKernel &kernel,
                                 const DeviceProblem &problem,
                                 int64_t launches) {
  Results first, again;
  int64_t others = 0;
  for (int64_t i = 0; i < launches; ++i) {
    if (Error error = launchOnce(kernel, problem, i ? again : first))
      return error;
    // As bytes: NaN differs from itself.
    auto bytes = [](const auto &values) {
      return std::as_bytes(std::span(values));
    };
    others +=
        i && (!std::ranges::equal(bytes(first.output), bytes(again.output)) ||
              !std::ranges::equal(bytes(first.lse), bytes(again.lse)));
  }
  return others;
}

} // namespace tessera::bench
