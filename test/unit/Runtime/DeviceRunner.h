// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of the record of DeviceRecord.h on one GPU, and what they leave behind.
#ifndef TESSERA_TEST_UNIT_RUNTIME_DEVICERUNNER_H
#define TESSERA_TEST_UNIT_RUNTIME_DEVICERUNNER_H

#include "DeviceChecks.h"
#include "DeviceRecord.h"

#include "tessera/Driver/Memory.h"
#include "tessera/Driver/Stream.h"
#include "tessera/Runtime/Program.h"

#include <bit>
#include <initializer_list>

namespace tessera {

using driver::DeviceBuffer;
using driver::DevicePointer;
using rt::Error;

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
  const driver::Context &context() const { return primary; }
  const Memory &space() const { return memory; }
  Error run(Launches &launches) const {
    return launches.run(stream, memory.space(), 768);
  }

  driver::StreamHandle stream = nullptr;

private:
  const driver::Context &primary;
  const Memory &memory;
  tessera_program *program;
  float host[kRows * kColumns];
};

/// Calls the program in a part of the GPU.
Error testShare(const Runner &whole, Library &library);

/// Prints what calls of the program cost the host.
Error measureHostTime(const Runner &runner, Library &library,
                      const Context &context);

} // namespace tessera

#endif // TESSERA_TEST_UNIT_RUNTIME_DEVICERUNNER_H
