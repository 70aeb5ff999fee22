// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors of the libraries without LLVM, as those of LLVM.
#ifndef TESSERA_TOOLS_RUNTIMEERRORS_H
#define TESSERA_TOOLS_RUNTIMEERRORS_H

#include "tessera/Runtime/Expected.h"

#include "llvm/Support/Error.h"

namespace tessera {

inline llvm::Error asLLVM(const rt::Error &error) {
  return error ? llvm::createStringError(error.message())
               : llvm::Error::success();
}

template <typename T>
llvm::Expected<T> asLLVM(rt::Expected<T> value) {
  if (!value)
    return asLLVM(value.error());
  return std::move(*value);
}

} // namespace tessera

#endif // TESSERA_TOOLS_RUNTIMEERRORS_H
