// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tools that run kernels share: a GPU, an assembler, tensors in its
// memory.
#ifndef TESSERA_TOOLS_GPU_H
#define TESSERA_TOOLS_GPU_H

#include "tessera/Compiler/GpuBundle.h"
#include "tessera/Driver/Memory.h"
#include "tessera/Driver/Stream.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace tessera {

/// A GPU that we have kernels for, with a stream of its own.
class Gpu {
public:
  /// The error says that there is no driver, no such GPU, or no kernel for it.
  static llvm::Expected<std::unique_ptr<Gpu>> open(int64_t ordinal);

  const driver::Context &context() const { return held; }
  driver::StreamHandle stream() const { return queue.handle(); }
  const driver::DeviceProperties &properties() const { return known; }
  llvm::Error synchronize() const;

private:
  Gpu(driver::Context context, driver::Stream stream,
      const driver::DeviceProperties &properties)
      : held(std::move(context)), queue(std::move(stream)), known(properties) {}

  driver::Context held;
  driver::Stream queue;
  driver::DeviceProperties known;
};

/// The assembler to use, or none and the reason why.
struct AssemblerChoice {
  std::optional<nvptx::Assembler> assembler;
  std::string reason;

  /// "ptxas 13.0.88 (..)", or that the driver assembles, and why.
  std::string describe() const;
};
/// Looks where assemblerPlaces() says, among the packages of the Pythons of
/// this machine too. A `file` the user named must be one: else an error.
llvm::Expected<AssemblerChoice> chooseAssembler(llvm::StringRef file,
                                                llvm::StringRef chip);

/// Memory of a GPU, freed with this object.
class DeviceTensors {
public:
  explicit DeviceTensors(const Gpu &gpu) : gpu(&gpu) {}

  /// A tensor of the shape and strides of `host`, whose gaps it shares; its
  /// contents are undefined.
  llvm::Expected<tessera_tensor> allocate(const tessera_tensor &host);
  /// allocate(), filled with what `host` holds. Waits until that is done.
  llvm::Expected<tessera_tensor> upload(const tessera_tensor &host);
  /// Null for no bytes.
  llvm::Expected<driver::DevicePointer> allocateFilled(size_t bytes,
                                                       std::byte value);

  /// Everything from the first element of `device`, one of these tensors, to
  /// the last, to `host`. Waits until that is done.
  llvm::Error download(const tessera_tensor &device, void *host) const;
  llvm::Error download(driver::DevicePointer device,
                       std::span<std::byte> host) const;
  /// Every byte of one of these tensors.
  llvm::Error fill(const tessera_tensor &device, std::byte value) const;

private:
  const driver::DeviceBuffer *find(driver::DevicePointer address) const;

  const Gpu *gpu;
  std::vector<driver::DeviceBuffer> buffers;
};

/// Bytes from a tensor's first element to its last.
size_t bytesOf(const tessera_tensor &tensor);

/// A view of contiguous memory; dimension order[i] lies at place i, the last
/// place the innermost. Without an order they lie as they are counted.
tessera_tensor viewOf(void *data, tessera_dtype dtype,
                      llvm::ArrayRef<int64_t> dims,
                      llvm::ArrayRef<int> order = {});

} // namespace tessera

#endif // TESSERA_TOOLS_GPU_H
