// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensor maps: what is refused before the driver is asked, what it is told.
#include "DriverFixture.h"

#include "tessera/Driver/TensorMap.h"

using namespace tessera;
using namespace tessera::driver;

/// K of shape [4096 rows][128] in bf16, copied 64 rows by 64 at a time.
static TensorMapSpec makeSpec() {
  TensorMapSpec spec;
  spec.name = "K";
  spec.address = 0x7f0000001000;
  spec.rank = 2;
  spec.dims[0] = 128, spec.dims[1] = 4096;
  spec.strideBytes[0] = 256;
  spec.box[0] = 64, spec.box[1] = 64;
  spec.swizzle = Swizzle::Bytes128;
  spec.l2Promotion = L2Promotion::Bytes256;
  return spec;
}

/// What checkTensorMap() says after `change`, "" if it accepts.
template <typename Change>
static std::string complaint(Change change) {
  TensorMapSpec spec = makeSpec();
  change(spec);
  return checkTensorMap(spec).message();
}

static const auto kNothing = [](TensorMapSpec &) {};

TEST(TensorMap, AcceptsWhatIsRight) { EXPECT_EQ(complaint(kNothing), ""); }

TEST(TensorMap, RefusesElements) {
  EXPECT_EQ(complaint([](auto &s) { s.dtype = TESSERA_I32; }),
            "tensor map of K: elements are i32; bf16, f16 and f32 are "
            "possible");
  EXPECT_EQ(complaint([](auto &s) { s.dtype = TESSERA_F16; }), "");
}

TEST(TensorMap, RefusesRanks) {
  for (int32_t rank : {0, 6})
    EXPECT_EQ(complaint([&](auto &s) { s.rank = rank; }),
              "tensor map of K: rank " + std::to_string(rank) +
                  "; 1 to 5 are possible: join dimensions that lie one behind "
                  "the other");
}

TEST(TensorMap, RefusesAddresses) {
  EXPECT_EQ(complaint([](auto &s) { s.address = 0; }),
            "tensor map of K: the address is null: pass memory of the device");
  EXPECT_EQ(complaint([](auto &s) { s.address += 8; }),
            "tensor map of K: the address 0x7f0000001008 is not a multiple of "
            "16: copy the tensor to one that is");
  EXPECT_EQ(complaint([](auto &s) { s.address += 16; }), "");
}

TEST(TensorMap, RefusesDimensions) {
  EXPECT_EQ(complaint([](auto &s) { s.dims[1] = 0; }),
            "tensor map of K: dimension 1 has 0 elements; 1 to 2^32 are "
            "possible: launch nothing for an empty tensor");
  EXPECT_EQ(complaint([](auto &s) { s.dims[0] = (int64_t(1) << 32) + 1; }),
            "tensor map of K: dimension 0 has 4294967297 elements; 1 to 2^32 "
            "are possible: split the tensor");
  EXPECT_EQ(complaint([](auto &s) { s.dims[0] = int64_t(1) << 32; }), "");
  EXPECT_NE(complaint([](auto &s) { s.dims[0] = -1; }), "");
}

TEST(TensorMap, RefusesStrides) {
  EXPECT_EQ(complaint([](auto &s) { s.strideBytes[0] = 264; }),
            "tensor map of K: the stride of dimension 1 is 264 bytes, not a "
            "multiple of 16: pad the rows, or copy the tensor");
  EXPECT_EQ(complaint([](auto &s) { s.strideBytes[0] = int64_t(1) << 40; }),
            "tensor map of K: the stride of dimension 1 is 1099511627776 "
            "bytes; 0 to 2^40 - 16 are possible: copy the tensor");
  EXPECT_NE(complaint([](auto &s) { s.strideBytes[0] = -256; }), "");
}

