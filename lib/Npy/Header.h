// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text between the magic number of a .npy file and its data.
#ifndef TESSERA_LIB_NPY_HEADER_H
#define TESSERA_LIB_NPY_HEADER_H

#include "tessera/Npy/Npy.h"

#include <string_view>

namespace tessera::npy {

struct Header {
  Dtype dtype;
  std::vector<int64_t> shape;
  int64_t dataBytes; // the product of the shape, known to fit 63 bits
};

/// Parses the dictionary: {'descr': '<f4', 'fortran_order': False,
/// 'shape': (2, 3), }. Errors call the file `name`.
rt::Expected<Header> parseHeader(std::string_view text,
                                 const std::string &name);

/// The dictionary for an array, without padding.
std::string formatHeader(Dtype dtype, std::span<const int64_t> shape);

/// Bytes of an array; -1 if a dimension is negative or they exceed 63 bits.
int64_t countBytes(Dtype dtype, std::span<const int64_t> shape);

/// "name: problem; remedy"
rt::Error fileError(const std::string &name, const std::string &text);

} // namespace tessera::npy

#endif // TESSERA_LIB_NPY_HEADER_H
