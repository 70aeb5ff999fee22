// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AttendCall.h"

#include "tessera/Oracle/Half.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace tessera::oracle;
using tessera::launch::ParameterKind;

namespace tessera::test {

static std::vector<uint16_t> halves(const Tensor &tensor, Element element) {
  std::vector<uint16_t> bits;
  for (double number : tensor.data)
    bits.push_back(element == Element::BF16 ? toBF16(number) : toF16(number));
  return bits;
}

/// [B, N], whether the call shares them or not.
static std::vector<int32_t> sizesOf(const Sizes &sizes, const Geometry &g,
                                    int64_t block, int64_t rows) {
  std::vector<int32_t> all;
  for (int64_t batch = 0; batch < g.batch; ++batch)
    for (int64_t i = 0; i < blockCount(rows, block); ++i)
      all.push_back(int32_t(validRows(sizes, batch, i, block, rows)));
  return all;
}

AttendCall::AttendCall(const Geometry &g)
    : lists(toTensors(g.lists, g.config.capacity, /*poison=*/1 << 30)),
      geometry(g), inputs(drawInputs(g)),
      query(halves(inputs.query, g.config.element)),
      key(halves(inputs.key, g.config.element)),
      value(halves(inputs.value, g.config.element)), output(query.size()),
      querySizes(sizesOf(g.qSizes, g, g.config.block.query, g.queries)),
      keySizes(sizesOf(g.kvSizes, g, g.config.block.key, g.keys)),
      lse(query.size() / size_t(g.config.headDim)) {}

std::vector<sim::Argument> AttendCall::arguments(const launch::Entry &entry) {
  uint16_t nan = geometry.config.element == Element::BF16 ? toBF16(std::nan(""))
                                                          : toF16(std::nan(""));
  std::fill(output.begin(), output.end(), nan);
  std::fill(lse.begin(), lse.end(), std::numeric_limits<float>::quiet_NaN());
  marks.assign(size_t(tiles() * entry.marksPerTile), -7);
  state.assign(size_t(entry.stateWords), 0);
  std::vector<sim::Argument> all;
  for (launch::Parameter parameter : entry.parameters)
    all.push_back(argument(entry, parameter.kind));
  return all;
}

sim::Argument AttendCall::argument(const launch::Entry &entry,
                                   ParameterKind kind) {
  const Geometry &g = geometry;
  int64_t dim = g.config.headDim;
  int64_t queryBlocks = blockCount(g.queries, entry.queryBlock);
  auto flat = [](auto &data) -> sim::Argument {
    return sim::rowMajor(data.data(), {int64_t(data.size())});
  };
  auto rows = [&](std::vector<uint16_t> &data, int64_t heads,
                  int64_t tokens) -> sim::Argument {
    return sim::rowMajor(data.data(), {g.batch, heads, tokens, dim});
  };
  switch (kind) {
  case ParameterKind::QueryMap:
    return rows(query, g.heads(), g.queries);
  case ParameterKind::KeyMap:
    return rows(key, g.kvHeads, g.keys);
  case ParameterKind::ValueMap:
    return rows(value, g.kvHeads, g.keys);
  case ParameterKind::OutputMap:
    return rows(output, g.heads(), g.queries);
  case ParameterKind::Index:
    return flat(lists.index);
  case ParameterKind::Count:
    return flat(lists.count);
  case ParameterKind::QuerySizes:
    return flat(querySizes);
  case ParameterKind::KeySizes:
    return flat(keySizes);
  case ParameterKind::Lse:
    return flat(lse);
  case ParameterKind::Marks:
    return flat(marks);
  case ParameterKind::State:
    return flat(state);
  case ParameterKind::Tiles:
    return tiles();
  case ParameterKind::Heads:
    return g.heads();
  case ParameterKind::Group:
    return g.group;
  case ParameterKind::QueryBlocks:
    return queryBlocks;
  case ParameterKind::QueryLength:
    return g.queries;
  case ParameterKind::KeyLength:
    return g.keys;
  case ParameterKind::QuerySizesStride:
    return queryBlocks;
  case ParameterKind::KeySizesStride:
    return blockCount(g.keys, entry.keyBlock);
  case ParameterKind::Scale:
    return inputs.scale.value_or(1 / std::sqrt(double(dim)));
  case ParameterKind::End:
    break;
  }
  return int64_t(0);
}

int64_t AttendCall::stages(int64_t steps) const {
  int64_t blocks =
      std::accumulate(lists.count.begin(), lists.count.end(), int64_t(0));
  return 2 * steps * blocks + tiles();
}

double AttendCall::read(uint16_t bits) const {
  return geometry.config.element == Element::BF16 ? fromBF16(bits)
                                                  : fromF16(bits);
}

AttendResult AttendCall::wanted() const {
  const Geometry &g = geometry;
  double scale = inputs.scale.value_or(1 / std::sqrt(double(g.config.headDim)));
  return attend(inputs.query, inputs.key, inputs.value, g.lists, g.config.block,
                scale, inputs.qSizes, inputs.kvSizes);
}

bool AttendCall::spoilARow() {
  std::vector<double> wantedLse = wanted().lse.data;
  auto row = std::find_if(wantedLse.begin(), wantedLse.end(),
                          [](double number) { return std::isfinite(number); });
  if (row == wantedLse.end())
    return false;
  auto element =
      size_t((row - wantedLse.begin()) * geometry.config.headDim + 1);
  inputs.query.data[element] = std::nan("");
  query = halves(inputs.query, geometry.config.element);
  return true;
}

bool AttendCall::isNaN(int64_t row) const {
  int64_t dim = geometry.config.headDim;
  return std::isnan(lse[size_t(row)]) &&
         std::all_of(&output[size_t(row * dim)],
                     &output[size_t(row * dim)] + dim,
                     [&](uint16_t bits) { return std::isnan(read(bits)); });
}

testing::AssertionResult AttendCall::matchesOracle() const {
  if (std::count(state.begin(), state.end(), 0) != int64_t(state.size()))
    return testing::AssertionFailure() << "the state is not as it was";
  AttendResult wanted = this->wanted();
  int64_t dim = geometry.config.headDim;
  for (int64_t row = 0; row < int64_t(lse.size()); ++row) {
    double error = 0, norm = 0;
    for (int64_t d = 0; d < dim; ++d) {
      double number = wanted.output.data[size_t(row * dim + d)];
      error += std::pow(read(output[size_t(row * dim + d)]) - number, 2);
      norm += number * number;
    }
    double wantedLse = wanted.lse.data[size_t(row)];
    if (std::isnan(wantedLse) && isNaN(row))
      continue;
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
