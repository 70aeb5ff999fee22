// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Device buffers; the fake's memory is the host's, so the bytes can be read.
#include "DriverFixture.h"

#include "tessera/Driver/Memory.h"

#include <cstring>

using namespace tessera;
using namespace tessera::driver;

static const auto kStream = fakeHandle<StreamHandle>(5);

TEST_F(DriverTest, CopiesBothWaysAndFills) {
  Context context = makeContext();
  fakeCuda().current = context.view().handle;
  auto buffer = DeviceBuffer::allocate(context, 8);
  ASSERT_TRUE(buffer);
  EXPECT_EQ(buffer->bytes(), 8u);
  ASSERT_FALSE(buffer->fill(std::byte(7), kStream));
  const char sent[] = {1, 2, 3};
  ASSERT_FALSE(buffer->copyFrom(std::as_bytes(std::span(sent)), kStream));
  char back[8];
  ASSERT_FALSE(
      buffer->copyTo(std::as_writable_bytes(std::span(back)), kStream));
  const char expected[] = {1, 2, 3, 7, 7, 7, 7, 7};
  EXPECT_EQ(std::memcmp(back, expected, 8), 0);
  EXPECT_EQ(takeCalls(),
            (Calls{"cuMemAlloc_v2", "cuMemsetD8Async #5",
                   "cuMemcpyHtoDAsync_v2 #5", "cuMemcpyDtoHAsync_v2 #5"}));
}

TEST_F(DriverTest, RefusesMoreThanTheBufferHolds) {
  Context context = makeContext();
  auto buffer = DeviceBuffer::allocate(context, 8);
  takeCalls();
  char host[9];
  auto bytes = std::as_writable_bytes(std::span(host));
  EXPECT_STREQ(buffer->copyFrom(bytes, kStream).message(),
               "copy to the device: 9 bytes on the host, 8 in the device "
               "buffer; pass at most as many as the buffer holds");
  EXPECT_STREQ(buffer->copyTo(bytes, kStream).message(),
               "copy to the host: 9 bytes on the host, 8 in the device buffer; "
               "pass at most as many as the buffer holds");
  EXPECT_EQ(takeCalls(), Calls{});
}

TEST_F(DriverTest, NeedsNoMemoryForNothing) {
  Context context = makeContext();
  {
    auto buffer = DeviceBuffer::allocate(context, 0);
    ASSERT_TRUE(buffer);
    EXPECT_EQ(buffer->address(), 0u);
    EXPECT_FALSE(buffer->fill(std::byte(1), kStream));
    EXPECT_FALSE(buffer->copyFrom({}, kStream));
    EXPECT_FALSE(buffer->copyTo({}, kStream));
  }
  EXPECT_EQ(takeCalls(), Calls{});
}

TEST_F(DriverTest, SaysHowMuchMemoryWasWanted) {
  Context context = makeContext();
  fakeCuda().failures["cuMemAlloc_v2"] = Result::OutOfMemory;
  auto buffer = DeviceBuffer::allocate(context, 1 << 20);
  ASSERT_FALSE(buffer);
  EXPECT_EQ(buffer.error().code(), TESSERA_OUT_OF_MEMORY);
  EXPECT_STREQ(buffer.error().message(),
               "cuMemAlloc_v2 failed allocating 1048576 bytes on GPU 0: "
               "CUDA_ERROR_OUT_OF_MEMORY, the driver's text (2); free memory "
               "of the GPU, or ask for less");
}
