// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Preparing calls on a GPU, and what running them asks of the driver.
#include "ProgramFixture.h"

#include <thread>

using namespace tessera;
using driver::Calls;
using driver::DevicePointer;
using driver::fakeHandle;
using driver::FakeLaunch;
using driver::FakeTensorMap;
using driver::FunctionHandle;
using driver::kDeviceMemory;
using driver::L2Promotion;
using driver::Result;
using driver::StreamHandle;
using driver::Swizzle;

namespace {

class RunTest : public ProgramTest {
protected:
  RunTest() {
    open({Recipe()});
    setRows(100);
    stream = fakeHandle<StreamHandle>(5);
  }

  void reopen(const Recipe &recipe) { open({recipe}); }

  std::string run(Launches &launches, size_t bytes = 2048) {
    return launches.run(stream, workspace, bytes).message();
  }

  StreamHandle stream;
};

template <typename T>
T valueOf(const std::string &bytes) {
  T value;
  EXPECT_EQ(bytes.size(), sizeof(value));
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

} // namespace

TEST_F(RunTest, EnqueuesTheStepsInTheirOrder) {
  Launches launches = prepared();
  takeCalls();
  std::memset(workspace, 7, sizeof(workspace));
  ASSERT_EQ(run(launches), "");
  EXPECT_EQ(takeCalls(), (Calls{"cuCtxSetCurrent #1", "cuMemsetD32Async #5",
                                "cuLaunchKernelEx #101",
                                "cuLaunchKernelEx #102", "cuCtxSetCurrent #0"}))
      << "nothing is allocated, asked or waited for";
  EXPECT_EQ(workspace[7], 0) << "two marks";
  EXPECT_EQ(workspace[8], 7);
  ASSERT_EQ(run(launches), "");
  EXPECT_EQ(takeCalls().size(), 5u) << "as often as one likes";
}

TEST_F(RunTest, PassesOperands) {
  Launches launches = prepared();
  ASSERT_EQ(run(launches), "");
  ASSERT_EQ(fakeCuda().launches.size(), 2u);
  const FakeLaunch &pool = fakeCuda().launches[0],
                   &small = fakeCuda().launches[1];
  EXPECT_EQ(pool.config.gridX, 2u);
  EXPECT_EQ(pool.config.blockX, 128u);
  EXPECT_EQ(pool.config.dynamicSharedBytes, 1000u);
  EXPECT_EQ(pool.config.stream, stream);
  EXPECT_EQ(valueOf<uint64_t>(pool.params[0].substr(0, 8)), 1u) << "map 1";
  EXPECT_EQ(valueOf<void *>(pool.params[1]), workspace);
  EXPECT_EQ(valueOf<int32_t>(pool.params[2]), 100);
  EXPECT_FALSE(small.isCooperative);
  EXPECT_EQ(valueOf<void *>(small.params[0]), workspace);
  EXPECT_EQ(valueOf<void *>(small.params[1]), ys);
  EXPECT_EQ(valueOf<float>(small.params[2]), 0.125f);
  EXPECT_EQ(valueOf<float>(small.params[3]), 0.5f);
  const FakeTensorMap &map = fakeCuda().tensorMap;
  EXPECT_EQ(map.address, xs);
  EXPECT_EQ(map.dims, (std::vector<uint64_t>{64, 100}));
  EXPECT_EQ(map.strideBytes, (std::vector<uint64_t>{128}));
  EXPECT_EQ(map.box, (std::vector<uint32_t>{64, 64}));
  EXPECT_EQ(map.swizzle, Swizzle::Bytes128);
  EXPECT_EQ(map.l2Promotion, L2Promotion::Bytes256);
}

TEST_F(RunTest, ReadsArgumentsOnce) {
  Launches launches = prepared();
  scale = 9;
  x = y = {};
  ASSERT_EQ(run(launches), "");
  EXPECT_EQ(valueOf<float>(fakeCuda().launch.params[2]), 0.125f);
}

TEST_F(RunTest, ChoosesByTheCacheAndFillsTheContext) {
  setRows(4096); // 512 KiB in a cache of 100,000 bytes
  fakeCuda().contextMultiprocessors = 2;
  context = Context::gpu(0);
  Launches launches = prepared();
  ASSERT_EQ(run(launches), "");
  const FakeLaunch &large = fakeCuda().launch;
  EXPECT_EQ(large.function, fakeHandle<FunctionHandle>(103));
  EXPECT_TRUE(large.isCooperative);
  EXPECT_EQ(large.config.gridX, 32u) << "16 a multiprocessor, of 64 blocks";
  EXPECT_EQ(large.config.dynamicSharedBytes, 3000u);
  EXPECT_EQ(valueOf<void *>(large.params[0]), workspace + 256);
  EXPECT_NE(valueOf<uint64_t>(large.params[1]), 0u) << "the error word";
}

TEST_F(RunTest, LoadsWhatACallChoosesAlone) {
  takeCalls();
  Launches launches = prepared();
  Calls calls = takeCalls();
  auto has = [&](const char *call) {
    return std::find(calls.begin(), calls.end(), call) != calls.end();
  };
  EXPECT_TRUE(has("lookup pool"));
  EXPECT_TRUE(has("lookup small"));
  EXPECT_FALSE(has("lookup large"));
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "cuModuleLoadDataEx #2"), 1)
      << "one image for all";
  prepared();
  EXPECT_EQ(takeCalls(), (Calls{"cuCtxSetCurrent #1", "cuCtxSetCurrent #0"}))
      << "the second call is like the first";
}