TEST(TensorMap, RefusesBoxes) {
  EXPECT_EQ(complaint([](auto &s) { s.box[1] = 257; }),
            "tensor map of K: the box has 257 elements of dimension 1; 1 to "
            "256 are possible: copy it in several boxes");
  EXPECT_EQ(complaint([](auto &s) { s.box[1] = 256; }), "");
  EXPECT_NE(complaint([](auto &s) { s.box[1] = 0; }), "");
  EXPECT_EQ(complaint([](auto &s) { s.box[0] = 12; }),
            "tensor map of K: a row of the box is 24 bytes (12 bf16), not a "
            "multiple of 16: take more elements of dimension 0");
}

TEST(TensorMap, RefusesRowsWiderThanTheSwizzle) {
  EXPECT_EQ(
      complaint([](auto &s) { s.box[0] = 128; }),
      "tensor map of K: a row of the box is 256 bytes (128 bf16), more "
      "than the 128 of its swizzle: take at most 64 elements of dimension "
      "0, or a wider swizzle");
  struct Row {
    Swizzle swizzle;
    int32_t most; // f32 elements of a row
  };
  for (Row row : {Row{Swizzle::Bytes32, 8}, Row{Swizzle::Bytes64, 16},
                  Row{Swizzle::Bytes128, 32}})
    for (int32_t extra : {0, 4})
      EXPECT_EQ(complaint([&](auto &s) {
                  s.dtype = TESSERA_F32;
                  s.swizzle = row.swizzle;
                  s.box[0] = row.most + extra;
                }).empty(),
                extra == 0);
  EXPECT_EQ(complaint([](auto &s) {
              s.swizzle = Swizzle::None;
              s.box[0] = 256;
            }),
            "");
}

TEST(TensorMap, LooksAtTheDimensionsThereAre) {
  EXPECT_EQ(complaint([](auto &s) {
              s.rank = 1;
              s.dims[1] = s.strideBytes[0] = s.box[1] = -1;
            }),
            "");
}

TEST_F(DriverTest, TellsTheDriverWhatTheMapSays) {
  Context context = makeContext();
  TensorMapSpec spec = makeSpec();
  spec.rank = 3;
  spec.dims[2] = 12;
  spec.strideBytes[1] = 256 * 4096;
  spec.box[2] = 1;
  TensorMap map;
  ASSERT_FALSE(encodeTensorMap(context.view(), spec, map));
  EXPECT_EQ(takeCalls(), (Calls{"cuCtxSetCurrent #1", "cuTensorMapEncodeTiled",
                                "cuCtxSetCurrent #0"}))
      << "the driver wants a context";
  const FakeTensorMap &seen = fakeCuda().tensorMap;
  EXPECT_EQ(seen.type, TensorMapType::BF16);
  EXPECT_EQ(seen.address, std::bit_cast<void *>(makeSpec().address));
  EXPECT_EQ(seen.dims, (std::vector<uint64_t>{128, 4096, 12}));
  EXPECT_EQ(seen.strideBytes, (std::vector<uint64_t>{256, 1048576}));
  EXPECT_EQ(seen.box, (std::vector<uint32_t>{64, 64, 1}));
  EXPECT_EQ(seen.steps, (std::vector<uint32_t>{1, 1, 1}));
  EXPECT_EQ(seen.swizzle, Swizzle::Bytes128);
  EXPECT_EQ(seen.l2Promotion, L2Promotion::Bytes256);
}

TEST_F(DriverTest, AsksTheDriverForGoodMapsAlone) {
  Context context = makeContext();
  TensorMapSpec spec = makeSpec();
  TensorMap map;
  spec.strideBytes[0] = 8;
  EXPECT_TRUE(encodeTensorMap(context.view(), spec, map));
  EXPECT_EQ(takeCalls(), Calls{});

  fakeCuda().failures["cuTensorMapEncodeTiled"] = Result::InvalidValue;
  EXPECT_STREQ(
      encodeTensorMap(context.view(), makeSpec(), map).message(),
      "cuTensorMapEncodeTiled failed encoding the tensor map of K on GPU 0: "
      "CUDA_ERROR_INVALID_VALUE, the driver's text (1); check the "
      "arguments");
}
