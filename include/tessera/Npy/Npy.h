// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays in NumPy's .npy files: formats 1.0 and 2.0, C order, little-endian.
#ifndef TESSERA_NPY_NPY_H
#define TESSERA_NPY_NPY_H

#include "tessera/Runtime/Expected.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tessera::npy {

/// Element types. NumPy has no bfloat16 of its own: it stores the one of
/// ml_dtypes as two raw bytes ('<V2'), which read as BF16 here. Programs
/// without ml_dtypes store the bits as uint16; those read as U16, and it is for
/// the caller to say that they mean bfloat16.
enum class Dtype { F32, F16, BF16, F64, I32, U16 };

/// Bytes of one element.
int64_t bytesOf(Dtype dtype);
/// "f32", "bf16", ..
const char *nameOf(Dtype dtype);

/// Elements in C order that somebody else owns.
struct View {
  Dtype dtype;
  std::span<const int64_t> shape;
  const void *data;
};

/// Elements in C order.
struct Array {
  Dtype dtype = Dtype::F32;
  std::vector<int64_t> shape;
  std::vector<std::byte> data;

  int64_t elements() const { return int64_t(data.size()) / bytesOf(dtype); }
  View view() const { return {dtype, shape, data.data()}; }
};

/// Reads `path` whole. Errors name the file and what is wrong with it: not
/// there, not .npy, cut short or too long, Fortran order, another element type.
rt::Expected<Array> read(const std::string &path);

/// Like read(), of bytes in memory; errors call them `name`.
rt::Expected<Array> parse(std::span<const std::byte> file,
                          const std::string &name);

/// Writes `path`, whole or not at all: under another name in the same folder
/// first, then renamed. Replaces a regular file, refuses to replace others.
rt::Error write(const std::string &path, const View &array);

} // namespace tessera::npy

#endif // TESSERA_NPY_NPY_H
