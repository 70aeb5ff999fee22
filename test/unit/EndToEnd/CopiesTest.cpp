// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a function returns without having made it in place: an argument, one
// value twice, lists as they came. Copied between random layouts, bit for bit.
#include "Compare.h"
#include "CompiledCall.h"
#include "TestModule.h"

#include "tessera/Oracle/Oracle.h"

#include "gtest/gtest.h"

using namespace tessera;
using namespace tessera::oracle;
using namespace tessera::test;

namespace {

constexpr uint64_t kCalls = 12;

const char *const kModule = R"mlir(
func.func @same(%x: tensor<?x?x?x40xbf16>, %n: tensor<?x?x?xf32>,
                %s: tensor<?xi32>)
    -> (tensor<?x?x?x40xbf16>, tensor<?x?x?xf32>, tensor<?xi32>,
        tensor<?x?x?x40xbf16>) {
  return %x, %n, %s, %x : tensor<?x?x?x40xbf16>, tensor<?x?x?xf32>,
      tensor<?xi32>, tensor<?x?x?x40xbf16>
}

func.func @twice(%x: tensor<?x?x?x32xf32>)
    -> (tensor<?x?x?x32xf32>, tensor<?x?x?x32xf32>) {
  %m = bsa.pool %x by 8 : tensor<?x?x?x32xf32> -> tensor<?x?x?x32xf32>
  return %m, %m : tensor<?x?x?x32xf32>, tensor<?x?x?x32xf32>
}

func.func @door(%q: tensor<?x?x?x32xf32>, %k: tensor<?x?x?x32xf32>,
                %i: tensor<?x?x?x4xi32>, %n: tensor<?x?x?xi32>)
    -> (tensor<?x?x?x4xi32>, tensor<?x?x?xi32>, tensor<?x?x?x32xf32>) {
  %m = bsa.map_from_lists %i, %n : tensor<?x?x?x4xi32>, tensor<?x?x?xi32>
      -> !bsa.block_map<8x8, capacity = 4>
  %a, %b = bsa.map_to_lists %m : !bsa.block_map<8x8, capacity = 4>
      -> tensor<?x?x?x4xi32>, tensor<?x?x?xi32>
  %o = bsa.attend query(%q : tensor<?x?x?x32xf32>) key(%k : tensor<?x?x?x32xf32>)
      value(%k : tensor<?x?x?x32xf32>) at(%m : !bsa.block_map<8x8, capacity = 4>)
      -> tensor<?x?x?x32xf32>
  return %a, %b, %o : tensor<?x?x?x4xi32>, tensor<?x?x?xi32>,
      tensor<?x?x?x32xf32>
}
)mlir";

class Copies : public testing::Test {
protected:
  Tensor draw(std::vector<int64_t> dims, Element element) {
    Tensor tensor(std::move(dims));
    for (double &number : tensor.data)
      number = roundTo(element, random.normal());
    return tensor;
  }
  Tensor drawCounts(std::vector<int64_t> dims, int64_t most) {
    Tensor tensor(std::move(dims));
    for (double &number : tensor.data)
      number = double(random.integer(0, most));
    return tensor;
  }
  void checkArguments();
  void checkTwice();
  void checkDoor();

  const std::unique_ptr<host::HostJit> jit = compile(kModule);
  Random random{0};
};

void Copies::checkArguments() {
  std::vector<int64_t> dims = {random.integer(1, 3), random.integer(1, 4),
                               random.integer(0, 70)};
  Tensor rows = draw(dims, Element::F32);
  dims.push_back(40);
  Tensor x = draw(dims, Element::BF16);
  Tensor sizes = drawCounts({random.integer(0, 9)}, 64);
  CompiledCall call(*jit, "same", random);
  call.input(x, TESSERA_BF16);
  call.input(rows, TESSERA_F32);
  call.input(sizes, TESSERA_I32);
  call.output(x.dims, TESSERA_BF16);
  call.output(rows.dims, TESSERA_F32);
  call.output(sizes.dims, TESSERA_I32);
  call.output(x.dims, TESSERA_BF16);
  ASSERT_EQ(call.run(), "");
  EXPECT_TRUE(sameNumbers(call.result(0), x));
  EXPECT_TRUE(sameNumbers(call.result(1), rows));
  EXPECT_TRUE(sameNumbers(call.result(2), sizes));
  EXPECT_TRUE(sameNumbers(call.result(3), x));
}

void Copies::checkTwice() {
  Tensor x = draw(
      {random.integer(1, 2), random.integer(1, 3), random.integer(1, 50), 32},
      Element::F32);
  Tensor wanted = pool(x, 8, {});
  CompiledCall call(*jit, "twice", random);
  call.input(x, TESSERA_F32);
  call.output(wanted.dims, TESSERA_F32);
  call.output(wanted.dims, TESSERA_F32);
  ASSERT_EQ(call.run(), "");
  EXPECT_TRUE(isClose(call.result(0), wanted, largest(x), Element::F32));
  EXPECT_TRUE(sameNumbers(call.result(1), call.result(0)));
}

void Copies::checkDoor() {
  std::vector<int64_t> dims = {random.integer(1, 3), random.integer(1, 4),
                               random.integer(1, 20)};
  Tensor count = drawCounts(dims, 4);
  dims.push_back(4);
  Tensor index(dims);
  for (size_t i = 0; i < index.data.size(); ++i)
    index.data[i] = double(i % 4);
  Tensor x = draw({dims[0], dims[1], dims[2] * 8, 32}, Element::F32);
  Tensor keys = draw({dims[0], dims[1], 4 * 8, 32}, Element::F32);
  CompiledCall call(*jit, "door", random);
  call.input(x, TESSERA_F32);
  call.input(keys, TESSERA_F32);
  call.input(index, TESSERA_I32);
  call.input(count, TESSERA_I32);
  call.output(index.dims, TESSERA_I32);
  call.output(count.dims, TESSERA_I32);
  call.output(x.dims, TESSERA_F32);
  ASSERT_EQ(call.run(), "");
  EXPECT_TRUE(sameNumbers(call.result(0), index));
  EXPECT_TRUE(sameNumbers(call.result(1), count));
}

TEST_F(Copies, AreTheSameNumbers) {
  std::vector<int32_t> levels = levelsHere();
  for (uint64_t number = 0; number < kCalls; ++number) {
    random = Random(firstSeed() + number);
    LevelLimit limit(levels[number % levels.size()]);
    SCOPED_TRACE("seed=" + std::to_string(firstSeed() + number));
    checkArguments();
    checkTwice();
    checkDoor();
    if (HasFailure())
      return;
  }
}

} // namespace
