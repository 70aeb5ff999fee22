// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ObjectSymbols.h"

#include "FunctionNames.h"
#include "RuntimeFunctions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Object/ObjectFile.h"

using namespace llvm;

namespace tessera::host {

/// Names that begin so are of C++, and of libraries besides the C library.
static bool isInCLibrary(StringRef name) {
  return !name.starts_with("_Z") && isLibraryFunction(name);
}

static bool isInRuntime(StringRef name) {
  return any_of(runtimeFunctions(), [&](const RuntimeFunction &function) {
    return function.name == name;
  });
}

static bool isLinked(StringRef name, Form form) {
  return name == "_GLOBAL_OFFSET_TABLE_" || isInCLibrary(name) ||
         (form == Form::Object && isInRuntime(name));
}

Error checkUndefinedSymbols(MemoryBufferRef elf, Form form) {
  auto object = object::ObjectFile::createObjectFile(elf);
  if (!object)
    return object.takeError();
  for (const object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    bool isUndefined = *flags & object::SymbolRef::SF_Undefined;
    if (isUndefined && !name->empty() && !isLinked(*name, form))
      return createStringError(
          inconvertibleErrorCode(),
          "the object needs '" + *name +
              "', which neither libtessera_rt nor the C library has");
  }
  return Error::success();
}

} // namespace tessera::host
