// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Chain.h"

#include "tessera/Oracle/Half.h"
#include "tessera/Oracle/Random.h"

#include <cmath>

using namespace tessera::oracle;

namespace tessera::test {

const char *const kChain = R"(
#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
!kv = !tile.ring<2 x 64x64xbf16, swizzle = 128, lanes = 2>
!qs = !tile.ring<1 x 64x64xbf16, swizzle = 128, lanes = 2>
!ids = !tile.ring<2 x none, readers = 2>
!map = !tile.map<64x64xbf16, swizzle = 128>
!out = !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
!full = !tile.full<64x64xbf16, swizzle = 128>
!staging = !tile.staging<64x64xbf16, swizzle = 128, lanes = 2>
!pending = !tile.pending<tensor<64x64xf32, #acc>>

tile.kernel @chain(%q: !map, %k: !map, %v: !map, %list: memref<?xi32>, %o: !out) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c64 = arith.constant 64 : index
  %true = arith.constant true
  %n = memref.dim %list, %c0 : memref<?xi32>
  %ids = tile.make_ring : !ids
  %kv = tile.make_ring : !kv
  %queries = tile.make_ring : !qs
  %staging = tile.make_staging : !staging

  tile.role @list agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %id = memref.load %list[%i] : memref<?xi32>
      %entry = tile.acquire %ids[%c0] note(%id) : !ids
      tile.commit %entry : !tile.free<none>
    }
  }

  tile.role @load agents(2) each thread (%lane) {
    %qs = tile.acquire %queries[%lane] : !qs
    tile.load %q[%c0, %lane, %c0] into %qs : !map
    scf.for %i = %c0 to %n step %c1 {
      %entry = tile.wait %ids[%c0] : !ids
      %id = tile.note %entry : !tile.full<none>
      %j = arith.index_cast %id : i32 to index
      %token = arith.muli %j, %c64 : index
      %ks = tile.acquire %kv[%lane] note(%id) : !kv
      tile.load %k[%c0, %lane, %token] into %ks : !map
      tile.release %entry : !tile.full<none>
      %vs = tile.acquire %kv[%lane] : !kv
      tile.load %v[%c0, %lane, %token] into %vs : !map
    }
  }

  tile.role @multiply agents(2) each warpgroup (%lane) {
    %zero = arith.constant dense<0.0> : tensor<64x64xf32, #acc>
    %qs = tile.wait %queries[%lane] : !qs
    %query = tile.load_fragment %qs : !full -> tensor<64x64xbf16, #lhs>
    tile.release %qs after(%query : tensor<64x64xbf16, #lhs>) : !full
    %sum = scf.for %i = %c0 to %n step %c1 iter_args(%sum_in = %zero) -> (tensor<64x64xf32, #acc>) {
      %ks = tile.wait %kv[%lane] : !kv
      %id = tile.note %ks : !full
      %scores_pending = tile.mma %query, %ks transposed
          : tensor<64x64xbf16, #lhs>, !full -> tensor<64x64xf32, #acc>
      %scores = tile.mma_wait %scores_pending : !pending
      tile.release %ks after(%id : i32) : !full
      %half = arith.truncf %scores : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
      %weights = tile.as_operand %half : tensor<64x64xbf16, #acc>
      %vs = tile.wait %kv[%lane] : !kv
      %sum_pending = tile.mma %weights, %vs plus %sum_in
          : tensor<64x64xbf16, #lhs>, !full -> tensor<64x64xf32, #acc>
      %sum_out = tile.mma_wait %sum_pending : !pending
      tile.release %vs : !full
      scf.yield %sum_out : tensor<64x64xf32, #acc>
    }
    %rounded = arith.truncf %sum : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
    tile.store_async %rounded through %staging[%lane] to %o[%c0, %lane, %c0]
        : tensor<64x64xbf16, #acc>, !staging, !out
    tile.store_wait
  }
}
)";

static constexpr int64_t kDim = 64, kTokens = ChainCall::kBlocks * 64;

ChainCall::ChainCall() {
  Random random(1);
  auto draw = [&](int64_t tokens) {
    std::vector<uint16_t> bits(size_t(2 * tokens * kDim), 0);
    for (uint16_t &number : bits)
      number = toBF16(random.normal());
    return bits;
  };
  q = draw(kRows);
  k = draw(kTokens);
  v = draw(kTokens);
  o.assign(q.size(), toBF16(std::nan("")));
}

std::vector<sim::Argument> ChainCall::arguments() {
  return {sim::rowMajor(q.data(), {1, 2, kRows, kDim}),
          sim::rowMajor(k.data(), {1, 2, kTokens, kDim}),
          sim::rowMajor(v.data(), {1, 2, kTokens, kDim}),
          sim::rowMajor(list.data(), {int64_t(list.size())}),
          sim::rowMajor(o.data(), {1, 2, kRows, kDim})};
}

testing::AssertionResult ChainCall::isRight() const {
  for (int64_t row = 0; row < 2 * kRows; ++row) {
    int64_t head = row / kRows;
    std::vector<double> sum(kDim, 0);
    for (int64_t token = head * kTokens; token < (head + 1) * kTokens;
         ++token) {
      double score = 0;
      for (int64_t d = 0; d < kDim; ++d)
        score += fromBF16(q[size_t(row * kDim + d)]) *
                 fromBF16(k[size_t(token * kDim + d)]);
      for (int64_t d = 0; d < kDim; ++d)
        sum[size_t(d)] += score * fromBF16(v[size_t(token * kDim + d)]);
    }
    double error = 0, norm = 0;
    for (int64_t d = 0; d < kDim; ++d) {
      double found = fromBF16(o[size_t(row * kDim + d)]);
      error += std::pow(found - sum[size_t(d)], 2);
      norm += std::pow(sum[size_t(d)], 2);
    }
    if (!(error <= 1e-4 * norm))
      return testing::AssertionFailure()
             << "row " << row << " is off by " << std::sqrt(error) << " of "
             << std::sqrt(norm);
  }
  return testing::AssertionSuccess();
}

} // namespace tessera::test
