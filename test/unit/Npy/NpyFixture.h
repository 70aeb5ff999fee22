// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// .npy files as bytes, made by hand.
#ifndef TESSERA_TEST_UNIT_NPY_NPYFIXTURE_H
#define TESSERA_TEST_UNIT_NPY_NPYFIXTURE_H

#include "tessera/Npy/Npy.h"

#include <cstring>
#include <gtest/gtest.h>
#include <numeric>

namespace tessera::npy {

/// A file of a format version, with a dictionary and that many bytes of data,
/// counting up.
inline std::string makeFile(const std::string &dictionary, size_t dataBytes,
                            int version = 1) {
  std::string file("\x93NUMPY", 6);
  file += char(version);
  file += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    file += char(dictionary.size() >> (8 * i) & 0xff);
  file += dictionary;
  for (size_t i = 0; i < dataBytes; ++i)
    file += char(i);
  return file;
}

inline rt::Expected<Array> parseText(const std::string &file) {
  return parse(std::as_bytes(std::span(file)), "x.npy");
}

/// The error of a file, "" if it parses.
inline std::string errorOf(const std::string &file) {
  return parseText(file).error().message();
}

template <typename T>
Array makeArray(Dtype dtype, std::vector<int64_t> shape,
                std::vector<T> values) {
  Array array{dtype, std::move(shape), {}};
  array.data.resize(values.size() * sizeof(T));
  if (!values.empty())
    std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

} // namespace tessera::npy

#endif // TESSERA_TEST_UNIT_NPY_NPYFIXTURE_H
