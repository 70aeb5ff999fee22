// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See Compare.h.
#include "Compare.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace tessera::oracle;

namespace tessera::test {

/// Half a unit in the last place of numbers in [1, 2).
static double roundingError(Element element) {
  switch (element) {
  case Element::F32:
    return 0x1p-24;
  case Element::BF16:
    return 0x1p-8;
  case Element::F16:
    return 0x1p-11;
  }
  return 0;
}

/// "{ 0, 3, 17 }", of an element by its number in C order.
static std::string place(const Tensor &tensor, size_t number) {
  std::vector<int64_t> indices(tensor.dims.size());
  auto rest = int64_t(number);
  for (size_t d = indices.size(); d-- > 0;) {
    indices[d] = rest % tensor.dims[d];
    rest /= tensor.dims[d];
  }
  return testing::PrintToString(indices);
}

testing::AssertionResult isClose(const Tensor &found, const Tensor &wanted,
                                 double magnitude, Element element) {
  if (found.dims != wanted.dims)
    return testing::AssertionFailure() << "the dimensions differ";
  for (size_t i = 0; i < found.data.size(); ++i) {
    double a = found.data[i], b = wanted.data[i];
    double bound =
        4e-5 * magnitude + 1.01 * roundingError(element) * std::fabs(b) + 1e-7;
    if (a == b || (std::isfinite(b) && std::fabs(a - b) <= bound))
      continue;
    return testing::AssertionFailure()
           << "at " << place(found, i) << ": " << a << ", the oracle says " << b
           << ", " << bound << " apart is accepted";
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult sameLists(const Lists &found, const Lists &wanted) {
  for (size_t row = 0; row < wanted.rows.size(); ++row)
    if (found.rows[row] != wanted.rows[row])
      return testing::AssertionFailure()
             << "list " << row << " is "
             << testing::PrintToString(found.rows[row]) << ", the oracle says "
             << testing::PrintToString(wanted.rows[row]);
  return testing::AssertionSuccess();
}

testing::AssertionResult sameNumbers(const Tensor &found,
                                     const Tensor &wanted) {
  if (found.dims != wanted.dims)
    return testing::AssertionFailure() << "the dimensions differ";
  for (size_t i = 0; i < found.data.size(); ++i)
    if (found.data[i] != wanted.data[i])
      return testing::AssertionFailure()
             << "at " << place(found, i) << ": " << found.data[i]
             << ", the oracle says " << wanted.data[i];
  return testing::AssertionSuccess();
}

double largest(const Tensor &tensor, double least) {
  for (double number : tensor.data)
    if (std::isfinite(number))
      least = std::max(least, std::fabs(number));
  return least;
}

uint64_t firstSeed() {
  const char *text = std::getenv("TESSERA_SEED");
  return text ? std::strtoull(text, nullptr, 0) : 20260;
}

} // namespace tessera::test
