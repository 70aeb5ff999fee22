// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "AttendCall.h"

#include "tessera/Oracle/Half.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace tessera::oracle;

namespace tessera::test {

/// Where row (b * heads + h) * tokens + t lies, in rows.
int64_t AttendCall::placeOf(int64_t row, int64_t heads, int64_t tokens) const {
  if (geometry.seed % 2 == 0)
    return row;
  int64_t token = row % tokens, head = row / tokens % heads,
          batch = row / tokens / heads;
  return (batch * tokens + token) * heads + head;
}

std::vector<uint16_t> AttendCall::halves(const Tensor &tensor) const {
  const StaticConfig &config = geometry.config;
  std::vector<uint16_t> bits(tensor.data.size());
  for (int64_t i = 0; i < int64_t(bits.size()); ++i) {
    int64_t row = placeOf(i / config.headDim, tensor.dims[1], tensor.dims[2]);
    double number = tensor.data[size_t(i)];
    bits[size_t(row * config.headDim + i % config.headDim)] =
        config.element == Element::BF16 ? toBF16(number) : toF16(number);
  }
  return bits;
}

AttendCall::AttendCall(const Geometry &g, Counts counts)
    : lists(toTensors(g.lists, g.config.capacity, /*poison=*/1 << 30)),
      geometry(g), counts(counts), inputs(drawInputs(g)),
      query(halves(inputs.query)), key(halves(inputs.key)),
      value(halves(inputs.value)), output(query.size()),
      lse(query.size() / size_t(g.config.headDim)) {
  if (!lists.count.empty())
    count = lists.count.front();
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

/// Parameters in the order of arguments().
std::string AttendCall::functionText() const {
  const StaticConfig &config = geometry.config;
  bool isF16 = config.element == Element::F16;
  std::string rows = llvm::formatv("tensor<?x?x?x{0}x{1}>", config.headDim,
                                   isF16 ? "f16" : "bf16");
  std::string index = llvm::formatv("tensor<?x?x?x{0}xi32>", config.capacity);
  std::string map =
      llvm::formatv("!bsa.block_map<{0}x{1}, capacity = {2}>",
                    config.block.query, config.block.key, config.capacity);
  std::string count = counts == Counts::Each ? "tensor<?x?x?xi32>" : "i32";
  std::string sizes =
      config.sizesRank == 1 ? "tensor<?xi32>" : "tensor<?x?xi32>";

  std::string parameters =
      llvm::formatv("%q: {0}, %k: {0}, %v: {0}, %i: {1}", rows, index);
  std::string listed = "%i", listTypes = index;
  if (counts != Counts::All) {
    parameters += ", %n: " + count;
    listed += ", %n";
    listTypes += ", " + count;
  }
  std::string querySizes, keySizes, factor;
  if (config.sizesRank > 0) {
    parameters += ", %qs: " + sizes + ", %ks: " + sizes;
    querySizes = ", sizes %qs : " + sizes;
    keySizes = ", sizes %ks : " + sizes;
  }
  if (config.scale) {
    parameters += ", %scale: f32";
    factor = " scale(%scale)";
  }
  return llvm::formatv(
      "func.func @attend({0}) -> ({1}, tensor<?x?x?xf32>) {{\n"
      "  %m = bsa.map_from_lists {2} : {3} -> {4}\n"
      "  %o, %l = bsa.attend query(%q : {1}{5}) key(%k : {1}{6}) "
      "value(%v : {1}) at(%m : {4}){7} -> {1}, lse tensor<?x?x?xf32>\n"
      "  return %o, %l : {1}, tensor<?x?x?xf32>\n}",
      parameters, rows, listed, listTypes, map, querySizes, keySizes, factor);
}

//===----------------------------------------------------------------------===//
// The call
//===----------------------------------------------------------------------===//

void AttendCall::pass(std::vector<void *> &args, void *data,
                      tessera_dtype dtype, std::vector<int64_t> dims) {
  tessera_tensor &tensor = tensors.emplace_back();
  tensor.data = data;
  tensor.dtype = dtype;
  tensor.rank = int32_t(dims.size());
  int64_t stride = 1;
  for (size_t dim = dims.size(); dim-- > 0; stride *= dims[dim]) {
    tensor.dims[dim] = dims[dim];
    tensor.strides[dim] = stride;
  }
  args.push_back(&tensor);
}

void AttendCall::passRows(std::vector<void *> &args,
                          std::vector<uint16_t> &data, int64_t heads,
                          int64_t tokens) {
  const StaticConfig &config = geometry.config;
  pass(args, data.data(),
       config.element == Element::BF16 ? TESSERA_BF16 : TESSERA_F16,
       {geometry.batch, heads, tokens, config.headDim});
  tessera_tensor &tensor = tensors.back();
  tensor.strides[1] = placeOf(tokens, heads, tokens) * config.headDim;
  tensor.strides[2] = placeOf(1, heads, tokens) * config.headDim;
}

std::vector<void *> AttendCall::arguments() {
  const Geometry &g = geometry;
  int64_t blocks = blockCount(g.queries, g.config.block.query);
  std::vector<void *> args;
  tensors.clear();
  passRows(args, query, g.heads(), g.queries);
  passRows(args, key, g.kvHeads, g.keys);
  passRows(args, value, g.kvHeads, g.keys);
  pass(args, lists.index.data(), TESSERA_I32,
       {g.batch, g.heads(), blocks, g.config.capacity});
  if (counts == Counts::Each)
    pass(args, lists.count.data(), TESSERA_I32, {g.batch, g.heads(), blocks});
  if (counts == Counts::One)
    args.push_back(&count);
  for (Sizes *sizes : {&inputs.qSizes, &inputs.kvSizes})
    if (sizes->present())
      pass(args, sizes->values.data(), TESSERA_I32, sizes->dims);
  scale = float(inputs.scale.value_or(0));
  if (g.config.scale)
    args.push_back(&scale);
  passRows(args, output, g.heads(), g.queries);
  pass(args, lse.data(), TESSERA_F32, {g.batch, g.heads(), g.queries});
  return args;
}

sim::ProgramResult AttendCall::simulate(const program::Program &record,
                                        mlir::ModuleOp module,
                                        const sim::Device &device,
                                        const sim::Options &options) {
  uint16_t nan = geometry.config.element == Element::BF16 ? toBF16(std::nan(""))
                                                          : toF16(std::nan(""));
  std::fill(output.begin(), output.end(), nan);
  std::fill(lse.begin(), lse.end(), std::numeric_limits<float>::quiet_NaN());
  std::vector<void *> args = arguments();
  rt::Expected<sim::ProgramCall> call =
      sim::ProgramCall::prepare(record, module, args, device);
  if (!call) {
    ADD_FAILURE() << call.error().message();
    return {};
  }
  rt::Expected<sim::ProgramResult> result =
      call->run(call->bestWorkspace(), options);
  if (!result) {
    ADD_FAILURE() << result.error().message();
    return {};
  }
  EXPECT_TRUE(result->isClean()) << print(*result);
  return *result;
}

std::string print(const sim::SimulationResult &result) {
  std::string text;
  llvm::raw_string_ostream out(text);
  for (const sim::Report &report : result.reports) {
    sim::print(out, report);
    out << '\n';
  }
  return text;
}

int64_t AttendCall::stages(int64_t steps) const {
  int64_t blocks =
      std::accumulate(lists.count.begin(), lists.count.end(), int64_t(0));
  return 2 * steps * blocks + tiles();
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

double AttendCall::result(int64_t row, int64_t feature) const {
  int64_t place = placeOf(row, geometry.heads(), geometry.queries);
  uint16_t bits = output[size_t(place * geometry.config.headDim + feature)];
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
  query = halves(inputs.query);
  return true;
}

bool AttendCall::isNaN(int64_t row) const {
  bool isAll = std::isnan(lse[size_t(row)]);
  for (int64_t d = 0; d < geometry.config.headDim; ++d)
    isAll = isAll && std::isnan(result(row, d));
  return isAll;
}

testing::AssertionResult AttendCall::matchesOracle() const {
  AttendResult wanted = this->wanted();
  int64_t dim = geometry.config.headDim;
  for (int64_t row = 0; row < int64_t(lse.size()); ++row) {
    double error = 0, norm = 0;
    for (int64_t d = 0; d < dim; ++d) {
      double number = wanted.output.data[size_t(row * dim + d)];
      error += std::pow(result(row, d) - number, 2);
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
