// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AttendCall.h"

#include "tessera/Oracle/Half.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace tessera::oracle;

namespace tessera::test {

static std::vector<uint16_t> halves(const Tensor &tensor) {
  std::vector<uint16_t> bits;
  std::transform(tensor.data.begin(), tensor.data.end(),
                 std::back_inserter(bits), toBF16);
  return bits;
}

AttendCall::AttendCall(const Geometry &g)
    : lists(toTensors(g.lists, g.config.capacity, /*poison=*/1 << 30)),
      geometry(g), inputs(drawInputs(g)), query(halves(inputs.query)),
      key(halves(inputs.key)), value(halves(inputs.value)),
      output(query.size()), marks(lists.count.size()),
      lse(query.size() / g.config.headDim) {
  for (int64_t i = 0; i < blockCount(g.keys, 64); ++i)
    sizes.push_back(int32_t(validRows(g.kvSizes, 0, i, 64, g.keys)));
  poison();
}

void AttendCall::poison() {
  std::fill(output.begin(), output.end(), toBF16(std::nan("")));
  std::fill(lse.begin(), lse.end(), std::numeric_limits<float>::quiet_NaN());
}

std::vector<sim::Argument> AttendCall::arguments(bool hasMarks) {
  const Geometry &g = geometry;
  int64_t blocks = blockCount(g.queries, 64), dim = g.config.headDim;
  auto view = [](auto &data, std::initializer_list<int64_t> dims) {
    return sim::rowMajor(data.data(), dims);
  };
  std::vector<sim::Argument> all = {
      view(query, {g.batch, g.heads(), g.queries, dim}),
      view(key, {g.batch, g.kvHeads, g.keys, dim}),
      view(value, {g.batch, g.kvHeads, g.keys, dim}),
      view(lists.index, {g.batch, g.heads(), blocks, g.config.capacity}),
      view(lists.count, {g.batch, g.heads(), blocks}),
      view(sizes, {int64_t(sizes.size())}),
      view(output, {g.batch, g.heads(), g.queries, dim}),
      view(lse, {g.batch, g.heads(), g.queries})};
  if (hasMarks)
    all.emplace_back(view(marks, {int64_t(marks.size())}));
  all.emplace_back(inputs.scale.value_or(1 / std::sqrt(double(dim))));
  all.emplace_back(g.group);
  return all;
}

int64_t AttendCall::stages() const {
  return 2 *
         std::accumulate(lists.count.begin(), lists.count.end(), int64_t(0));
}

testing::AssertionResult AttendCall::matchesOracle() const {
  const Geometry &g = geometry;
  if (std::count(marks.begin(), marks.end(), 0) != int64_t(marks.size()))
    return testing::AssertionFailure() << "a mark is left";
  AttendResult wanted =
      attend(inputs.query, inputs.key, inputs.value, g.lists, {64, 64},
             inputs.scale.value_or(1 / std::sqrt(double(g.config.headDim))),
             inputs.qSizes, inputs.kvSizes);
  int64_t dim = g.config.headDim;
  for (int64_t row = 0; row < int64_t(lse.size()); ++row) {
    int64_t token = row % g.queries;
    if (token % 64 >= validRows(g.qSizes, 0, token / 64, 64, g.queries))
      continue;
    double error = 0, norm = 0;
    for (int64_t d = 0; d < dim; ++d) {
      double number = wanted.output.data[size_t(row * dim + d)];
      error += std::pow(fromBF16(output[size_t(row * dim + d)]) - number, 2);
      norm += number * number;
    }
    double wantedLse = wanted.lse.data[size_t(row)];
    bool isNear = std::sqrt(error) <= 1e-2 * std::sqrt(norm) &&
                  (lse[size_t(row)] == wantedLse ||
                   std::fabs(lse[size_t(row)] - wantedLse) <= 1e-2);
    if (!isNear)
      return testing::AssertionFailure()
             << "row " << row << ": the output is off by " << std::sqrt(error)
             << " of " << std::sqrt(norm) << ", lse is " << lse[size_t(row)]
             << ", the oracle says " << wantedLse;
  }
  return testing::AssertionSuccess();
}

} // namespace tessera::test
