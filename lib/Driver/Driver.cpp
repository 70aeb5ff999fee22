// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finding the driver, and putting its refusals into words.
#include "tessera/Driver/Driver.h"

#include <cstdarg>
#include <cstdio>
#include <dlfcn.h>
#include <new>
#include <pthread.h>

using namespace tessera;
using namespace tessera::driver;
using rt::makeError;

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

// Made once, never destroyed: what lives in a context asks for its driver until
// the last destructor of the program has run.
alignas(Expected<Driver>) static unsigned char systemMemory[sizeof(
    Expected<Driver>)];
static const Expected<Driver> *systemDriver = nullptr;

static void openSystemDriver() {
  systemDriver =
      new (systemMemory) Expected<Driver>(Driver::load("libcuda.so.1"));
}

Expected<const Driver *> Driver::open() {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, openSystemDriver);
  if (*systemDriver)
    return &**systemDriver;
  const Error &why = systemDriver->error();
  return makeError(why.code(), "%s", why.message());
}

/// Looks `function` up; true if the library has it.
template <typename... Args>
static bool resolve(void *library, Function<Args...> &function) {
  void *address = dlsym(library, function.symbol);
  function.address = reinterpret_cast<Result (*)(Args...)>(address);
  return address != nullptr;
}

Expected<Driver> Driver::load(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) {
    const char *reason = dlerror();
    return makeError(TESSERA_NO_GPU,
                     "no CUDA driver: %s; install the NVIDIA driver, or run on "
                     "a machine with an NVIDIA GPU",
                     reason ? reason : path);
  }
  Driver driver;
  const char *missing = nullptr;
#define TESSERA_DRIVER_RESOLVE(member, symbol, ...)                            \
  if (!resolve(library, driver.table.member) && !missing)                      \
    missing = symbol;
  TESSERA_DRIVER_FUNCTIONS(TESSERA_DRIVER_RESOLVE)
#undef TESSERA_DRIVER_RESOLVE
#define TESSERA_DRIVER_TRY(member, symbol, ...)                                \
  (void)resolve(library, driver.table.member);
  TESSERA_DRIVER_NEWER_FUNCTIONS(TESSERA_DRIVER_TRY)
#undef TESSERA_DRIVER_TRY
  if (missing)
    return makeError(TESSERA_NO_GPU,
                     "the CUDA driver in %s has no %s; install an NVIDIA "
                     "driver for CUDA 12.0 or newer, 525 at least",
                     path, missing);
  if (Error error = driver.initialise())
    return error;
  return driver;
}

Error Driver::initialise() {
  if (Error error = check(table.init(/*flags=*/0), "starting the CUDA driver"))
    return error;
  return check(table.driverGetVersion(&version), "asking for the version");
}

Expected<int32_t> Driver::deviceCount() const {
  int count = 0;
  if (Error error = check(table.deviceGetCount(&count), "counting the GPUs"))
    return error;
  return count;
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// What an error of the driver means to us, and what its reader can do.
struct Advice {
  Result result;
  int32_t code;
  const char *text;
};

static constexpr const char *kLostContext =
    "the GPU context is lost: start the process again, under compute-sanitizer "
    "to see where";

static constexpr const char *kCaptured =
    "do this before the capture of a stream begins; tessera_program_warm() "
    "loads a program ahead";

static constexpr Advice kAdvice[] = {
    {Result::InvalidValue, TESSERA_INVALID_ARGUMENT, "check the arguments"},
    {Result::OutOfMemory, TESSERA_OUT_OF_MEMORY,
     "free memory of the GPU, or ask for less"},
    {Result::StubLibrary, TESSERA_NO_GPU,
     "take the CUDA toolkit's stubs out of LD_LIBRARY_PATH"},
    {Result::NoDevice, TESSERA_NO_GPU,
     "look at nvidia-smi and at CUDA_VISIBLE_DEVICES"},
    {Result::InvalidDevice, TESSERA_INVALID_ARGUMENT,
     "count the GPUs that CUDA_VISIBLE_DEVICES leaves"},
    {Result::NoBinaryForGpu, TESSERA_INVALID_ARGUMENT,
     "compile for this GPU, or load PTX"},
    {Result::InvalidPtx, TESSERA_INVALID_ARGUMENT,
     "repair the PTX, or compile it for this GPU"},
    {Result::UnsupportedPtxVersion, TESSERA_INVALID_ARGUMENT,
     "install a newer NVIDIA driver, or emit an older PTX version"},
    {Result::NotFound, TESSERA_INVALID_ARGUMENT, "check the name"},
    {Result::IllegalAddress, TESSERA_GPU_FAILED, kLostContext},
    {Result::LaunchOutOfResources, TESSERA_INVALID_ARGUMENT,
     "launch fewer threads a block, or with less shared memory"},
    {Result::IllegalInstruction, TESSERA_GPU_FAILED, kLostContext},
    {Result::MisalignedAddress, TESSERA_GPU_FAILED, kLostContext},
    {Result::LaunchFailed, TESSERA_GPU_FAILED, kLostContext},
    {Result::SystemDriverMismatch, TESSERA_NO_GPU,
     "load the kernel module that belongs to libcuda.so.1, or restart the "
     "machine"},
    {Result::CaptureUnsupported, TESSERA_INVALID_ARGUMENT, kCaptured},
    {Result::CaptureInvalidated, TESSERA_INVALID_ARGUMENT, kCaptured},
    {Result::CaptureImplicit, TESSERA_INVALID_ARGUMENT, kCaptured},
};

static Advice adviceFor(Result result) {
  for (const Advice &advice : kAdvice)
    if (advice.result == result)
      return advice;
  return {result, TESSERA_GPU_FAILED, "look it up in the CUDA documentation"};
}

Error Driver::check(Status status, const char *purpose, ...) const {
  if (status.result == Result::Success)
    return Error();
  char words[512];
  va_list args;
  va_start(args, purpose);
  std::vsnprintf(words, sizeof words, purpose, args);
  va_end(args);

  // Both leave the text alone, or null, for a number they do not know.
  const char *name = nullptr, *text = nullptr;
  (void)table.getErrorName(status.result, &name);
  (void)table.getErrorString(status.result, &text);
  Advice advice = adviceFor(status.result);
  return makeError(advice.code, "%s failed %s: %s, %s (%d); %s", status.call,
                   words, name ? name : "an error without a name",
                   text ? text : "without a text",
                   static_cast<int>(status.result), advice.text);
}
