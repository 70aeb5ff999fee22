// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A green context, which has some of a GPU's multiprocessors: grids are made for
// these.
#include "DeviceRunner.h"

#include <cstdio>
#include <dlfcn.h>

using namespace tessera;

namespace {

/// CUdevResource, of multiprocessors.
struct Resource {
  int type;
  unsigned char padding[92];
  unsigned multiprocessors;
  unsigned char rest[44];
};
static_assert(sizeof(Resource) == 144);
constexpr int kMultiprocessors = 1;
constexpr unsigned kDefaultStream = 1;

/// A part of the driver that a caller has, of CUDA 12.4 and later.
struct GreenFunctions {
  template <typename T>
  static T *find(const char *name) {
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    return reinterpret_cast<T *>(library ? dlsym(library, name) : nullptr);
  }
  int (*resourceOf)(int, Resource *, int) =
      find<int(int, Resource *, int)>("cuDeviceGetDevResource");
  int (*split)(Resource *, unsigned *, const Resource *, Resource *, unsigned,
               unsigned) =
      find<int(Resource *, unsigned *, const Resource *, Resource *, unsigned,
               unsigned)>("cuDevSmResourceSplitByCount");
  int (*describe)(void **, Resource *, unsigned) =
      find<int(void **, Resource *, unsigned)>("cuDevResourceGenerateDesc");
  int (*create)(void **, void *, int, unsigned) =
      find<int(void **, void *, int, unsigned)>("cuGreenCtxCreate");
  int (*contextOf)(void **,
                   void *) = find<int(void **, void *)>("cuCtxFromGreenCtx");
  int (*setCurrent)(void *) = find<int(void *)>("cuCtxSetCurrent");
};

} // namespace

static Error testCall(const Runner &whole, Library &library, unsigned share) {
  TAKE(context, Context::current());
  REQUIRE(context->multiprocessors() == int32_t(share));
  TAKE(program, library.find(*context, {"f", {}}));
  Runner runner(whole.context(), whole.space(), *program);
  TRY(runner.clear());
  TRY(driver::synchronize(whole.context(), nullptr));
  TAKE(launches, runner.prepare(kRows, 2));
  TRY(runner.run(*launches));
  TRY(context->status(nullptr)); // waits
  TRY(runner.expect({{kRows, 2}}));
  std::printf("  a green context of %u multiprocessors\n", share);
  return Error();
}

Error tessera::testShare(const Runner &whole, Library &library) {
  GreenFunctions f;
  if (!f.create)
    return Error(); // an older driver
  int ordinal = whole.context().view().ordinal;
  Resource all{}, some{}, others{};
  unsigned groups = 1;
  void *description = nullptr, *green = nullptr, *context = nullptr;
  REQUIRE(f.resourceOf(ordinal, &all, kMultiprocessors) == 0);
  REQUIRE(f.split(&some, &groups, &all, &others, /*flags=*/0, 16) == 0);
  REQUIRE(some.multiprocessors < all.multiprocessors);
  REQUIRE(f.describe(&description, &some, 1) == 0);
  REQUIRE(f.create(&green, description, ordinal, kDefaultStream) == 0);
  REQUIRE(f.contextOf(&context, green) == 0 && f.setCurrent(context) == 0);
  Error error = testCall(whole, library, some.multiprocessors);
  REQUIRE(f.setCurrent(nullptr) == 0);
  return error;
}
