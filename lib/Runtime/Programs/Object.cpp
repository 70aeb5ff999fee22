// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the entries of linked objects call: one function, wherever it runs.
#include "Launches.h"
#include "Range.h"

#include <atomic>

using namespace tessera;
using namespace tessera::rt;
using driver::DevicePointer;
using driver::StreamHandle;
using program::Program;

namespace {

/// What is made of a function when it is first wanted on a GPU, and stays: its
/// programs, and the calls that it was last prepared for.
class Function {
public:
  static Expected<Function *> open(tessera_object_function &function);
  ~Function() { tessera_library_close(library); }

  /// A call with these arguments, which nobody else has meanwhile.
  Expected<tessera_launches *> take(tessera_context &context, void *stream,
                                    void *const *args);
  /// Gives it back. What it takes the place of goes.
  void keep(tessera_launches *launches);

private:
  // A model calls one function with the tensors of several layers in turn.
  static constexpr size_t kCalls = 16;

  tessera_launches *takeKept(tessera_context &context, void *const *args);

  tessera_library *library = nullptr;
  Mutex mutex; ///< of what follows
  tessera_launches *calls[kCalls] = {};
  size_t next = 0; ///< whose place is taken next
};

} // namespace

Expected<Function *> Function::open(tessera_object_function &function) {
  std::atomic_ref<void *> state(function.state);
  if (void *opened = state.load(std::memory_order_acquire))
    return static_cast<Function *>(opened);
  auto *made = makeObject<Function>();
  if (!made)
    return outOfMemory("a function");
  if (Error error =
          Error(tessera_library_open_table(function.table, &made->library))) {
    destroyObject(made);
    return error;
  }
  // Of threads that come at the same time the first one's stays.
  void *first = nullptr;
  if (state.compare_exchange_strong(first, made, std::memory_order_acq_rel))
    return made;
  destroyObject(made);
  return static_cast<Function *>(first);
}

tessera_launches *Function::takeKept(tessera_context &context,
                                     void *const *args) {
  Lock lock(mutex);
  for (tessera_launches *&call : calls)
    if (call && call->program->context == &context && call->isOf(args))
      return std::exchange(call, nullptr);
  return nullptr;
}

Expected<tessera_launches *> Function::take(tessera_context &context,
                                            void *stream, void *const *args) {
  if (tessera_launches *kept = takeKept(context, args))
    return kept;
  tessera_query query{sizeof(query), nullptr, nullptr, 0};
  tessera_program *program = nullptr;
  if (Error error =
          Error(tessera_library_find(library, &context, &query, &program)))
    return error;
  tessera_call call{sizeof(call), args, program->record().argumentCount(), 0,
                    stream};
  tessera_launches *launches = nullptr;
  if (Error error = Error(tessera_program_prepare(program, &call, &launches)))
    return error;
  return launches;
}

void Function::keep(tessera_launches *launches) {
  tessera_launches *old = nullptr;
  {
    Lock lock(mutex);
    old = std::exchange(calls[next++ % kCalls], launches);
  }
  tessera_launches_destroy(old);
}

/// Null if the table has none, or is of another version.
static const tessera_object_program *
findForHost(const tessera_object_table &table) {
  if (table.program_size < sizeof(tessera_object_program))
    return nullptr;
  for (size_t i = 0; i < table.program_count; ++i)
    if (programOf(table, i).call)
      return &programOf(table, i);
  return nullptr;
}

static Error lacksHostCode(tessera_object_function &function) {
  Expected<Function *> opened = Function::open(function);
  if (!opened)
    return opened.takeError();
  Program record = Program::trust(programOf(*function.table, 0).record);
  return makeError(TESSERA_NOT_FOUND,
                   "%s: the object has no code for the host, it is for %s; "
                   "pass a context of such a GPU, or compile with --target "
                   "host,%s",
                   record.function(), record.chip(), record.chip());
}

tessera_error *tessera_rt_run(tessera_object_function *function,
                              tessera_context *context, void *stream,
                              void *workspace, size_t workspaceBytes,
                              void *const *args) {
  if (!context || context->isHost) {
    const tessera_object_program *host = findForHost(*function->table);
    if (!host)
      return lacksHostCode(*function).release();
    Range range(Program::trust(host->record));
    return host->call(args);
  }
  Expected<Function *> opened = Function::open(*function);
  if (!opened)
    return opened.takeError().release();
  Expected<tessera_launches *> call = (*opened)->take(*context, stream, args);
  if (!call)
    return call.takeError().release();
  Error error =
      (*call)->run(static_cast<StreamHandle>(stream),
                   reinterpret_cast<DevicePointer>(workspace), workspaceBytes);
  (*opened)->keep(*call);
  return error.release();
}

tessera_error *tessera_rt_workspace(tessera_object_function *function,
                                    tessera_context *context, void *const *args,
                                    int64_t *least, int64_t *best) {
  *least = *best = 0;
  if (!context || context->isHost)
    return findForHost(*function->table) ? nullptr
                                         : lacksHostCode(*function).release();
  Expected<Function *> opened = Function::open(*function);
  if (!opened)
    return opened.takeError().release();
  Expected<tessera_launches *> call =
      (*opened)->take(*context, /*stream=*/nullptr, args);
  if (!call)
    return call.takeError().release();
  tessera_launches_workspace(*call, least, best);
  (*opened)->keep(*call);
  return nullptr;
}
