// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "OutputFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

using namespace llvm;
namespace fs = llvm::sys::fs;

namespace tessera {

Error OutputFile::failure(std::error_code wrong) const {
  return createStringError(wrong,
                           "cannot write '" + path + "': " + wrong.message());
}

static std::string behindLinks(StringRef path) {
  SmallString<128> place;
  return fs::real_path(path, place) ? path.str() : place.str().str();
}

/// A name of what this process has open, such as /dev/stdout: a file put in its
/// place would be another.
static bool isDescriptor(StringRef path) {
  SmallString<128> folder;
  if (path == "/dev/stdout" || path == "/dev/stderr")
    return true;
  return !fs::real_path(sys::path::parent_path(path), folder) &&
         folder.starts_with("/proc/");
}

/// Where nothing is, or a regular file: beside it.
Error OutputFile::openDraft(bool isThere, fs::perms permissions) {
  if (isThere)
    if (std::error_code wrong = fs::access(path, fs::AccessMode::Write))
      return failure(wrong);
  place = behindLinks(path);
  Expected<fs::TempFile> file =
      fs::TempFile::create(place + ".%%%%%%.tmp", fs::all_read | fs::all_write);
  if (!file)
    return failure(errorToErrorCode(file.takeError()));
  draft = std::make_unique<fs::TempFile>(std::move(*file));
  if (isThere)
    if (std::error_code wrong = fs::setPermissions(draft->FD, permissions))
      return failure(wrong);
  owned = std::make_unique<raw_fd_ostream>(draft->FD, /*shouldClose=*/false);
  stream = owned.get();
  return Error::success();
}

Error OutputFile::openDirectly() {
  if (path == "-") {
    stream = &outs();
    return Error::success();
  }
  std::error_code wrong;
  owned = std::make_unique<raw_fd_ostream>(path, wrong);
  stream = owned.get();
  return wrong ? failure(wrong) : Error::success();
}

Expected<OutputFile> OutputFile::open(StringRef path) {
  OutputFile file(path);
  fs::file_status status;
  bool isThere = path != "-" && !fs::status(path, status);
  bool isDirect = path == "-" || isDescriptor(path) ||
                  (isThere && !fs::is_regular_file(status));
  Error error = isDirect ? file.openDirectly()
                         : file.openDraft(isThere, status.permissions());
  if (error)
    return std::move(error);
  return std::move(file);
}

OutputFile::~OutputFile() {
  if (owned)
    owned->clear_error(); // else the stream ends the program
  owned.reset();
  if (draft)
    consumeError(draft->discard());
}

Error OutputFile::complete() {
  stream->flush();
  std::error_code wrong = stream->error();
  stream->clear_error();
  return wrong ? failure(wrong) : Error::success();
}

Error OutputFile::appear() {
  if (!draft)
    return Error::success();
  owned.reset();
  Error error = draft->keep(place);
  draft.reset();
  return error ? failure(errorToErrorCode(std::move(error))) : std::move(error);
}

Error OutputFile::keep(MutableArrayRef<OutputFile> files) {
  for (OutputFile &file : files)
    if (Error error = file.complete())
      return error;
  for (OutputFile &file : reverse(files))
    if (Error error = file.appear())
      return error;
  return Error::success();
}

Error writeFile(StringRef path, StringRef content) {
  Expected<OutputFile> file = OutputFile::open(path);
  if (!file)
    return file.takeError();
  file->os() << content;
  return OutputFile::keep(*file);
}

} // namespace tessera
