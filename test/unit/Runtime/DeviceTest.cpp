// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record written by hand on each real GPU: steps of each kind, a captured
// graph, maps of broadcast, of one row and of none, and what calls cost the host;
// where there are two GPUs, both at once. On any other machine, that there is
// none.
#include "DeviceRunner.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <dlfcn.h>
#include <memory>
#include <pthread.h>

using namespace tessera;

//===----------------------------------------------------------------------===//
// Running it
//===----------------------------------------------------------------------===//

Error Runner::expect(std::initializer_list<Done> calls) const {
  int64_t rows = calls.begin()->rows;
  float y[kRows * kColumns], space[768 / sizeof(float)];
  TRY(memory.y.copyTo(std::as_writable_bytes(std::span(y)), stream));
  TRY(memory.workspace.copyTo(std::as_writable_bytes(std::span(space)),
                              stream));
  TRY(driver::synchronize(primary, stream));
  for (int64_t i = 0; i < kRows * kColumns; ++i) {
    const Done *call = std::ranges::find_if(
        calls, [&](const Done &done) { return i < done.rows * kColumns; });
    REQUIRE(call == calls.end() ? std::isnan(y[i])
                                : y[i] == call->factor * float(i));
  }
  constexpr int64_t kFirst = 4 * kColumns, kNext = 256 / sizeof(float);
  for (int64_t i = 0; i < kBox; ++i) {
    REQUIRE(space[i] == (kFirst + i < rows * kColumns ? float(kFirst + i) : 0));
    REQUIRE(space[kNext + i] == float(i % kColumns));
    REQUIRE(space[2 * kNext + i] == 0);
  }
  return Error();
}

