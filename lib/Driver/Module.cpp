// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading code and launching it.
#include "tessera/Driver/Module.h"

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <memory>

using namespace tessera;
using namespace tessera::driver;
using rt::makeError;

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

/// Errors are one line; what the assembler writes is several.
static void makeOneLine(char *text) {
  size_t length = std::strlen(text);
  for (size_t i = 0; i < length; ++i)
    if (std::strchr("\n\r\t", text[i]))
      text[i] = ' ';
  while (length > 0 && text[length - 1] == ' ')
    text[--length] = '\0';
}

Expected<Module> Module::load(const ContextView &context, const void *image,
                              const char *purpose) {
  char log[4096] = "";
  JitOption options[] = {JitOption::ErrorLogBuffer,
                         JitOption::ErrorLogBufferSizeBytes};
  void *values[] = {log, std::bit_cast<void *>(sizeof log - 1)};
  ModuleHandle handle = nullptr;
  Error error = context.call(
      [&](const Functions &f) {
        return f.moduleLoadDataEx(&handle, image, /*options=*/2, options,
                                  values);
      },
      "%s", purpose);
  if (!error)
    return Module(Handle(context, handle));
  makeOneLine(log);
  if (!log[0])
    return error;
  return makeError(error.code(), "%s; the assembler's words: %s",
                   error.message(), log);
}

/// True if both tables of an ELF file lie within it. They come last in a cubin,
/// so one that was cut short has lost them.
static bool isWholeElf(std::span<const std::byte> file) {
  Elf64_Ehdr header;
  if (file.size() < sizeof header)
    return false;
  std::memcpy(&header, file.data(), sizeof header);
  auto holds = [&](uint64_t offset, uint64_t entries, uint64_t entryBytes) {
    return offset <= file.size() &&
           entries * entryBytes <= file.size() - offset;
  };
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 &&
         holds(header.e_shoff, header.e_shnum, header.e_shentsize) &&
         holds(header.e_phoff, header.e_phnum, header.e_phentsize);
}

Expected<Module> Module::loadCubin(const ContextView &context,
                                   std::span<const std::byte> cubin) {
  if (!isWholeElf(cubin))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "load a cubin: %zu bytes that are no 64-bit ELF file, or "
                     "part of one; make the cubin again, or load PTX as PTX",
                     cubin.size());
  return load(context, cubin.data(), "loading a cubin");
}

Expected<Module> Module::loadPtx(const ContextView &context,
                                 std::string_view ptx) {
  // The driver wants a terminator, which the end of a file does not have.
  std::unique_ptr<char, decltype(&std::free)> text(
      static_cast<char *>(std::malloc(ptx.size() + 1)), std::free);
  if (!text)
    return makeError(TESSERA_OUT_OF_MEMORY,
                     "load PTX: no memory for %zu bytes on the host; free some",
                     ptx.size());
  if (!ptx.empty())
    std::memcpy(text.get(), ptx.data(), ptx.size());
  text.get()[ptx.size()] = '\0';
  return load(context, text.get(), "assembling PTX");
}

Expected<Kernel> Module::kernel(const char *name) const {
  FunctionHandle handle = nullptr;
  if (Error error = owned.context().call(
          [&](const Functions &f) {
            return f.moduleGetFunction(&handle, owned.get(), name);
          },
          "looking for kernel '%s'", name))
    return error;
  return Kernel(owned.context(), handle, name);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

Kernel::Kernel(const ContextView &context, FunctionHandle handle,
               const char *name)
    : where(context), handle(handle) {
  std::snprintf(label, sizeof label, "%s", name);
}

Expected<int32_t> Kernel::attribute(FunctionAttribute attribute) const {
  int value = 0;
  if (Error error = where.call(
          [&](const Functions &f) {
            return f.funcGetAttribute(&value, attribute, handle);
          },
          "reading attribute %d of kernel '%s'", static_cast<int>(attribute),
          label))
    return error;
  return value;
}

Expected<KernelAttributes> Kernel::attributes() const {
  KernelAttributes attributes{};
  const struct {
    FunctionAttribute attribute;
    int32_t &value;
  } wanted[] = {
      {FunctionAttribute::NumRegs, attributes.registers},
      {FunctionAttribute::LocalSizeBytes, attributes.localBytes},
      {FunctionAttribute::SharedSizeBytes, attributes.staticSharedBytes},
      {FunctionAttribute::MaxDynamicSharedSizeBytes,
       attributes.maxDynamicSharedBytes},
      {FunctionAttribute::MaxThreadsPerBlock, attributes.maxThreads},
  };
  for (const auto &[name, value] : wanted) {
    Expected<int32_t> found = attribute(name);
    if (!found)
      return found.takeError();
    value = *found;
  }
  return attributes;
}

Error Kernel::setMaxDynamicSharedBytes(int32_t bytes) const {
  Expected<int32_t> most =
      deviceAttribute(where, DeviceAttribute::MaxSharedMemoryPerBlockOptin);
  if (!most)
    return most.takeError();
  Expected<int32_t> fixed = attribute(FunctionAttribute::SharedSizeBytes);
  if (!fixed)
    return fixed.takeError();
  if (bytes < 0 || bytes > *most - *fixed)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "kernel '%s' wants %d bytes of dynamic shared memory; GPU "
                     "%d has 0 to %d for it, %d a block less %d static: use "
                     "fewer or smaller stages",
                     label, bytes, where.ordinal, *most - *fixed, *most,
                     *fixed);
  return where.call(
      [&](const Functions &f) {
        return f.funcSetAttribute(
            handle, FunctionAttribute::MaxDynamicSharedSizeBytes, bytes);
      },
      "giving kernel '%s' %d bytes of shared memory", label, bytes);
}

Expected<int32_t>
Kernel::maxActiveBlocksPerMultiprocessor(int32_t threads,
                                         size_t dynamicSharedBytes) const {
  int blocks = 0;
  if (Error error = where.call(
          [&](const Functions &f) {
            return f.maxActiveBlocks(&blocks, handle, threads,
                                     dynamicSharedBytes);
          },
          "counting resident blocks of kernel '%s', %d threads and %zu bytes "
          "of shared memory each",
          label, threads, dynamicSharedBytes))
    return error;
  return blocks;
}

Error Kernel::launch(StreamHandle stream, const LaunchShape &shape,
                     std::span<const void *const> params) const {
  const auto &[gridX, gridY, gridZ] = shape.grid;
  const auto &[blockX, blockY, blockZ] = shape.block;
  LaunchAttribute cooperative{kLaunchCooperative, 0, 1, {}, {}};
  LaunchConfig config{gridX,
                      gridY,
                      gridZ,
                      blockX,
                      blockY,
                      blockZ,
                      shape.dynamicSharedBytes,
                      stream,
                      shape.isCooperative ? &cooperative : nullptr,
                      /*attributeCount=*/shape.isCooperative ? 1u : 0u};
  // The driver reads the values alone, whatever its declaration says.
  auto **values = const_cast<void **>(params.data());
  return where.call(
      [&](const Functions &f) {
        return f.launchKernelEx(&config, handle, values, /*extra=*/nullptr);
      },
      "launching kernel '%s', %u x %u x %u blocks of %u x %u x %u threads, %u "
      "bytes of dynamic shared memory, %zu parameters",
      label, gridX, gridY, gridZ, blockX, blockY, blockZ,
      shape.dynamicSharedBytes, params.size());
}
