// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contexts, which of them is current, streams, events, and the order of ends.
#include "DriverFixture.h"

#include "tessera/Driver/Memory.h"
#include "tessera/Driver/Stream.h"

using namespace tessera;
using namespace tessera::driver;

TEST_F(DriverTest, HoldsThePrimaryContext) {
  {
    auto context = Context::retain(*driver, 1);
    ASSERT_TRUE(context);
    EXPECT_EQ(context->view().device, 71);
    Context moved = std::move(*context);
    EXPECT_EQ(takeCalls(), Calls{"cuDevicePrimaryCtxRetain #1"});
  }
  EXPECT_EQ(takeCalls(), Calls{"cuDevicePrimaryCtxRelease_v2"}) << "once";
}

TEST_F(DriverTest, RefusesAGpuThatIsNotThere) {
  auto context = Context::retain(*driver, 2);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code(), TESSERA_INVALID_ARGUMENT);
  EXPECT_STREQ(context.error().message(),
               "cuDeviceGet failed looking for GPU 2: an error without a name, "
               "without a text (101); count the GPUs that "
               "CUDA_VISIBLE_DEVICES leaves");
  EXPECT_EQ(takeCalls(), Calls{}) << "nothing was retained";
}

TEST_F(DriverTest, ReadsProperties) {
  Context context = makeContext();
  fakeCuda().deviceAttributes = {{13, 1980000}, {16, 132}, {38, 62914560},
                                 {75, 9},       {76, 0},   {97, 232448}};
  auto properties = context.properties();
  ASSERT_TRUE(properties);
  EXPECT_STREQ(properties->name, "Fake 70");
  EXPECT_EQ(properties->major, 9);
  EXPECT_EQ(properties->minor, 0);
  EXPECT_EQ(properties->multiprocessors, 132);
  EXPECT_EQ(properties->l2Bytes, 62914560);
  EXPECT_EQ(properties->sharedBytesPerBlock, 232448);
  EXPECT_EQ(properties->clockKilohertz, 1980000);
  EXPECT_EQ(properties->driverVersion, 12040);

  fakeCuda().failures["cuDeviceGetAttribute"] = Result::InvalidValue;
  EXPECT_EQ(context.properties().error().code(), TESSERA_INVALID_ARGUMENT);
}

TEST_F(DriverTest, LeavesTheCurrentContextAsItWas) {
  Context context = makeContext();
  auto *other = fakeHandle<ContextHandle>(99);
  fakeCuda().current = other;
  ASSERT_FALSE(synchronize(context.view(), nullptr));
  EXPECT_EQ(takeCalls(), (Calls{"cuCtxSetCurrent #1", "cuStreamSynchronize #0",
                                "cuCtxSetCurrent #99"}));
  fakeCuda().current = context.view().handle;
  ASSERT_FALSE(synchronize(context.view(), nullptr));
  EXPECT_EQ(takeCalls(), Calls{"cuStreamSynchronize #0"});
}

TEST_F(DriverTest, CallsNothingInAContextItCannotEnter) {
  Context context = makeContext();
  fakeCuda().failures["cuCtxSetCurrent"] = Result::InvalidValue;
  EXPECT_STREQ(synchronize(context.view(), nullptr).message(),
               "cuCtxSetCurrent failed entering the context of GPU 0: "
               "CUDA_ERROR_INVALID_VALUE, the driver's text (1); check the "
               "arguments");
  EXPECT_EQ(takeCalls(), Calls{"cuCtxSetCurrent #1"});
}

TEST_F(DriverTest, DestroysInReverseAndOnce) {
  {
    Context context = makeContext();
    fakeCuda().current = context.view().handle;
    auto stream = Stream::create(context);
    auto event = Event::create(context);
    auto buffer = DeviceBuffer::allocate(context, 16);
    ASSERT_TRUE(stream && event && buffer);
    Stream moved = std::move(*stream);
    EXPECT_EQ(takeCalls(), (Calls{"cuStreamCreate #2", "cuEventCreate #3",
                                  "cuMemAlloc_v2"}));
  }
  EXPECT_EQ(takeCalls(),
            (Calls{"cuStreamDestroy_v2 #2", "cuMemFree_v2",
                   "cuEventDestroy_v2 #3", "cuDevicePrimaryCtxRelease_v2"}));
}

TEST_F(DriverTest, SwapsWhatIsAssigned) {
  Context context = makeContext();
  fakeCuda().current = context.view().handle;
  auto first = Stream::create(context), second = Stream::create(context);
  {
    Stream last = std::move(*first);
    last = std::move(*second);
    EXPECT_EQ(last.handle(), fakeHandle<StreamHandle>(3));
    takeCalls();
  }
  EXPECT_EQ(takeCalls(), Calls{"cuStreamDestroy_v2 #3"});
  EXPECT_EQ(second->handle(), fakeHandle<StreamHandle>(2));
}

TEST_F(DriverTest, DestroysNothingThatWasNotMade) {
  Context context = makeContext();
  fakeCuda().current = context.view().handle;
  fakeCuda().failures = {{"cuStreamCreate", Result::OutOfMemory},
                         {"cuEventCreate", Result::OutOfMemory}};
  EXPECT_STREQ(Stream::create(context).error().message(),
               "cuStreamCreate failed making a stream on GPU 0: "
               "CUDA_ERROR_OUT_OF_MEMORY, the driver's text (2); free memory "
               "of the GPU, or ask for less");
  EXPECT_EQ(Event::create(context).error().code(), TESSERA_OUT_OF_MEMORY);
  EXPECT_EQ(takeCalls(), (Calls{"cuStreamCreate #0", "cuEventCreate #0"}));
}

TEST_F(DriverTest, TakesTime) {
  Context context = makeContext();
  fakeCuda().current = context.view().handle;
  auto stream = Stream::create(context);
  auto start = Event::create(context), end = Event::create(context);
  takeCalls();
  ASSERT_FALSE(start->record(stream->handle()));
  ASSERT_FALSE(end->record(stream->handle()));
  ASSERT_FALSE(end->synchronize());
  ASSERT_FALSE(stream->synchronize());
  EXPECT_EQ(takeCalls(),
            (Calls{"cuEventRecord #3", "cuEventRecord #4",
                   "cuEventSynchronize #4", "cuStreamSynchronize #2"}));
  EXPECT_EQ(*end->millisecondsSince(*start), 1.0f);
  fakeCuda().failures["cuEventElapsedTime"] = Result::InvalidValue;
  EXPECT_EQ(end->millisecondsSince(*start).error().code(),
            TESSERA_INVALID_ARGUMENT);
}

TEST_F(DriverTest, ReportsAKernelThatDied) {
  Context context = makeContext();
  fakeCuda().failures["cuStreamSynchronize"] = Result::LaunchFailed;
  Error error = synchronize(context.view(), nullptr);
  EXPECT_EQ(error.code(), TESSERA_GPU_FAILED);
  EXPECT_STREQ(error.message(),
               "cuStreamSynchronize failed waiting for a stream on GPU 0: "
               "CUDA_ERROR_LAUNCH_FAILED, the driver's text (719); the GPU "
               "context is lost: start the process again, under "
               "compute-sanitizer to see where");
}
