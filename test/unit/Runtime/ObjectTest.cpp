// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the entries of a linked object call: on the host without more ado, on a
// GPU with what earlier calls have left.
#include "ProgramFixture.h"

#include "tessera/Program/Bundle.h"

#include <thread>

using namespace tessera;
using driver::Calls;
using driver::fakeHandle;
using driver::StreamHandle;

namespace {

void *const *passed;
tessera_error *callOnHost(void *const *args) {
  passed = args;
  return nullptr;
}

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}
bool isLoad(const std::string &call) { return has(call, "cuModuleLoad"); }

/// The function f of a fake GPU and of the host, as a compiler emits it.
class ObjectTest : public ProgramTest {
protected:
  ObjectTest() {
    setRows(100);
    fill(Recipe(), callOnHost);
  }

  ~ObjectTest() override { leave(); }

  /// What is opened stays until the process ends; something must know it.
  void leave() {
    static auto &left = *new std::vector<void *>; // also while leaks are sought
    left.push_back(std::exchange(function.state, nullptr));
  }

  /// Host code of null: there is none.
  void fill(const Recipe &recipe, tessera_object_call *call) {
    program::BundleWriter writer;
    record = RecordBuilder(writer, recipe).build();
    std::vector<std::byte> written = writer.write();
    bytes.assign(written.size() / 8 + 1, 0);
    std::memcpy(bytes.data(), written.data(), written.size());
    auto opened = program::Bundle::open(
        std::as_bytes(std::span(bytes)).first(written.size()));
    ASSERT_TRUE(opened) << opened.error().message();
    images.clear();
    imageBytes.clear();
    for (const program::Image &image : record.program().images()) {
      images.push_back(opened->image(image.hash).data());
      imageBytes.push_back(opened->image(image.hash).size());
    }
    rows[0] = {record.bytes().data(),
               record.bytes().size(),
               images.data(),
               imageBytes.data(),
               nullptr,
               nullptr};
    rows[1] = rows[0];
    rows[1].call = call;
    table = {sizeof(table), sizeof(rows[0]), call ? 2u : 1u, rows};
    leave();
  }

  std::string run(tessera_context *where, size_t workspaceBytes = 2048) {
    return rt::Error(tessera_rt_run(&function, where, stream, workspace,
                                    workspaceBytes, args.data()))
        .message();
  }

  program::Record record;
  std::vector<uint64_t> bytes;
  std::vector<const void *> images;
  std::vector<size_t> imageBytes;
  tessera_object_program rows[2];
  tessera_object_table table;
  tessera_object_function function{&table, nullptr};
  StreamHandle stream = fakeHandle<StreamHandle>(5);
};

} // namespace

TEST_F(ObjectTest, RunsOnTheHost) {
  auto host = Context::host();
  ASSERT_TRUE(host);
  takeCalls();
  for (tessera_context *where : {(tessera_context *)nullptr, host->get()}) {
    passed = nullptr;
    EXPECT_EQ(run(where), "");
    EXPECT_EQ(passed, args.data()) << "the arguments as they are";
    int64_t least = 1, best = 1;
    EXPECT_FALSE(rt::Error(
        tessera_rt_workspace(&function, where, args.data(), &least, &best)));
    EXPECT_EQ(least, 0);
    EXPECT_EQ(best, 0);
  }
  EXPECT_EQ(function.state, nullptr) << "nothing was opened";
  EXPECT_EQ(takeCalls(), Calls());
}

TEST_F(ObjectTest, WithoutHostCodeSaysSo) {
  fill(Recipe(), nullptr);
  const std::string expected =
      "f: the object has no code for the host, it is for sm_90a; pass a "
      "context of such a GPU, or compile with --target host,sm_90a";
  EXPECT_EQ(run(nullptr), expected);
  int64_t least = 1, best = 1;
  EXPECT_EQ(rt::Error(tessera_rt_workspace(&function, nullptr, args.data(),
                                           &least, &best))
                .message(),
            expected);
  EXPECT_EQ(least, 0);
}

