// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On a machine with a GPU, every part of the library with the real driver; on
// any other, that it says why not. It uses no symbol of the C++ library, and is
// linked without it.
#include "DeviceChecks.h"
#include "DeviceKernels.h"

#include "tessera/Driver/Memory.h"
#include "tessera/Driver/Module.h"
#include "tessera/Driver/Stream.h"
#include "tessera/Driver/TensorMap.h"

#include <cstdio>
#include <cstring>

using namespace tessera;
using namespace tessera::driver;

/// x[i] *= factor for i < count, by way of the last word of shared memory.
static constexpr std::string_view kScale = R"(
.version 8.0
.target sm_80
.address_size 64
.extern .shared .align 16 .b8 scratch[];
.visible .entry scale(.param .u64 x, .param .f32 factor, .param .u32 count) {
  .reg .pred %p<1>;
  .reg .b32 %r<6>;
  .reg .f32 %f<3>;
  .reg .b64 %rd<3>;
  mov.u32 %r0, %ctaid.x;
  mov.u32 %r1, %ntid.x;
  mov.u32 %r2, %tid.x;
  mad.lo.u32 %r3, %r0, %r1, %r2;
  ld.param.u32 %r4, [count];
  setp.ge.u32 %p0, %r3, %r4;
  @%p0 bra END;
  ld.param.u64 %rd0, [x];
  cvta.to.global.u64 %rd0, %rd0;
  mul.wide.u32 %rd1, %r3, 4;
  add.u64 %rd0, %rd0, %rd1;
  ld.global.f32 %f0, [%rd0];
  ld.param.f32 %f1, [factor];
  mul.f32 %f2, %f0, %f1;
  mov.u32 %r5, %dynamic_smem_size;
  st.shared.f32 [%r5 + -4], %f2;
  st.global.f32 [%rd0], %f2;
END:
  ret;
}
)";

static Error testProperties(const Context &context) {
  TAKE(p, context.properties());
  std::printf("%s, sm_%d%d, %d SMs at %d MHz, %lld MiB of L2, %lld bytes of "
              "shared memory a block, driver for CUDA %d.%d\n",
              p->name, p->major, p->minor, p->multiprocessors,
              p->clockKilohertz / 1000,
              static_cast<long long>(p->l2Bytes >> 20),
              static_cast<long long>(p->sharedBytesPerBlock),
              p->driverVersion / 1000, p->driverVersion % 1000 / 10);
  REQUIRE(p->name[0] && p->major >= 8 && p->multiprocessors > 0);
  REQUIRE(p->clockKilohertz > 0 && p->l2Bytes > 0);
  REQUIRE(p->sharedBytesPerBlock > 48 * 1024);
  return Error();
}

static Error testLaunch(const Context &context) {
  constexpr uint32_t kCount = 1000, kThreads = 256;
  constexpr int32_t kSharedBytes = 64 * 1024; // needs the opt-in
  TAKE(module, Module::loadPtx(context, kScale));
  TAKE(kernel, module->kernel("scale"));
  TRY(kernel->setMaxDynamicSharedBytes(kSharedBytes));
  TAKE(attributes, kernel->attributes());
  REQUIRE(attributes->registers > 0 && attributes->maxThreads >= 256);
  REQUIRE(attributes->localBytes == 0 && attributes->staticSharedBytes == 0);
  REQUIRE(attributes->maxDynamicSharedBytes == kSharedBytes);
  TAKE(resident,
       kernel->maxActiveBlocksPerMultiprocessor(kThreads, kSharedBytes));
  REQUIRE(*resident >= 1 && *resident <= 3);

  TAKE(stream, Stream::create(context));
  TAKE(start, Event::create(context));
  TAKE(end, Event::create(context));
  TAKE(buffer, DeviceBuffer::allocate(context, kCount * sizeof(float)));
  float host[kCount];
  for (uint32_t i = 0; i < kCount; ++i)
    host[i] = float(i);
  TRY(buffer->copyFrom(std::as_bytes(std::span(host)), stream->handle()));
  const DevicePointer x = buffer->address();
  const float factor = 3;
  const uint32_t count = kCount - 1;
  const void *params[] = {&x, &factor, &count};
  LaunchShape shape;
  shape.grid[0] = (kCount + kThreads - 1) / kThreads;
  shape.block[0] = kThreads;
  shape.dynamicSharedBytes = kSharedBytes;
  TRY(start->record(stream->handle()));
  TRY(kernel->launch(stream->handle(), shape, params));
  TRY(end->record(stream->handle()));
  TRY(buffer->copyTo(std::as_writable_bytes(std::span(host)),
                     stream->handle()));
  TRY(stream->synchronize());
  TAKE(milliseconds, end->millisecondsSince(*start));
  REQUIRE(*milliseconds > 0 && *milliseconds < 1000);
  for (uint32_t i = 0; i < kCount; ++i)
    REQUIRE(host[i] == (i + 1 < kCount ? 3 * float(i) : float(i)));

  shape.dynamicSharedBytes = kSharedBytes + 16; // more than was allowed
  Error tooMuch = kernel->launch(stream->handle(), shape, params);
  REQUIRE(tooMuch);
  std::printf("as expected: %s\n", tooMuch.message());
  return Error();
}