TEST_F(RunTest, TakesPtxWhereTheDriverIsTooOldForTheCubin) {
  reopen({.cubinDriver = 12080});
  prepared();
  EXPECT_EQ(fakeCuda().image, "ptx of f");
}

TEST_F(RunTest, EncodesAMapOnce) {
  prepared();
  prepared();
  EXPECT_EQ(fakeCuda().tensorMaps.size(), 1u);
  setRows(100, 128);
  prepared();
  EXPECT_EQ(fakeCuda().tensorMaps.size(), 2u) << "other strides";
  setRows(101, 128);
  Launches launches = prepared();
  EXPECT_EQ(fakeCuda().tensorMaps.size(), 3u) << "another extent";
  ASSERT_EQ(run(launches), "");
  EXPECT_EQ(valueOf<uint64_t>(fakeCuda().launches[0].params[0].substr(0, 8)),
            3u);
}

TEST_F(RunTest, EncodesMapsOfOneRowAndOfNone) {
  setRows(1, 7); // along one row nobody steps
  prepared();
  EXPECT_EQ(fakeCuda().tensorMap.dims, (std::vector<uint64_t>{64, 1}));
  EXPECT_EQ(fakeCuda().tensorMap.strideBytes[0] % 16, 0u);
  setRows(0);
  x.data = nullptr;
  Launches launches = prepared();
  EXPECT_EQ(fakeCuda().tensorMaps.size(), 1u);
  takeCalls();
  ASSERT_EQ(run(launches, 256), "");
  EXPECT_EQ(takeCalls(), (Calls{"cuCtxSetCurrent #1", "cuCtxSetCurrent #0"}))
      << "empty grids are not launched, and nothing is filled";
}

TEST_F(RunTest, FollowsTheWorkspace) {
  Launches launches = prepared();
  ASSERT_EQ(run(launches), "");
  ASSERT_EQ(launches.run(stream, workspace + 1024, 512).message(),
            std::string());
  EXPECT_EQ(valueOf<void *>(fakeCuda().launch.params[0]), workspace + 1024);
}

