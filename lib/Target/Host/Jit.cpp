// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading objects with ORC, the runtime's symbols given by address.
#include "tessera/Target/Host/Jit.h"

#include "RuntimeFunctions.h"
#include "tessera-c/Program.h"
#include "tessera/Program/HostImage.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

using namespace llvm;
using namespace tessera::host;

llvm::ArrayRef<RuntimeFunction> tessera::host::runtimeFunctions() {
#define TESSERA_ROW(function) {#function, reinterpret_cast<void *>(&function)},
  // What entries of objects call, and what all code calls.
  static const RuntimeFunction rows[] = {
      TESSERA_ROW(tessera_rt_run) TESSERA_ROW(tessera_rt_workspace)
          TESSERA_HOST_CALLEES(TESSERA_ROW)};
#undef TESSERA_ROW
  return rows;
}

/// By address, since a tool does not export the symbols of an archive linked
/// into it.
static orc::SymbolMap runtimeSymbols(orc::LLJIT &jit) {
  orc::SymbolMap symbols;
  for (const RuntimeFunction &row : runtimeFunctions())
    symbols[jit.mangleAndIntern(row.name)] = {
        orc::ExecutorAddr::fromPtr(row.address),
        JITSymbolFlags::Exported | JITSymbolFlags::Callable};
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
