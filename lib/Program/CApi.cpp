// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What compiled code calls.
#include "tessera/Program/Check.h"

#include <cstdlib>
#include <new>

using namespace tessera;
using namespace tessera::program;
using rt::makeError;

namespace {

/// Room for a check: on the stack where a record is as small as most are.
class Room {
public:
  explicit Room(const Program &program)
      : symbols(program.symbols().size()),
        values(program.expressions().size()) {
    if (symbols > kSymbols)
      heapSymbols = allocate<SymbolValue>(symbols);
    if (values > kValues)
      heapValues = allocate<Value>(values);
  }
  ~Room() {
    if (heapSymbols != localSymbols)
      std::free(heapSymbols);
    if (heapValues != localValues)
      std::free(heapValues);
  }
  Room(const Room &) = delete;
  Room &operator=(const Room &) = delete;

  bool exists() const { return heapSymbols && heapValues; }
  CheckedCall call(std::span<tessera_tensor> tensors) {
    return {{heapSymbols, symbols}, {heapValues, values}, tensors};
  }

private:
  static constexpr size_t kSymbols = 32, kValues = 160;

  template <typename T>
  static T *allocate(size_t count) {
    auto *memory = static_cast<T *>(std::calloc(count, sizeof(T)));
    for (size_t i = 0; memory && i < count; ++i)
      new (&memory[i]) T();
    return memory;
  }

  size_t symbols, values;
  SymbolValue localSymbols[kSymbols];
  Value localValues[kValues];
  SymbolValue *heapSymbols = localSymbols;
  Value *heapValues = localValues;
};

} // namespace

tessera_error *tessera_rt_check_call(const void *record, void *const *args,
                                     tessera_rt_compute *compute,
                                     tessera_tensor *tensors) {
  Program program = Program::trust(record);
  Room room(program);
  if (!room.exists())
    return tessera_rt_error(TESSERA_OUT_OF_MEMORY,
                            "out of memory while checking a call");
  CheckedCall call = room.call({tensors, program.params().size()});
  return checkCall(program, args, Reading::Yes, compute, call).release();
}

tessera_error *tessera_rt_memory_error(const void *record, int64_t bytes) {
  if (bytes == 0)
    return nullptr;
  return makeError(TESSERA_OUT_OF_MEMORY,
                   "%s: %lld bytes for intermediate results and scratch could "
                   "not be had, nothing was computed; call it with fewer "
                   "batches or heads at a time, or leave it more memory",
                   Program::trust(record).function(), (long long)bytes)
      .release();
}