Error Runner::expectRefusals() const {
  float onHost[kColumns];
  tessera_tensor x{onHost, TESSERA_F32, 2, {1, kColumns}, {kColumns, 1}},
      y = memory.tensor(memory.y, 1);
  float factor = 1;
  void *args[] = {&x, &y, &factor};
  auto refused = Launches::prepare(program, args, TESSERA_CHECK_POINTERS);
  REQUIRE(!refused);
  std::printf("  %s\n", refused.error().message());
  return Error();
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

namespace {

/// A part of the driver that a caller has, and the library has no need of.
struct GraphFunctions {
  template <typename T>
  static T *find(const char *name) {
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    return reinterpret_cast<T *>(library ? dlsym(library, name) : nullptr);
  }
  using Stream = driver::StreamHandle;
  int (*begin)(Stream, int) = find<int(Stream, int)>("cuStreamBeginCapture_v2");
  int (*end)(Stream,
             void **) = find<int(Stream, void **)>("cuStreamEndCapture");
  int (*instantiate)(void **, void *, unsigned long long) =
      find<int(void **, void *, unsigned long long)>(
          "cuGraphInstantiateWithFlags");
  int (*launch)(void *, Stream) = find<int(void *, Stream)>("cuGraphLaunch");
};

constexpr int kGlobalCapture = 0; // the strictest mode

} // namespace

static Error testCapture(const driver::Context &primary, Runner &runner) {
  GraphFunctions f;
  driver::Current current(primary);
  TAKE(launches, runner.prepare(kRows, 3));
  REQUIRE(f.begin(runner.stream, kGlobalCapture) == 0);
  // As every step does, also the preparation of a call whose code is there.
  rt::Expected<Launches> again = runner.prepare(500, 5);
  Error first = runner.run(*launches);
  Error second = again ? runner.run(*again) : again.takeError();
  void *graph = nullptr, *executable = nullptr;
  REQUIRE(f.end(runner.stream, &graph) == 0);
  TRY(std::move(first));
  TRY(std::move(second));
  REQUIRE(f.instantiate(&executable, graph, 0) == 0);
  TRY(runner.clear());
  REQUIRE(f.launch(executable, runner.stream) == 0);
  // Of the second run, 500 rows; the first had filled the others.
  return runner.expect({{500, 5}, {kRows, 3}});
}

static Error testLoadInCapture(const driver::Context &primary, Runner &runner) {
  GraphFunctions f;
  driver::Current current(primary);
  REQUIRE(f.begin(runner.stream, kGlobalCapture) == 0);
  rt::Expected<Launches> refused = runner.prepare(kRows, 1);
  void *graph = nullptr;
  REQUIRE(f.end(runner.stream, &graph) == 0); // it has not been given up
  REQUIRE(!refused);
  std::printf("  %s\n", refused.error().message());
  return Error();
}

//===----------------------------------------------------------------------===//
// GPUs
//===----------------------------------------------------------------------===//

static Error testCalls(Runner &runner, Context &context) {
  for (int64_t rows : {kRows, int64_t(6), int64_t(1)}) {
    TRY(runner.clear());
    TAKE(launches, runner.prepare(rows, 2));
    TRY(runner.run(*launches));
    TRY(runner.expect({{rows, 2}}));
    Error status = context.status(runner.stream);
    REQUIRE(bool(status) == (rows < 4));
  }
  return Error();
}

static Error testExplanation(const Runner &runner, tessera_program *program) {
  char *text = nullptr;
  TAKE(launches, runner.prepare(kRows, 1));
  TRY(Error(
      tessera_program_explain(program, launches->get(), TESSERA_WORDS, &text)));
  std::printf("%s", text);
  tessera_text_destroy(text);
  return Error();
}

namespace {

/// One GPU of the process, and the library's program for it.
class Gpu {
public:
  static rt::Expected<Gpu *> make(const driver::Driver &driver,
                                  Library &library, int32_t ordinal) {
    TAKE(primary, driver::Context::retain(driver, ordinal));
    TAKE(context, Context::gpu(ordinal));
    TAKE(program, library.find(*context, {"f", {}}));
    TAKE(memory, Memory::make(*primary));
    TAKE(stream, driver::Stream::create(*primary));
    return new Gpu(library, std::move(*primary), std::move(*context), *program,
                   std::move(*memory), std::move(*stream));
  }
  Error test();
  /// Many calls, each looked at.
  Error testOften();
  /// What testOften() gave.
  Error outcome;

  Runner runner;

private:
  Gpu(Library &library, driver::Context primary, Context context,
      tessera_program *program, Memory memory, driver::Stream stream)
      : runner(this->primary, this->memory, program), library(library),
        primary(std::move(primary)), context(std::move(context)),
        program(program), memory(std::move(memory)), stream(std::move(stream)) {
    runner.stream = this->stream.handle();
  }

  Library &library;
  driver::Context primary;
  Context context;
  tessera_program *program;
  Memory memory;
  driver::Stream stream;
};

} // namespace

Error Gpu::test() {
  std::printf("%s, %d multiprocessors\n", context.name(),
              context.multiprocessors());
  TAKE(properties, primary.properties());
  REQUIRE(context.multiprocessors() == properties->multiprocessors);
  TRY(testLoadInCapture(primary, runner));
  TRY(Error(tessera_program_warm(program)));
  TRY(testCalls(runner, context));
  TRY(testCapture(primary, runner));
  TRY(testExplanation(runner, program));
  TRY(runner.expectRefusals());
  TRY(testShare(runner, library));
  return measureHostTime(runner, library, context);
}

Error Gpu::testOften() {
  for (int i = 0; i < 100; ++i)
    TRY(testCalls(runner, context));
  return Error();
}

/// From one thread in turns, then from a thread each.
static Error testTogether(Gpu &first, Gpu &second) {
  TRY(first.runner.clear());
  TRY(second.runner.clear());
  TAKE(one, first.runner.prepare(kRows, 3));
  TAKE(other, second.runner.prepare(500, 5));
  TRY(first.runner.run(*one));
  TRY(second.runner.run(*other));
  TRY(first.runner.expect({{kRows, 3}}));
  TRY(second.runner.expect({{500, 5}}));
  auto body = [](void *gpu) -> void * {
    auto *mine = static_cast<Gpu *>(gpu);
    mine->outcome = mine->testOften();
    return nullptr;
  };
  pthread_t thread;
  REQUIRE(pthread_create(&thread, nullptr, body, &second) == 0);
  body(&first);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  TRY(std::move(first.outcome));
  TRY(std::move(second.outcome));
  std::printf("two GPUs at once\n");
  return Error();
}

static Error testGpus(const driver::Driver &driver) {
  program::BundleWriter writer;
  DeviceRecord(writer).build();
  std::vector<std::byte> bytes = writer.write();
  TAKE(library, Library::openBytes(bytes));
  TAKE(count, driver.deviceCount());
  std::vector<std::unique_ptr<Gpu>> gpus;
  for (int32_t ordinal = 0; ordinal < *count; ++ordinal) {
    TAKE(gpu, Gpu::make(driver, *library, ordinal));
    gpus.emplace_back(*gpu);
    TRY(gpus.back()->test());
  }
  if (gpus.size() < 2)
    return Error();
  return testTogether(*gpus[0], *gpus[1]);
}

int main() {
  auto driver = driver::Driver::open();
  if (!driver) {
    std::printf("no GPU: %s\n", driver.error().message());
    auto context = Context::gpu(0);
    return !context && context.error().code() == TESSERA_NO_GPU ? 0 : 1;
  }
  Error error = testGpus(**driver);
  std::printf("%s\n", error ? error.message() : "all is well");
  return error ? 1 : 0;
}