static Error testBadPtx(const Context &context) {
  auto bad = Module::loadPtx(context, ".version 8.0\n.target sm_80\n"
                                      ".address_size 64\n.visible .entry f() "
                                      "{ nonsense; }\n");
  REQUIRE(!bad);
  std::printf("as expected: %s\n", bad.error().message());
  REQUIRE(std::strstr(bad.error().message(), "the assembler's words"));
  REQUIRE(!std::strchr(bad.error().message(), '\n'));
  return Error();
}

static Error testTensorMap(const Context &context) {
  TAKE(p, context.properties());
  if (p->major < 9)
    return Error(); // no copy engine
  constexpr uint32_t kColumns = 8, kRows = 6, kBoxRows = 4, kFirstRow = 4;
  TAKE(tensor, DeviceBuffer::allocate(context, sizeof(float[kRows][kColumns])));
  TAKE(out, DeviceBuffer::allocate(context, sizeof(float[kBoxRows][kColumns])));
  float host[kRows][kColumns], box[kBoxRows][kColumns];
  for (uint32_t i = 0; i < kRows * kColumns; ++i)
    host[i / kColumns][i % kColumns] = float(i + 1);
  TRY(tensor->copyFrom(std::as_bytes(std::span(host)), nullptr));
  TRY(out->fill(std::byte(0xff), nullptr));

  TensorMapSpec spec;
  spec.name = "a test";
  spec.dtype = TESSERA_F32;
  spec.address = tensor->address();
  spec.rank = 2;
  spec.dims[0] = kColumns, spec.dims[1] = kRows;
  spec.strideBytes[0] = sizeof(float[kColumns]);
  spec.box[0] = kColumns, spec.box[1] = kBoxRows;
  TensorMap map;
  TRY(encodeTensorMap(context.view(), spec, map));
  TAKE(module, Module::loadPtx(context, kCopyBox));
  TAKE(kernel, module->kernel("copyBox"));
  const DevicePointer address = out->address();
  const void *params[] = {&map, &address};
  TRY(kernel->launch(nullptr, LaunchShape(), params));
  TRY(out->copyTo(std::as_writable_bytes(std::span(box)), nullptr));
  TRY(synchronize(context.view(), nullptr));
  for (uint32_t row = 0; row < kBoxRows; ++row)
    for (uint32_t column = 0; column < kColumns; ++column)
      REQUIRE(box[row][column] ==
              (kFirstRow + row < kRows ? host[kFirstRow + row][column] : 0));
  return Error();
}

static Error testGpu(const Driver &driver) {
  TAKE(count, driver.deviceCount());
  REQUIRE(!Context::retain(driver, *count));
  TAKE(context, Context::retain(driver, 0));
  TRY(testProperties(*context));
  TRY(testLaunch(*context));
  TRY(testBadPtx(*context));
  return testTensorMap(*context);
}

/// What DeviceMain.c returns: 0 if all is as it should be.
extern "C" int runDeviceTest() {
  Expected<const Driver *> driver = Driver::open();
  if (!driver) {
    std::printf("no GPU: %s\n", driver.error().message());
    bool isWhy = driver.error().code() == TESSERA_NO_GPU &&
                 std::strchr(driver.error().message(), ';');
    return isWhy ? 0 : 1;
  }
  Error error = testGpu(**driver);
  std::printf("%s\n", error ? error.message() : "all is well");
  return error ? 1 : 0;
}