TEST_F(ObjectTest, PreparesACallOnce) {
  ASSERT_EQ(run(context->get()), "");
  takeCalls();
  ASSERT_EQ(run(context->get()), "");
  const Calls enqueued = {"cuCtxSetCurrent #1", "cuMemsetD32Async #5",
                          "cuLaunchKernelEx #101", "cuLaunchKernelEx #102",
                          "cuCtxSetCurrent #0"};
  EXPECT_EQ(takeCalls(), enqueued) << "as a run of prepared launches";
  setRows(200);
  ASSERT_EQ(run(context->get()), "");
  Calls calls = takeCalls();
  EXPECT_EQ(std::count_if(calls.begin(), calls.end(), isLoad), 0);
  setRows(100);
  ASSERT_EQ(run(context->get()), "");
  EXPECT_EQ(takeCalls(), enqueued) << "the earlier call is known still";
}

TEST_F(ObjectTest, ReadsScalarsAtEachCall) {
  for (float value : {0.5f, 2.0f}) {
    scale = value;
    ASSERT_EQ(run(context->get()), "");
    float found = 0;
    std::memcpy(&found, fakeCuda().launches.back().params[2].data(),
                sizeof(found));
    EXPECT_EQ(found, value);
  }
}

TEST_F(ObjectTest, SaysTheWorkspaceAndLoads) {
  int64_t least = -1, best = -1;
  ASSERT_FALSE(rt::Error(tessera_rt_workspace(&function, context->get(),
                                              args.data(), &least, &best)));
  Launches launches = [&] {
    open({Recipe()});
    return prepared();
  }();
  EXPECT_EQ(least, launches.workspace().least);
  EXPECT_EQ(best, launches.workspace().best);
  takeCalls();
  fakeCuda().captureStatus = 1;
  EXPECT_EQ(run(context->get()), "") << "in a capture, too";
}

TEST_F(ObjectTest, RefusesAFirstLoadInACapture) {
  fakeCuda().captureStatus = 1;
  EXPECT_PRED2(has, run(context->get()), "would be loaded while a stream");
  fakeCuda().captureStatus = 0;
  EXPECT_EQ(run(context->get()), "") << "nothing is broken";
}

TEST_F(ObjectTest, ChecksEveryCall) {
  ASSERT_EQ(run(context->get()), "");
  EXPECT_PRED2(has, run(context->get(), 8), "the workspace is 8 bytes");
  x.dims[1] = 63;
  EXPECT_PRED2(has, run(context->get()), "'x' has 63");
  x.dims[1] = 64;
  args[0] = nullptr;
  EXPECT_PRED2(has, run(context->get()), "'x'");
}

TEST_F(ObjectTest, NamesWhatItIsFor) {
  Recipe other;
  other.chip = "sm_100a";
  fill(other, nullptr);
  EXPECT_PRED2(has, run(context->get()),
               "f for sm_100a: is for sm_100a, GPU 0 is sm_90");
  fill(Recipe(), callOnHost);
  table.struct_size = 8;
  EXPECT_PRED2(has, run(context->get()), "compile the object again");
  EXPECT_EQ(function.state, nullptr);
}

TEST_F(ObjectTest, ServesEightThreadsFromTheFirstCallOn) {
  constexpr int kThreads = 8, kRuns = 50;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      alignas(256) unsigned char own[2048];
      for (int call = 0; call < kRuns; ++call) {
        tessera_tensor mine = x;
        mine.dims[0] = 65 + (i + call) % 64;
        void *arguments[] = {&mine, &y, &scale};
        if (rt::Error(tessera_rt_run(&function, context->get(), stream, own,
                                     sizeof(own), arguments)))
          ++failures;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(fakeCuda().launches.size(), size_t(2 * kThreads * kRuns));
  Calls calls = takeCalls();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "cuModuleLoadDataEx #2"), 1);
}
