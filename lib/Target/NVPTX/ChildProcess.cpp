// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ChildProcess.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

using namespace llvm;

namespace tessera::nvptx {

Expected<PrivateFolder> PrivateFolder::create() {
  SmallString<128> path;
  sys::path::system_temp_directory(/*ErasedOnReboot=*/true, path);
  sys::path::append(path, "tessera-XXXXXX");
  std::string folder = path.str().str();
  // LLVM's createUniqueDirectory() lets the group in.
  if (!mkdtemp(folder.data())) {
    std::error_code wrong(errno, std::generic_category());
    return createStringError(
        wrong, "cannot make a folder for temporary files in '" +
                   sys::path::parent_path(folder) + "': " + wrong.message() +
                   "; name one that can be written in TMPDIR");
  }
  return PrivateFolder(std::move(folder));
}

PrivateFolder::PrivateFolder(PrivateFolder &&other) noexcept
    : folder(std::exchange(other.folder, "")) {}

PrivateFolder::~PrivateFolder() {
  if (!folder.empty()) [[maybe_unused]]
    std::error_code nobodyToTell = sys::fs::remove_directories(folder);
}

std::string PrivateFolder::file(StringRef name) const {
  SmallString<128> path(folder);
  sys::path::append(path, name);
  return path.str().str();
}

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
