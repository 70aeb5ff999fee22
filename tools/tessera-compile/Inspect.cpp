// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../RuntimeErrors.h"
#include "Output.h"
#include "tessera/Program/Bundle.h"
#include "tessera/Program/Print.h"

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

static Error inspectProgram(const program::Bundle &bundle, size_t number,
                            raw_ostream &out) {
  auto program = asLLVM(program::Program::open(bundle.record(number)));
  if (!program)
    return program.takeError();
  for (const program::Image &image : program->images())
    if (Error error = asLLVM(program::checkImage(
            image, bundle.image(image.hash), program->function())))
      return error;
  StreamOutput output(out);
  program::printProgram(*program, output);
  return Error::success();
}

Expected<std::string> inspectBundle(StringRef path) {
  auto file = MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/false,
                                           /*RequiresNullTerminator=*/false);
  if (!file)
    return createStringError("--inspect: cannot read '" + path +
                             "': " + file.getError().message());
  // Records are read where they lie, which must be a multiple of 8.
  std::vector<uint64_t> words(((*file)->getBufferSize() + 7) / 8);
  llvm::copy((*file)->getBuffer(), reinterpret_cast<char *>(words.data()));
  std::span<const std::byte> bytes = std::as_bytes(std::span(words));
  auto bundle =
      asLLVM(program::Bundle::open(bytes.first((*file)->getBufferSize())));
  if (!bundle)
    return joinErrors(
        createStringError("--inspect: '" + path + "' is no bundle"),
        bundle.takeError());
  std::string text;
  raw_string_ostream out(text);
  for (size_t i = 0; i < bundle->programCount(); ++i)
    if (Error error = inspectProgram(*bundle, i, out))
      return error;
  return text;
}

} // namespace tessera