TEST_F(RunTest, SaysWhatItNeedsOfMemory) {
  Launches launches = prepared();
  EXPECT_EQ(launches.workspace().least, 512);
  EXPECT_EQ(launches.workspace().best, 1536);
  takeCalls();
  char text[128];
  std::snprintf(text, sizeof(text), "0x%llx", (unsigned long long)workspace);
  EXPECT_EQ(run(launches, 511),
            "f: the workspace is 511 bytes at address " + std::string(text) +
                "; pass 512 bytes at least, of the device's memory, at a "
                "multiple of 256");
  EXPECT_TRUE(launches.run(stream, workspace + 16, 2048));
  EXPECT_TRUE(launches.run(stream, nullptr, 2048));
  EXPECT_TRUE(launches.run(stream, nullptr, 0));
  EXPECT_EQ(takeCalls(), Calls{});
}

TEST_F(RunTest, ChoosesByTheWorkspaceThatIsGranted) {
  reopen({.choosesByWorkspace = true});
  setRows(12); // 1,536 bytes
  Launches launches = prepared();
  ASSERT_EQ(run(launches, 1536), "");
  EXPECT_EQ(fakeCuda().launch.function, fakeHandle<FunctionHandle>(102));
  takeCalls();
  ASSERT_EQ(run(launches, 1024), "");
  EXPECT_EQ(fakeCuda().launch.function, fakeHandle<FunctionHandle>(103));
  EXPECT_EQ(takeCalls(), (Calls{"cuCtxSetCurrent #1", "cuMemsetD32Async #5",
                                "cuLaunchKernelEx #101",
                                "cuLaunchKernelEx #103", "cuCtxSetCurrent #0"}))
      << "both were loaded when it was prepared";
}

TEST_F(RunTest, LaunchesClusters) {
  reopen({.cluster = 2});
  Launches launches = prepared();
  ASSERT_EQ(run(launches), "");
  EXPECT_EQ(fakeCuda().launch.cluster, 2);
}

TEST_F(RunTest, RefusesCallsThatDoNotFit) {
  args.pop_back();
  EXPECT_EQ(refusal(), "f: 2 arguments, 3 are accepted; pass one for each "
                       "parameter");
  args.push_back(&scale);
  x.dims[1] = 32;
  EXPECT_NE(refusal().find("'x' has 32 in dim 1"), std::string::npos);
  setRows(100, 70);
  EXPECT_EQ(refusal(),
            "f: tensor map of x: the stride of dimension 1 is 140 bytes, not a "
            "multiple of 16: pad the rows, or copy the tensor");
}

TEST_F(RunTest, LooksAtPointersWhereAsked) {
  EXPECT_EQ(refusal(), "") << "otherwise they are believed";
  auto at = [](const void *memory) {
    return reinterpret_cast<DevicePointer>(memory);
  };
  EXPECT_EQ(refusal(TESSERA_CHECK_POINTERS),
            "f: 'x' is memory of the host, memory of GPU 0 is accepted; copy "
            "it there, or find the program for another context");
  fakeCuda().pointers = {{at(xs), {}}, {at(ys), {kDeviceMemory, 1}}};
  EXPECT_EQ(refusal(TESSERA_CHECK_POINTERS),
            "f: 'y' is memory of GPU 1, memory of GPU 0 is accepted; copy it "
            "there, or find the program for another context");
  fakeCuda().pointers[at(ys)] = {/*type=*/1, 0};
  EXPECT_NE(refusal(TESSERA_CHECK_POINTERS).find("'y' is memory of the host"),
            std::string::npos);
  fakeCuda().pointers[at(ys)] = {};
  EXPECT_EQ(refusal(TESSERA_CHECK_POINTERS), "");
  setRows(0);
  x.data = y.data = nullptr;
  EXPECT_EQ(refusal(TESSERA_CHECK_POINTERS), "") << "empty tensors have none";
}

