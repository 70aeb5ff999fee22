// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled conversions between f32 and bf16, over every bf16.
#include "TestModule.h"

#include "gtest/gtest.h"

#include <bit>
#include <climits>
#include <cmath>

using namespace tessera::host;
using namespace tessera::test;

namespace {

const char *const kConvert = R"mlir(
#any = strided<[1], offset: ?>
func.func @narrow(%x: memref<?xf32, #any>, %y: memref<?xbf16, #any>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %n = memref.dim %x, %c0 : memref<?xf32, #any>
  scf.parallel (%i) = (%c0) to (%n) step (%c16) {
    %a = vector.load %x[%i] : memref<?xf32, #any>, vector<16xf32>
    %b = arith.truncf %a : vector<16xf32> to vector<16xbf16>
    vector.store %b, %y[%i] : memref<?xbf16, #any>, vector<16xbf16>
  }
  return
}
func.func @widen(%x: memref<?xbf16, #any>, %y: memref<?xf32, #any>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %n = memref.dim %x, %c0 : memref<?xbf16, #any>
  scf.parallel (%i) = (%c0) to (%n) step (%c16) {
    %a = vector.load %x[%i] : memref<?xbf16, #any>, vector<16xbf16>
    %b = arith.extf %a : vector<16xbf16> to vector<16xf32>
    vector.store %b, %y[%i] : memref<?xf32, #any>, vector<16xf32>
  }
  return
})mlir";

tessera::program::Record conversion(const char *name, int32_t from,
                                    int32_t to) {
  using tessera::program::ParamKind;
  tessera::program::Writer writer = hostWriter(name);
  tessera::program::Index elements = writer.addSymbol("N", "elements");
  addParam(writer, "x", ParamKind::Input, from, {elements});
  addParam(writer, "y", ParamKind::Output, to, {elements});
  return writer.write();
}

/// The nearest bf16, of two equally near the even one; written with distances,
/// not with bits added.
float nearestBF16(float x) {
  auto value = [](uint32_t bits) {
    // As if the exponent had no end, so that infinity has a distance.
    float y = std::bit_cast<float>(bits);
    return std::isinf(y) ? std::copysign(std::ldexp(1.0, 128), double(y)) : y;
  };
  uint32_t below = std::bit_cast<uint32_t>(x) & 0xffff0000u;
  uint32_t above = below + 0x10000u;
  if (std::isinf(x))
    return x;
  double down = std::abs(x - value(below)), up = std::abs(value(above) - x);
  bool belowIsEven = (below >> 16) % 2 == 0;
  return std::bit_cast<float>(down < up || (down == up && belowIsEven) ? below
                                                                       : above);
}

class BF16 : public testing::TestWithParam<CpuLevel> {
protected:
  void SetUp() override {
    if (tessera_cpu_level() < GetParam().level)
      GTEST_SKIP() << "this machine has no " << GetParam().cpu.str();
    tessera_limit_cpu_level(GetParam().level);
    HostProgram program =
        get(build(kConvert,
                  {conversion("narrow", TESSERA_F32, TESSERA_BF16),
                   conversion("widen", TESSERA_BF16, TESSERA_F32)},
                  GetParam()));
    jit = load(program);
  }
  void TearDown() override { tessera_limit_cpu_level(INT32_MAX); }

  template <typename From, typename To>
  void call(const char *name, std::vector<From> &from, std::vector<To> &to) {
    int64_t n = int64_t(from.size());
    auto view = [&](auto &data) {
      return tessera_tensor{data.data(),
                            sizeof(data[0]) == 4 ? TESSERA_F32 : TESSERA_BF16,
                            1,
                            {n},
                            {1}};
    };
    tessera_tensor x = view(from), y = view(to);
    void *args[] = {&x, &y};
    ASSERT_EQ(message(get(jit->lookupPacked(name))(args)), "");
  }

  std::unique_ptr<HostJit> jit;
};

TEST_P(BF16, WidensEveryValueExactly) {
  std::vector<uint16_t> from(65536);
  std::vector<float> to(from.size());
  for (uint32_t i = 0; i < from.size(); ++i)
    from[i] = uint16_t(i);
  call("widen", from, to);
  for (uint32_t i = 0; i < from.size(); ++i)
    ASSERT_EQ(std::bit_cast<uint32_t>(to[i]), i << 16);
}

TEST_P(BF16, NarrowsToTheNearestEvenValue) {
  constexpr uint32_t kTails[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
  for (uint32_t tail : kTails) {
    std::vector<float> from(65536);
    std::vector<uint16_t> to(from.size());
    for (uint32_t i = 0; i < from.size(); ++i)
      from[i] = std::bit_cast<float>(i << 16 | tail);
    call("narrow", from, to);
    for (uint32_t i = 0; i < from.size(); ++i) {
      float found = std::bit_cast<float>(uint32_t(to[i]) << 16);
      if (std::isnan(from[i]))
        ASSERT_TRUE(std::isnan(found)) << std::hex << (i << 16 | tail);
      else
        ASSERT_EQ(std::bit_cast<uint32_t>(found),
                  std::bit_cast<uint32_t>(nearestBF16(from[i])))
            << std::hex << (i << 16 | tail);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, BF16, testing::ValuesIn(kCpuLevels),
                         [](const auto &info) {
                           return "Level" + std::to_string(info.param.level);
                         });

} // namespace
