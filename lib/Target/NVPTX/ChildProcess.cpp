// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ChildProcess.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

using namespace llvm;

namespace tessera::nvptx {

Expected<ProgramAnswer> runProgram(const std::string &program,
                                   ArrayRef<std::string> arguments,
                                   const PrivateFolder &folder) {
  SmallVector<StringRef> words = {program};
  words.append(arguments.begin(), arguments.end());
  std::string output = folder.file("output.txt"), error;
  // A program before may have written more there than this one is going to.
  if (std::error_code wrong = sys::fs::remove(output))
    return createFileError(output, wrong);
  int exitCode =
      sys::ExecuteAndWait(program, words, /*Env=*/std::nullopt,
                          {StringRef(""), StringRef(output), StringRef(output)},
                          /*SecondsToWait=*/0, /*MemoryLimit=*/0, &error);
  if (exitCode < 0)
    return createStringError(inconvertibleErrorCode(),
                             program + " did not run to its end: " + error);
  auto text = MemoryBuffer::getFile(output, /*IsText=*/true);
  if (!text)
    return createFileError(output, text.getError());
  return ProgramAnswer{exitCode, (*text)->getBuffer().str()};
}

} // namespace tessera::nvptx
