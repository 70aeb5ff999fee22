// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One run of ptxas.
#include "ChildProcess.h"
#include "tessera/Target/NVPTX/Assembler.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace tessera::nvptx {

static Error writeFile(const std::string &path, StringRef text) {
  std::error_code error;
  raw_fd_ostream stream(path, error, sys::fs::CD_CreateNew);
  if (!error) {
    stream << text;
    stream.close();
    error = stream.error();
    stream.clear_error();
  }
  return error ? createFileError(path, error) : Error::success();
}

/// The report without the name of a folder that is gone when it is read.
static std::string withoutFolder(StringRef report, StringRef folder) {
  std::string text, prefix = folder.str() + "/";
  for (size_t end; (end = report.find(prefix)) != StringRef::npos;
       report = report.substr(end + prefix.size()))
    text += report.take_front(end);
  return text + report.str();
}

static Expected<Cubin> runAssembler(StringRef ptx, const Chip &chip,
                                    const Assembler &assembler,
                                    bool withLines) {
  Expected<PrivateFolder> folder = PrivateFolder::create();
  if (!folder)
    return folder.takeError();
  std::string source = folder->file("kernels.ptx");
  std::string target = folder->file("kernels.cubin");
  if (Error error = writeFile(source, ptx))
    return error;
  std::vector<std::string> flags = {"-arch", chip.name.str(), "-v",
                                    "-o",    target,          source};
  if (withLines)
    flags.emplace_back("-lineinfo");
  Expected<ProgramAnswer> answer = runProgram(assembler.path, flags, *folder);
  if (!answer)
    return answer.takeError();
  std::string report = withoutFolder(answer->text, folder->path());
  if (answer->exitCode != 0)
    return createStringError(inconvertibleErrorCode(),
                             assembler.describe() + " refused the PTX:\n" +
                                 StringRef(report).rtrim());
  Expected<std::vector<KernelResources>> kernels = parseResources(report);
  if (!kernels)
    return kernels.takeError();
  auto elf = MemoryBuffer::getFile(target, /*IsText=*/false,
                                   /*RequiresNullTerminator=*/false);
  if (!elf)
    return createFileError(target, elf.getError());
  return Cubin{std::move(*elf), std::move(*kernels), assembler};
}

Expected<Cubin> assemble(StringRef ptx, const Chip &chip,
                         const Assembler &assembler, StageTimes *times,
                         bool withLines) {
  return measureStage(times, "cubin", [&] {
    return runAssembler(ptx, chip, assembler, withLines);
  });
}

} // namespace tessera::nvptx
