// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A small program that is right, to be broken: a role publishes a list, two
// loaders read it and fetch key and value blocks of a head each, two others
// compute q kᵀ v.
#ifndef TESSERA_TEST_UNIT_SIMULATOR_CHAIN_H
#define TESSERA_TEST_UNIT_SIMULATOR_CHAIN_H

#include "tessera/Oracle/Tensor.h"
#include "tessera/Simulator/Simulator.h"

#include "gtest/gtest.h"

namespace tessera::test {

extern const char *const kChain;

/// A call: one batch, a head for each of two agents, blocks of 64, features 64.
class ChainCall {
public:
  static constexpr int64_t kBlocks = 5, kRows = 50;

  ChainCall();

  /// q [1, 2, kRows, 64], k and v, list [5], o as q.
  std::vector<sim::Argument> arguments();
  testing::AssertionResult isRight() const;

  std::vector<int32_t> list = {3, 0, 4, 1, 2};

private:
  std::vector<uint16_t> q, k, v, o; // bf16
};

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_SIMULATOR_CHAIN_H
