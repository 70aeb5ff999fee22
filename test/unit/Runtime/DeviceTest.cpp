// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record written by hand on a real GPU: steps of each kind, a captured graph,
// maps of broadcast, of one row and of none, and what calls cost the host. On
// any other machine, that there is no GPU.
#include "DeviceRecord.h"

#include "tessera/Driver/Memory.h"
#include "tessera/Driver/Module.h"
#include "tessera/Driver/Stream.h"
#include "tessera/Runtime/Program.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <dlfcn.h>

using namespace tessera;
using driver::DeviceBuffer;
using driver::DevicePointer;
using rt::Error;

#define REQUIRE(condition)                                                     \
  if (!static_cast<bool>(condition))                                           \
  return rt::makeError(TESSERA_INTERNAL, "line %d: not so: %s", __LINE__,      \
                       #condition)
#define TRY(call)                                                              \
  if (Error error = (call))                                                    \
  return error
// A name that is declared takes no parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define TAKE(name, call)                                                       \
  auto name = (call);                                                          \
  if (!(name))                                                                 \
  return (name).takeError()
// NOLINTEND(bugprone-macro-parentheses)

//===----------------------------------------------------------------------===//
// Running it
//===----------------------------------------------------------------------===//

namespace {

/// Memory of a call, on both sides.
struct Memory {
  static rt::Expected<Memory> make(const driver::Context &context) {
    size_t bytes = sizeof(float[kRows * kColumns]);
    auto x = DeviceBuffer::allocate(context, bytes);
    auto y = DeviceBuffer::allocate(context, bytes);
    auto workspace = DeviceBuffer::allocate(context, 768);
    if (!x)
      return x.takeError();
    if (!y)
      return y.takeError();
    if (!workspace)
      return workspace.takeError();
    return Memory{std::move(*x), std::move(*y), std::move(*workspace)};
  }
  tessera_tensor tensor(const DeviceBuffer &buffer, int64_t rows) const {
    return {std::bit_cast<void *>(buffer.address()),
            TESSERA_F32,
            2,
            {rows, kColumns},
            {kColumns, 1}};
  }
  void *space() const { return std::bit_cast<void *>(workspace.address()); }

  DeviceBuffer x, y, workspace;
};

class Runner {
public:
  Runner(const driver::Context &primary, const Memory &memory,
         tessera_program *program)
      : primary(primary), memory(memory), program(program) {}

  rt::Expected<Launches> prepare(int64_t rows, float factor) const {
    tessera_tensor x = memory.tensor(memory.x, rows),
                   y = memory.tensor(memory.y, rows);
    void *args[] = {&x, &y, &factor};
    return Launches::prepare(program, args, TESSERA_CHECK_POINTERS, stream);
  }
  Error clear() {
    for (int64_t i = 0; i < kRows * kColumns; ++i)
      host[i] = float(i);
    TRY(memory.x.copyFrom(std::as_bytes(std::span(host)), stream));
    TRY(memory.y.fill(std::byte(0xff), stream));
    return memory.workspace.fill(std::byte(0xff), stream);
  }
  /// What calls of so many rows and by such factors leave behind, the last
  /// first.
  struct Done {
    int64_t rows;
    float factor;
  };
  Error expect(std::initializer_list<Done> calls) const;
  Error expectRefusals() const;
  void *space() const { return memory.space(); }
  Error measure() const;

  driver::StreamHandle stream = nullptr;

private:
  const driver::Context &primary;
  const Memory &memory;
  tessera_program *program;
  float host[kRows * kColumns];
};

} // namespace

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

/// Host time of `body`, in ns a call; the GPU keeps up with what is enqueued.
template <typename Body>
static double time(Body body) {
  constexpr int kCalls = 200;
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kCalls; ++i)
      body();
    std::chrono::duration<double, std::nano> passed =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, passed.count() / kCalls);
  }
  return best;
}

Error Runner::measure() const {
  TAKE(launches, prepare(kRows, 1));
  TAKE(module, driver::Module::loadPtx(primary, kDeviceKernels));
  TAKE(mark, module->kernel("mark"));
  DevicePointer address = memory.workspace.address();
  int32_t value = 0;
  const void *params[] = {&address, &value};
  driver::Current current(primary);
  tessera_tensor x = memory.tensor(memory.x, kRows),
                 y = memory.tensor(memory.y, kRows);
  float factor = 1;
  void *args[] = {&x, &y, &factor};
  Error failure;
  auto keep = [&](Error error) {
    if (error)
      failure = std::move(error);
  };
  double launch =
      time([&] { keep(mark->launch(stream, driver::LaunchShape(), params)); });
  TRY(driver::synchronize(primary, stream));
  double run = time([&] { keep(launches->run(stream, memory.space(), 768)); });
  TRY(driver::synchronize(primary, stream));
  double prepared =
      time([&] { keep(Launches::prepare(program, args).takeError()); });
  double asked = time([&] {
    keep(Launches::prepare(program, args, TESSERA_CHECK_POINTERS).takeError());
  });
  std::printf("  host time: launch of one kernel %.0f ns; run of a fill, a "
              "copy and three kernels %.0f ns; prepare %.0f ns, with two "
              "pointers looked at %.0f ns\n",
              launch, run, prepared, asked);
  return failure;
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
  Error first = launches->run(runner.stream, runner.space(), 768);
  Error second = again ? again->run(runner.stream, runner.space(), 768)
                       : again.takeError();
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

static Error testGpu(const driver::Driver &driver) {
  TAKE(primary, driver::Context::retain(driver, 0));
  TAKE(context, Context::gpu(0));
  std::printf("%s, %d multiprocessors\n", context->name(),
              context->multiprocessors());
  TAKE(properties, primary->properties());
  REQUIRE(context->multiprocessors() == properties->multiprocessors);
  program::BundleWriter writer;
  DeviceRecord(writer).build();
  std::vector<std::byte> bytes = writer.write();
  TAKE(library, Library::openBytes(bytes));
  TAKE(program, library->find(*context, {"f", {}}));
  TAKE(memory, Memory::make(*primary));
  TAKE(stream, driver::Stream::create(*primary));
  Runner runner(*primary, *memory, *program);
  runner.stream = stream->handle();

  TRY(testLoadInCapture(*primary, runner));
  TRY(Error(tessera_program_warm(*program)));
  for (int64_t rows : {kRows, int64_t(6), int64_t(1)}) {
    TRY(runner.clear());
    TAKE(launches, runner.prepare(rows, 2));
    TRY(launches->run(runner.stream, memory->space(), 768));
    TRY(runner.expect({{rows, 2}}));
    Error status = context->status(runner.stream);
    REQUIRE(bool(status) == (rows < 4));
  }
  TRY(testCapture(*primary, runner));
  char *text = nullptr;
  TAKE(launches, runner.prepare(kRows, 1));
  TRY(Error(tessera_program_explain(*program, launches->get(), TESSERA_WORDS,
                                    &text)));
  std::printf("%s", text);
  tessera_text_destroy(text);
  TRY(runner.expectRefusals());
  return runner.measure();
}

int main() {
  auto driver = driver::Driver::open();
  if (!driver) {
    std::printf("no GPU: %s\n", driver.error().message());
    auto context = Context::gpu(0);
    return !context && context.error().code() == TESSERA_NO_GPU ? 0 : 1;
  }
  Error error = testGpu(**driver);
  std::printf("%s\n", error ? error.message() : "all is well");
  return error ? 1 : 0;
}
