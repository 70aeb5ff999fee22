// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small ragged problem, and what the oracle of lib/Oracle makes of it.
#ifndef TESSERA_TEST_UNIT_BENCH_BENCHFIXTURE_H
#define TESSERA_TEST_UNIT_BENCH_BENCHFIXTURE_H

#include "Reference.h"
#include "tessera/Oracle/Half.h"
#include "tessera/Oracle/Oracle.h"

#include <cmath>

namespace tessera::bench {

/// B = 2, H = 6 over Hkv = 2, Sq = 300 (5 blocks), Skv = 460 (8 blocks), D =
/// 32, lists of 5, blocks partly filled and empty.
inline Problem makeRaggedProblem() {
  Problem problem;
  problem.batch = 2;
  problem.heads = 6;
  problem.keyHeads = 2;
  problem.queryLength = 300;
  problem.keyLength = 460;
  problem.headDim = 32;
  problem.topk = 5;
  problem.querySizes = {64, 10, 64, 0, 44};
  problem.keySizes = {64, 64, 3, 64, 0, 64, 50, 12};
  return problem;
}

inline InputOptions raggedOptions(tessera_dtype dtype = TESSERA_BF16,
                                  Layout layout = Layout::BHSD) {
  InputOptions options;
  options.dtype = dtype;
  options.layout = layout;
  options.lists.ragged = true;
  options.lists.seed = 3;
  options.queryScale = 2;
  options.seed = 5;
  return options;
}

inline oracle::Tensor toOracle(const tessera_tensor &view) {
  const int64_t *n = view.dims;
  oracle::Tensor tensor({n[0], n[1], n[2], n[3]});
  const auto *elements = static_cast<const uint16_t *>(view.data);
  for (int64_t b = 0; b < n[0]; ++b)
    for (int64_t h = 0; h < n[1]; ++h)
      for (int64_t t = 0; t < n[2]; ++t)
        for (int64_t f = 0; f < n[3]; ++f)
          tensor(b, h, t, f) =
              widen(elements[offsetOf(view, b, h, t, f)], view.dtype);
  return tensor;
}

inline oracle::AttendResult attendByOracle(const Problem &problem,
                                           const Inputs &inputs) {
  auto sizes = [](const std::vector<int32_t> &values) {
    return oracle::Sizes{{int64_t(values.size())}, values};
  };
  oracle::Lists lists = oracle::fromTensors(
      {inputs.lists.index, inputs.lists.count}, problem.batch, problem.heads,
      problem.queryBlocks(), problem.topk);
  return oracle::attend(toOracle(inputs.queryView), toOracle(inputs.keyView),
                        toOracle(inputs.valueView), lists,
                        {problem.queryBlock, problem.keyBlock},
                        1 / std::sqrt(double(problem.headDim)),
                        sizes(problem.querySizes), sizes(problem.keySizes));
}

} // namespace tessera::bench

#endif // TESSERA_TEST_UNIT_BENCH_BENCHFIXTURE_H
