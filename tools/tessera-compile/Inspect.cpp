// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../RuntimeErrors.h"
#include "Output.h"
#include "tessera/Program/Bundle.h"
#include "tessera/Program/Print.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace tessera {

namespace {
class StreamOutput : public program::Output {
public:
  explicit StreamOutput(raw_ostream &stream) : Output(write), stream(stream) {}

private:
  static void write(Output &self, const char *text, size_t length) {
    static_cast<StreamOutput &>(self).stream.write(text, length);
  }
  raw_ostream &stream;
};
} // namespace

/// Code of a program: where a file has it.
using FindImage =
    function_ref<std::span<const std::byte>(const program::Image &)>;

static Error inspectProgram(std::span<const std::byte> record, FindImage find,
                            raw_ostream &out) {
  auto program = asLLVM(program::Program::open(record));
  if (!program)
    return program.takeError();
  for (const program::Image &image : program->images())
    if (Error error = asLLVM(
            program::checkImage(image, find(image), program->function())))
      return error;
  StreamOutput output(out);
  program::printProgram(*program, output);
  return Error::success();
}

/// Bytes at a multiple of 8, where records are read.
static std::vector<uint64_t> copyAligned(StringRef bytes) {
  std::vector<uint64_t> words((bytes.size() + 7) / 8);
  llvm::copy(bytes, reinterpret_cast<char *>(words.data()));
  return words;
}

static Error inspectBundle(StringRef file, raw_ostream &out) {
  std::vector<uint64_t> words = copyAligned(file);
  auto bundle = asLLVM(program::Bundle::open(
      std::as_bytes(std::span(words)).first(file.size())));
  if (!bundle)
    return bundle.takeError();
  auto find = [&](const program::Image &image) {
    return bundle->image(image.hash);
  };
  for (size_t i = 0; i < bundle->programCount(); ++i)
    if (Error error = inspectProgram(bundle->record(i), find, out))
      return error;
  return Error::success();
}

/// What an ELF file has under the names of its symbols.
static Expected<StringMap<StringRef>> readSymbols(MemoryBufferRef file) {
  auto object = object::ObjectFile::createObjectFile(file);
  if (!object)
    return object.takeError();
  StringMap<StringRef> found;
  for (const object::ELFSymbolRef symbol : (*object)->symbols()) {
    if (symbol.getELFType() != ELF::STT_OBJECT)
      continue; // sections are called like what is in them
    Expected<StringRef> name = symbol.getName();
    Expected<object::section_iterator> section = symbol.getSection();
    Expected<uint64_t> address = symbol.getAddress();
    bool isIn =
        name && section && address && *section != (*object)->section_end();
    Expected<StringRef> contents =
        isIn ? (*section)->getContents() : StringRef();
    if (Error error =
            joinErrors(joinErrors(name.takeError(), section.takeError()),
                       joinErrors(address.takeError(), contents.takeError())))
      return error;
    if (isIn)
      found[*name] = contents->substr(*address - (*section)->getAddress(),
                                      symbol.getSize());
  }
  return found;
}

/// An object, or what objects were linked to, as long as it has its symbols.
static Error inspectObject(MemoryBufferRef file, raw_ostream &out) {
  Expected<StringMap<StringRef>> symbols = readSymbols(file);
  if (!symbols)
    return symbols.takeError();
  auto find = [&](const program::Image &image) {
    StringRef code = symbols->lookup(std::string("image__") +
                                     program::HashName(image.hash).digits);
    return std::as_bytes(std::span(code.data(), code.size()));
  };
  SmallVector<StringRef> names;
  for (const auto &symbol : *symbols)
    if (symbol.getKey().ends_with("__record"))
      names.push_back(symbol.getKey());
  llvm::sort(names);
  for (StringRef name : names) {
    std::vector<uint64_t> words = copyAligned(symbols->lookup(name));
    if (Error error =
            inspectProgram(std::as_bytes(std::span(words)), find, out))
      return error;
  }
  return names.empty() ? createStringError("it has no symbol of a record")
                       : Error::success();
}

Expected<std::string> inspect(StringRef path) {
  auto file = MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/false,
                                           /*RequiresNullTerminator=*/false);
  if (!file)
    return createStringError("--inspect: cannot read '" + path +
                             "': " + file.getError().message());
  StringRef bytes = (*file)->getBuffer();
  constexpr size_t kMachine = 18; // e_machine, of which a bundle has none
  bool isObject = bytes.starts_with("\x7f"
                                    "ELF") &&
                  bytes.size() > kMachine && bytes[kMachine] != 0;
  std::string text;
  raw_string_ostream out(text);
  if (Error error =
          isObject ? inspectObject(**file, out) : inspectBundle(bytes, out))
    return joinErrors(
        createStringError("--inspect: '" + path + "' is no " +
                          (isObject ? "object of ours" : "bundle")),
        std::move(error));
  return text;
}

} // namespace tessera
