// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Inputs.h"

#include "../Gpu.h"
#include "tessera/Oracle/Random.h"
#include "tessera/Runtime/ThreadPool.h"

#include <cmath>
#include <numbers>

using namespace llvm;
using tessera::oracle::Random;

namespace tessera::bench {

static uint16_t narrow(float value, tessera_dtype dtype) {
  if (dtype == TESSERA_F16)
    return bit_cast<uint16_t>(static_cast<_Float16>(value));
  // To nearest, ties to even; there are no NaNs here.
  uint32_t bits = bit_cast<uint32_t>(value);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

/// Two normal numbers from one draw (Box and Muller).
static std::pair<float, float> drawNormals(Random &random) {
  uint64_t bits = random.bits();
  float first = (uint32_t(bits >> 40) + 1) * 0x1p-24f; // in (0, 1]
  float second = uint32_t(bits & 0xffffff) * 0x1p-24f;
  float radius = std::sqrt(-2 * std::log(first));
  float angle = 2 * std::numbers::pi_v<float> * second;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

static std::vector<uint16_t> makeNormals(int64_t elements, tessera_dtype dtype,
                                         float scale, uint64_t seed) {
  constexpr int64_t chunk = 1 << 16; // even
  std::vector<uint16_t> values(elements);
  int64_t chunks = divideCeil(elements, chunk);
  rt::ThreadPool::global().parallelFor(chunks, [&](int64_t c) {
    Random random(Random(seed + c).bits());
    int64_t end = std::min(elements, (c + 1) * chunk);
    for (int64_t i = c * chunk; i < end; i += 2) {
      auto [a, b] = drawNormals(random);
      values[i] = narrow(scale * a, dtype);
      if (i + 1 < end)
        values[i + 1] = narrow(scale * b, dtype);
    }
  });
  return values;
}

Inputs makeInputs(const Problem &problem, const InputOptions &options) {
  Inputs inputs;
  inputs.dtype = options.dtype;
  int64_t b = problem.batch, d = problem.headDim, nq = problem.queryBlocks();
  int64_t queries = b * problem.heads * problem.queryLength * d;
  int64_t keys = b * problem.keyHeads * problem.keyLength * d;
  uint64_t seed = options.seed << 32; // a tensor has fewer chunks than that
  inputs.query = makeNormals(queries, options.dtype, options.queryScale,
                             seed + 0x10000000);
  inputs.key = makeNormals(keys, options.dtype, 1, seed + 0x20000000);
  inputs.value = makeNormals(keys, options.dtype, 1, seed + 0x30000000);
  inputs.lists = makeLists(problem, options.lists);

  static constexpr int kOrders[][4] = {{0, 1, 2, 3}, {0, 2, 1, 3}};
  auto view = [&](void *data, int64_t heads, int64_t length) {
    return viewOf(data, options.dtype, {b, heads, length, d},
                  kOrders[size_t(options.layout)]);
  };
  inputs.queryView =
      view(inputs.query.data(), problem.heads, problem.queryLength);
  inputs.outputView = view(nullptr, problem.heads, problem.queryLength);
  inputs.keyView = view(inputs.key.data(), problem.keyHeads, problem.keyLength);
  inputs.valueView =
      view(inputs.value.data(), problem.keyHeads, problem.keyLength);
  inputs.lseView =
      viewOf(nullptr, TESSERA_F32, {b, problem.heads, problem.queryLength});
  inputs.indexView = viewOf(inputs.lists.index.data(), TESSERA_I32,
                            {b, problem.heads, nq, problem.topk});
  inputs.countView =
      viewOf(inputs.lists.count.data(), TESSERA_I32, {b, problem.heads, nq});
  auto sizes = [](const std::vector<int32_t> &values) {
    if (values.empty())
      return tessera_tensor{};
    return viewOf(const_cast<int32_t *>(values.data()), TESSERA_I32,
                  {int64_t(values.size())});
  };
  inputs.querySizesView = sizes(problem.querySizes);
  inputs.keySizesView = sizes(problem.keySizes);
  return inputs;
}

} // namespace tessera::bench
