// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiling just in time: from the cache, or by the compiler and into it.
#include "../Programs/Context.h"
#include "../Programs/Library.h"
#include "Cache.h"
#include "CompilerLibrary.h"
#include "Entry.h"

#include <cstdio>
#include <cstring>
#include <ctime>
#include <unistd.h>

using namespace tessera;
using namespace tessera::rt;

namespace {

/// What one call wants.
struct Request {
  tessera_compiler_job job{};
  char target[32] = "host";
  CompilerFile compiler;
  Hash key;
};

} // namespace

//===----------------------------------------------------------------------===//
// What is wanted
//===----------------------------------------------------------------------===//

/// Code for the level that this processor has, and no other: it is compiled
/// here to run here.
static Error chooseTarget(const tessera_context &context, Request &request) {
  request.job.target = request.target;
  if (!context.isHost) {
    std::snprintf(request.target, sizeof(request.target), "sm_%d%da",
                  context.major, context.minor);
    return Error();
  }
  int32_t level = tessera_cpu_level();
  if (level < 3)
    return makeError(TESSERA_UNSUPPORTED_CPU,
                     "this processor has no AVX2, which compiled code needs; "
                     "use one of x86-64 level 3");
  request.job.cpu = level >= 4 ? "x86-64-v4" : "x86-64-v3";
  return Error();
}

/// Everything that an entry's contents depend on, but for the assembler, whose
/// state is in the entry: where it is looked for is said here.
static Hash keyOf(const Request &request) {
  const tessera_compiler_job &job = request.job;
  Hasher hasher;
  hasher.add((uint64_t(program::kMajorVersion) << 32) | program::kMinorVersion);
  hasher.add(uint64_t(program::kHostImageVersion));
  hasher.add(std::as_bytes(std::span(&request.compiler.identity, 1)));
  hasher.add(std::as_bytes(std::span(job.source, job.source_bytes)));
  hasher.add(job.target);
  hasher.add(job.cpu);
  hasher.add(job.plan);
  if (!job.cpu)
    for (const char *name : {"TESSERA_PTXAS", "PATH", "CUDA_HOME"})
      hasher.add(std::getenv(name));
  return hasher.result();
}

static Expected<Request> makeRequest(const char *source,
                                     const tessera_compile_options *options) {
  Expected<CompilerFile> compiler = CompilerFile::find();
  if (!compiler)
    return compiler.takeError();
  Request request;
  request.compiler = *compiler;
  request.job.struct_size = sizeof(request.job);
  request.job.source = source;
  request.job.source_bytes = std::strlen(source);
  request.job.plan = options ? options->plan : nullptr;
  return request;
}

//===----------------------------------------------------------------------===//
// From the cache
//===----------------------------------------------------------------------===//

/// Null if there is no entry that can be used; what cannot is removed.
static tessera_library *findInCache(const Cache &cache, const Hash &key) {
  int file = cache.find(key);
  if (file < 0)
    return nullptr;
  EntryName name(key, kEntrySuffix);
  Expected<tessera_library *> library =
      makeLibrary([&](tessera_library &made) -> Error {
        if (!made.mapping.map(file))
          return makeError(TESSERA_DAMAGED, "it cannot be read");
        std::span<const std::byte> bundle;
        if (const char *why = readEntry(made.mapping.bytes(), key, bundle))
          return makeError(TESSERA_DAMAGED, "%s", why);
        return made.openBundle(bundle);
      });
  if (library) {
    logLine("from the cache: %s", name.chars);
  } else {
    logLine("cache: %s is not used: %s", name.chars, library.error().message());
    cache.remove(key, file);
  }
  close(file);
  return library ? *library : nullptr;
}

//===----------------------------------------------------------------------===//
// From the compiler
//===----------------------------------------------------------------------===//

static double secondsSince(const timespec &start) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return double(now.tv_sec - start.tv_sec) +
         double(now.tv_nsec - start.tv_nsec) * 1e-9;
}

/// `lock`: of the entry that is to be made; null: none is.
static Expected<tessera_library *> compile(const Request &request,
                                           EntryLock *lock) {
  Expected<Compiler> compiler = Compiler::open(request.compiler);
  if (!compiler)
    return compiler.takeError();
  // The clock that files are dated by.
  timespec start{};
  clock_gettime(CLOCK_REALTIME_COARSE, &start);
  Compiled compiled(*compiler);
  if (Error error = compiled.run(request.job))
    return error;
  logLine("compiled for %s in %.0f ms by %s%s%s", request.target,
          1e3 * secondsSince(start), compiler->version(),
          *compiled.message() ? ", " : "", compiled.message());
  Array<std::byte> entry;
  if (lock && writeEntry(request.key, compiled.bundle(), compiled.files(),
                         start, entry))
    lock->keep(entry);
  return makeLibrary([&](tessera_library &made) {
    std::span<const std::byte> bundle = compiled.bundle();
    made.owned = compiled.takeBundle();
    return made.openBundle(bundle);
  });
}

static Expected<tessera_library *> findOrCompile(const Request &request) {
  Cache cache;
  if (!cache.open())
    return compile(request, /*lock=*/nullptr);
  if (tessera_library *found = findInCache(cache, request.key))
    return found;
  Expected<tessera_library *> library = [&] {
    EntryLock lock;
    if (!lock.take(cache, request.key))
      return compile(request, /*lock=*/nullptr);
    // Somebody else may have had the lock until now.
    if (tessera_library *found = findInCache(cache, request.key))
      return Expected<tessera_library *>(found);
    return compile(request, &lock);
  }();
  cache.trim();
  return library;
}

//===----------------------------------------------------------------------===//
// The C interface
//===----------------------------------------------------------------------===//

tessera_error *tessera_library_compile(tessera_context *context,
                                       const char *source,
                                       const tessera_compile_options *options,
                                       tessera_library **library) {
  *library = nullptr;
  if (options && options->struct_size < sizeof(*options))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "tessera_compile_options has %zu bytes, %zu are accepted; "
                     "set struct_size, and compile with the library's header",
                     options->struct_size, sizeof(*options))
        .release();
  Expected<Request> request = makeRequest(source, options);
  if (!request)
    return request.takeError().release();
  if (Error error = chooseTarget(*context, *request))
    return error.release();
  request->key = keyOf(*request);
  Expected<tessera_library *> made = findOrCompile(*request);
  if (!made)
    return made.takeError().release();
  *library = *made;
  return nullptr;
}
