// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleSource.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace tessera {

static bool isControl(char c) {
  return (static_cast<unsigned char>(c) < ' ' && !isSpace(c)) || c == '\x7f';
}

Expected<std::unique_ptr<MemoryBuffer>> openModule(StringRef path) {
  std::string error;
  std::unique_ptr<MemoryBuffer> source = mlir::openInputFile(path, &error);
  if (!source)
    return createStringError(error);
  StringRef text = source->getBuffer();
  const char *control = find_if(text, isControl);
  if (control != text.end() && !mlir::isBytecode(*source))
    return createStringError(
        "'" + path + "' is no MLIR: there is a byte " +
        utohexstr(static_cast<unsigned char>(*control), /*LowerCase=*/true) +
        " (hexadecimal) at offset " + Twine(control - text.begin()) +
        "; give text or MLIR's bytecode");
  return source;
}

} // namespace tessera
