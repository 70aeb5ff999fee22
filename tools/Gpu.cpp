// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Gpu.h"

#include "RuntimeErrors.h"
#include "tessera/Runtime/Dtype.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/bit.h"

using namespace llvm;

namespace tessera {

//===----------------------------------------------------------------------===//
// Gpu
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<Gpu>> Gpu::open(int64_t ordinal) {
  auto driver = asLLVM(driver::Driver::open());
  if (!driver)
    return driver.takeError();
  // Numbers beyond 32 bits are no GPU's either.
  auto index = std::clamp<int64_t>(ordinal, INT32_MIN, INT32_MAX);
  auto context = asLLVM(driver::Context::retain(**driver, index));
  if (!context)
    return context.takeError();
  auto properties = asLLVM(context->properties());
  if (!properties)
    return properties.takeError();
  if (properties->major != 9 || properties->minor != 0)
    return createStringError("GPU " + Twine(ordinal) + ", " + properties->name +
                             ", is sm_" + Twine(properties->major) +
                             Twine(properties->minor) +
                             "; kernels are made for sm_90a");
  auto stream = asLLVM(driver::Stream::create(*context));
  if (!stream)
    return stream.takeError();
  return std::unique_ptr<Gpu>(
      new Gpu(std::move(*context), std::move(*stream), *properties));
}

Error Gpu::synchronize() const { return asLLVM(queue.synchronize()); }

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

std::string AssemblerChoice::describe() const {
  if (assembler)
    return assembler->describe();
  return "PTX, which the driver assembles (" + reason + ")";
}

Expected<AssemblerChoice> chooseAssembler(StringRef file, StringRef chip) {
  Expected<const nvptx::Chip &> row = nvptx::findChip(chip);
  if (!row)
    return row.takeError();
  auto found = nvptx::findAssembler(
      nvptx::assemblerPlaces(file, nvptx::sitePackagesHere()), *row);
  if (found)
    return AssemblerChoice{std::move(*found), ""};
  if (!file.empty())
    return found.takeError();
  return AssemblerChoice{std::nullopt, toString(found.takeError())};
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

size_t bytesOf(const tessera_tensor &tensor) {
  int64_t last = 0;
  for (int32_t d : seq(tensor.rank)) {
    if (tensor.dims[d] == 0)
      return 0;
    if (tensor.dims[d] > 1)
      last += (tensor.dims[d] - 1) * tensor.strides[d];
  }
  return (last + 1) * rt::dtypeBytes(tensor.dtype);
}

tessera_tensor viewOf(void *data, tessera_dtype dtype, ArrayRef<int64_t> dims,
                      ArrayRef<int> order) {
  tessera_tensor tensor{};
  tensor.data = data;
  tensor.dtype = dtype;
  tensor.rank = dims.size();
  copy(dims, tensor.dims);
  int64_t stride = 1;
  for (int place = tensor.rank - 1; place >= 0; --place) {
    int d = order.empty() ? place : order[place];
    tensor.strides[d] = stride;
    stride *= std::max<int64_t>(dims[d], 1);
  }
  return tensor;
}

static driver::DevicePointer addressOf(const tessera_tensor &tensor) {
  return reinterpret_cast<driver::DevicePointer>(tensor.data);
}

const driver::DeviceBuffer *
DeviceTensors::find(driver::DevicePointer address) const {
  auto buffer = find_if(
      buffers, [&](const auto &each) { return each.address() == address; });
  return buffer == buffers.end() ? nullptr : &*buffer;
}

Expected<tessera_tensor> DeviceTensors::allocate(const tessera_tensor &host) {
  auto buffer =
      asLLVM(driver::DeviceBuffer::allocate(gpu->context(), bytesOf(host)));
  if (!buffer)
    return buffer.takeError();
  tessera_tensor device = host;
  device.data = llvm::bit_cast<void *>(buffer->address());
  buffers.push_back(std::move(*buffer));
  return device;
}

Expected<tessera_tensor> DeviceTensors::upload(const tessera_tensor &host) {
  Expected<tessera_tensor> device = allocate(host);
  if (!device)
    return device;
  std::span bytes(static_cast<const std::byte *>(host.data), bytesOf(host));
  if (Error error = asLLVM(buffers.back().copyFrom(bytes, gpu->stream())))
    return error;
  if (Error error = gpu->synchronize())
    return error;
  return device;
}

Expected<driver::DevicePointer> DeviceTensors::allocateFilled(size_t bytes,
                                                              std::byte value) {
  auto buffer = asLLVM(driver::DeviceBuffer::allocate(gpu->context(), bytes));
  if (!buffer)
    return buffer.takeError();
  if (Error error = asLLVM(buffer->fill(value, gpu->stream())))
    return error;
  buffers.push_back(std::move(*buffer));
  return buffers.back().address();
}

Error DeviceTensors::download(const tessera_tensor &device, void *host) const {
  return download(addressOf(device),
                  {static_cast<std::byte *>(host), bytesOf(device)});
}

Error DeviceTensors::download(driver::DevicePointer device,
                              std::span<std::byte> host) const {
  if (host.empty())
    return Error::success();
  if (Error error = asLLVM(find(device)->copyTo(host, gpu->stream())))
    return error;
  return gpu->synchronize();
}

Error DeviceTensors::fill(const tessera_tensor &device, std::byte value) const {
  if (bytesOf(device) == 0)
    return Error::success();
  return asLLVM(find(addressOf(device))->fill(value, gpu->stream()));
}

} // namespace tessera