TEST_F(RunTest, LoadsNothingDuringACapture) {
  fakeCuda().captureStatus = 1;
  EXPECT_EQ(
      refusal(),
      "f: kernel 'pool' would be loaded while a stream is captured; call "
      "tessera_program_warm(), or run it once, before the capture begins");
  fakeCuda().captureStatus = 0;
  fakeCuda().failures["cuStreamIsCapturing"] = Result::CaptureImplicit;
  EXPECT_NE(refusal().find("while a stream is captured"), std::string::npos);
  fakeCuda().failures.clear();
  fakeCuda().failures["cuModuleLoadDataEx"] = Result::CaptureUnsupported;
  EXPECT_NE(refusal().find("tessera_program_warm()"), std::string::npos);
  fakeCuda().failures.clear();
  ASSERT_EQ(tessera_program_warm(find()), nullptr);
  fakeCuda().captureStatus = 1;
  takeCalls();
  Launches launches = prepared();
  ASSERT_EQ(run(launches), "");
  EXPECT_EQ(takeCalls(),
            (Calls{"cuCtxSetCurrent #1", "cuTensorMapEncodeTiled",
                   "cuCtxSetCurrent #0", "cuCtxSetCurrent #1",
                   "cuMemsetD32Async #5", "cuLaunchKernelEx #101",
                   "cuLaunchKernelEx #102", "cuCtxSetCurrent #0"}));
}

TEST_F(RunTest, PassesOnWhatTheDriverSays) {
  Launches launches = prepared();
  fakeCuda().failures["cuLaunchKernelEx"] = Result::LaunchFailed;
  EXPECT_EQ(run(launches),
            "cuLaunchKernelEx failed launching kernel 'pool' of f, 2 x 1 x 1 "
            "CTAs of 128 threads and 1000 bytes of shared memory, on GPU 0: "
            "CUDA_ERROR_LAUNCH_FAILED, the driver's text (719); the GPU "
            "context is lost: start the process again, under compute-sanitizer "
            "to see where");
  EXPECT_EQ(fakeCuda().current, nullptr) << "the caller's context is back";
  fakeCuda().failures = {{"cuMemsetD32Async", Result::InvalidValue}};
  EXPECT_NE(run(launches).find("zeroing 8 bytes for f on GPU 0"),
            std::string::npos);
}

TEST_F(RunTest, SaysWhichKernelDoesNotFit) {
  fakeCuda().deviceAttributes[97] = 500;
  EXPECT_NE(refusal().find("kernel 'pool' wants 1000 bytes"),
            std::string::npos);
}

TEST_F(RunTest, ReportsWhatKernelsFind) {
  EXPECT_FALSE(context->status()) << "nothing was asked to look";
  setRows(4096);
  Launches launches = prepared();
  fakeCuda().onLaunch = [](const FakeLaunch &launch) {
    if (launch.function == fakeHandle<FunctionHandle>(103))
      *valueOf<int32_t *>(launch.params[1]) = 42;
  };
  EXPECT_FALSE(context->status());
  ASSERT_EQ(run(launches), "");
  EXPECT_STREQ(context->status(stream).message(),
               "a kernel on GPU 0 has found input that is not accepted, number "
               "42; check what the tensors of the call hold, on the host");
  EXPECT_FALSE(context->status(stream)) << "said once";
}

TEST_F(RunTest, KeepsTheLibraryForItsLaunches) {
  Launches launches = prepared();
  library = rt::makeError(TESSERA_INTERNAL, "closed");
  takeCalls();
  ASSERT_EQ(run(launches), "");
  {
    Launches last = std::move(launches);
  }
  Calls calls = takeCalls();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "cuModuleUnload #2"), 1);
}

TEST_F(RunTest, ServesEightThreadsOnOneContext) {
  constexpr int kThreads = 8, kCalls = 50;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      alignas(256) unsigned char own[2048];
      for (int call = 0; call < kCalls; ++call) {
        tessera_tensor mine = x;
        mine.dims[0] = 65 + (i + call) % 64;
        void *arguments[] = {&mine, &y, &scale};
        auto program = library->find(*context, {"f", {}});
        auto launches = Launches::prepare(*program, arguments);
        if (!launches || launches->run(stream, own, sizeof(own)))
          ++failures;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(fakeCuda().launches.size(), size_t(2 * kThreads * kCalls));
  Calls calls = takeCalls();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "cuModuleLoadDataEx #2"), 1);
}
