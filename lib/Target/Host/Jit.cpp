// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading objects with ORC, the runtime's symbols given by address.
#include "tessera/Target/Host/Jit.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

using namespace llvm;
using namespace tessera::host;

/// Every function of the runtime that compiled code calls. By address, since a
/// tool does not export the symbols of an archive linked into it.
static orc::SymbolMap runtimeSymbols(orc::LLJIT &jit) {
  const std::pair<StringRef, void *> table[] = {
      {"tessera_cpu_level", reinterpret_cast<void *>(&tessera_cpu_level)},
      {"tessera_num_threads", reinterpret_cast<void *>(&tessera_num_threads)},
      {"tessera_rt_check_call",
       reinterpret_cast<void *>(&tessera_rt_check_call)},
      {"tessera_rt_error", reinterpret_cast<void *>(&tessera_rt_error)},
      {"tessera_rt_memory_error",
       reinterpret_cast<void *>(&tessera_rt_memory_error)},
      {"tessera_rt_parallel_for",
       reinterpret_cast<void *>(&tessera_rt_parallel_for)},
  };
  orc::SymbolMap symbols;
  for (auto [name, address] : table)
    symbols[jit.mangleAndIntern(name)] = {orc::ExecutorAddr::fromPtr(address),
                                          JITSymbolFlags::Exported |
                                              JITSymbolFlags::Callable};
  return symbols;
}

HostJit::HostJit(std::unique_ptr<orc::LLJIT> jit) : jit(std::move(jit)) {}
HostJit::~HostJit() = default;

Expected<std::unique_ptr<HostJit>> HostJit::create(const MemoryBuffer &object) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  // Our objects have no static constructors for a platform to run.
  auto jit =
      orc::LLJITBuilder().setPlatformSetUp(orc::setUpInactivePlatform).create();
  if (!jit)
    return jit.takeError();
  orc::JITDylib &library = (*jit)->getMainJITDylib();
  if (Error error = library.define(orc::absoluteSymbols(runtimeSymbols(**jit))))
    return error;
  if (Error error = (*jit)->addObjectFile(
          MemoryBuffer::getMemBufferCopy(object.getBuffer(), "tessera")))
    return error;
  return std::unique_ptr<HostJit>(new HostJit(std::move(*jit)));
}

Expected<HostJit::PackedEntry> HostJit::lookupPacked(StringRef function) {
  Expected<orc::ExecutorAddr> address =
      jit->lookup((function + "__packed").str());
  if (!address)
    return address.takeError();
  return address->toPtr<PackedEntry>();
}
