// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From an object to a shared object, by lld as a library.
#include "EmitImage.h"
#include "tessera/Target/PrivateFolder.h"

#include "lld/Common/Driver.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace llvm;

namespace tessera::host {

static Error cannotWrite(StringRef path, std::error_code error) {
  return createStringError(error, "cannot write '" + path +
                                      "': " + error.message() +
                                      "; name another folder in TMPDIR");
}

static Error writeFile(StringRef path, StringRef contents) {
  std::error_code error;
  raw_fd_ostream stream(path, error);
  if (error)
    return cannotWrite(path, error);
  stream << contents;
  stream.close();
  if (!stream.has_error())
    return Error::success();
  error = stream.error();
  stream.clear_error();
  return cannotWrite(path, error);
}

/// lld has state of its own for the process.
static Error runLinker(ArrayRef<StringRef> args) {
  static std::mutex mutex;
  std::scoped_lock lock(mutex);
  // The threads of a program are its own.
  SmallVector<std::string> copies = {
      "ld.lld", "-m", "elf_x86_64", "-shared", "--threads=1",
      "-O1",    "-z", "now",        "-z",      "relro"};
  append_range(copies,
               map_range(args, [](StringRef arg) { return arg.str(); }));
  SmallVector<const char *> chars;
  for (const std::string &copy : copies)
    chars.push_back(copy.c_str());
  std::string said;
  raw_string_ostream stream(said);
  lld::Result result =
      lld::lldMain(chars, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode == 0)
    return Error::success();
  return createStringError("internal: the image was not linked: " +
                           StringRef(said).trim() + "; please report this");
}

/// The names of the files do not get into what is made of them.
Expected<std::unique_ptr<MemoryBuffer>> linkImage(MemoryBufferRef object) {
  Expected<PrivateFolder> folder = PrivateFolder::create();
  if (!folder)
    return folder.takeError();
  std::string objectFile = folder->file("image.o"),
              nothing = folder->file("nothing"), libm = folder->file("libm.so"),
              image = folder->file("image.so");
  if (Error error = writeFile(objectFile, object.getBuffer()))
    return error;
  if (Error error = writeFile(nothing, ""))
    return error;
  // A library without symbols, so that whoever loads the image loads libm, and
  // libc with it. Its functions are those of the first version, which every
  // system has.
  if (Error error = runLinker(
          {"-soname", "libm.so.6", "--format=binary", nothing, "-o", libm}))
    return error;
  if (Error error = runLinker(
          {"--no-as-needed", "--gc-sections", objectFile, libm, "-o", image}))
    return error;
  auto bytes = MemoryBuffer::getFile(image, /*IsText=*/false,
                                     /*RequiresNullTerminator=*/false,
                                     /*IsVolatile=*/true);
  if (!bytes)
    return createFileError(image, bytes.getError());
  return std::move(*bytes);
}

} // namespace tessera::host
