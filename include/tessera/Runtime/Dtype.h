// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types in words and bytes, for errors and for the comments of C
// headers. They come as numbers: a caller in C may have stored any.
#ifndef TESSERA_RUNTIME_DTYPE_H
#define TESSERA_RUNTIME_DTYPE_H

#include "tessera-c/Runtime.h"

namespace tessera::rt {

constexpr const char *dtypeName(int32_t dtype) {
  switch (dtype) {
  case TESSERA_F32:
    return "f32";
  case TESSERA_BF16:
    return "bf16";
  case TESSERA_F16:
    return "f16";
  case TESSERA_I32:
    return "i32";
  default:
    return "an unknown type";
  }
}

constexpr int64_t dtypeBytes(int32_t dtype) {
  return dtype == TESSERA_BF16 || dtype == TESSERA_F16 ? 2 : 4;
}

} // namespace tessera::rt

#endif // TESSERA_RUNTIME_DTYPE_H
