// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-c/Program.h and Gpu.h for C++: handles that own, errors as values.
#ifndef TESSERA_RUNTIME_PROGRAM_H
#define TESSERA_RUNTIME_PROGRAM_H

#include "tessera-c/Gpu.h"
#include "tessera/Runtime/Expected.h"

#include <cstddef>
#include <memory>
#include <span>

namespace tessera {

/// Owns a handle of the C interface.
template <typename T, auto destroy>
class Handle {
public:
  explicit Handle(T *owned) : owned(owned) {}
  T *get() const { return owned.get(); }

private:
  struct Destroy {
    void operator()(T *handle) const { destroy(handle); }
  };
  std::unique_ptr<T, Destroy> owned;
};

/// A device.
class Context : public Handle<tessera_context, tessera_context_destroy> {
public:
  using Handle::Handle;
  static rt::Expected<Context> host() { return make(tessera_context_host); }
  static rt::Expected<Context> gpu(int32_t ordinal) {
    return make([&](tessera_context **made) {
      return tessera_context_gpu(ordinal, made);
    });
  }
  static rt::Expected<Context> current() {
    return make(tessera_context_current);
  }

  const char *name() const { return tessera_context_name(get()); }
  int32_t multiprocessors() const {
    return tessera_context_multiprocessors(get());
  }
  rt::Error status(void *stream = nullptr) const {
    return rt::Error(tessera_context_status(get(), stream));
  }

private:
  template <typename Make>
  static rt::Expected<Context> make(Make make) {
    tessera_context *made = nullptr;
    if (rt::Error error = rt::Error(make(&made)))
      return error;
    return Context(made);
  }
};

/// What a program must be.
struct Query {
  const char *function = nullptr; ///< null: any
  std::span<const tessera_fact> facts;
};

/// Programs that a compiler has written. The programs found belong to it.
class Library : public Handle<tessera_library, tessera_library_close> {
public:
  using Handle::Handle;
  static rt::Expected<Library> open(const char *path) {
    return make([&](tessera_library **made) {
      return tessera_library_open(path, made);
    });
  }
  static rt::Expected<Library> openBytes(std::span<const std::byte> bytes) {
    return make([&](tessera_library **made) {
      return tessera_library_open_bytes(bytes.data(), bytes.size(), made);
    });
  }
  static rt::Expected<Library> openTable(const tessera_object_table &table) {
    return make([&](tessera_library **made) {
      return tessera_library_open_table(&table, made);
    });
  }
  /// `plan`: of kernels on a GPU; null: as the compiler chooses.
  static rt::Expected<Library> compile(const Context &context,
                                       const char *source,
                                       const char *plan = nullptr) {
    tessera_compile_options options{sizeof(options), plan};
    return make([&](tessera_library **made) {
      return tessera_library_compile(context.get(), source, &options, made);
    });
  }

  rt::Expected<tessera_program *> find(const Context &context,
                                       const Query &query) const {
    tessera_query asked{sizeof(asked), query.function, query.facts.data(),
                        query.facts.size()};
    tessera_program *found = nullptr;
    if (rt::Error error = rt::Error(
            tessera_library_find(get(), context.get(), &asked, &found)))
      return error;
    return found;
  }

private:
  template <typename Make>
  static rt::Expected<Library> make(Make make) {
    tessera_library *made = nullptr;
    if (rt::Error error = rt::Error(make(&made)))
      return error;
    return Library(made);
  }
};

/// One call, prepared. Used by one thread at a time.
class Launches : public Handle<tessera_launches, tessera_launches_destroy> {
public:
  using Handle::Handle;
  static rt::Expected<Launches> prepare(tessera_program *program,
                                        std::span<void *const> args,
                                        uint32_t flags = 0,
                                        void *stream = nullptr) {
    tessera_call call{sizeof(call), args.data(), args.size(), flags, stream};
    tessera_launches *made = nullptr;
    if (rt::Error error =
            rt::Error(tessera_program_prepare(program, &call, &made)))
      return error;
    return Launches(made);
  }

  /// Bytes.
  struct Workspace {
    int64_t least, best;
  };
  Workspace workspace() const {
    Workspace bytes{};
    tessera_launches_workspace(get(), &bytes.least, &bytes.best);
    return bytes;
  }

  rt::Error run(void *stream, void *workspace, size_t bytes) {
    return rt::Error(tessera_launches_run(get(), stream, workspace, bytes));
  }
};

} // namespace tessera

#endif // TESSERA_RUNTIME_PROGRAM_H
