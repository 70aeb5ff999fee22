// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a value of the program is while the program runs.
#ifndef TESSERA_LIB_SIMULATOR_VALUE_H
#define TESSERA_LIB_SIMULATOR_VALUE_H

#include "tessera/Simulator/Simulator.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <memory>
#include <optional>

namespace tessera::sim {

/// A scalar or an element. Integers are kept sign-extended, i1 as 0 and -1;
/// floats as the double that equals them.
union Number {
  int64_t integer;
  double real;
};
inline Number integerNumber(int64_t integer) { return {.integer = integer}; }
inline Number realNumber(double real) { return {.real = real}; }

/// How numbers of a type are rounded, and lie in memory.
struct Format {
  enum Kind { Integer, BF16, F16, F32, F64 };
  Kind kind;
  unsigned bits;

  /// Of a scalar type, or the elements of a tensor, memref or buffer; none for
  /// other types.
  static std::optional<Format> of(mlir::Type type);
  bool isInteger() const { return kind == Integer; }
  int64_t bytes() const { return (bits + 7) / 8; }
  /// The nearest number of the format; of an integer its lowest bits.
  Number round(Number number) const;
  Number load(const void *from) const;
  void store(void *to, Number number) const;
};

/// A tensor in registers, in C order; rows of one element are one column.
struct Matrix {
  Matrix(int64_t rows, int64_t columns)
      : rows(rows), columns(columns), elements(rows * columns) {}
  explicit Matrix(mlir::RankedTensorType type)
      : Matrix(type.getDimSize(0),
               type.getRank() == 1 ? 1 : type.getDimSize(1)) {}

  Number &at(int64_t row, int64_t column) {
    return elements[row * columns + column];
  }
  Number at(int64_t row, int64_t column) const {
    return elements[row * columns + column];
  }

  int64_t rows, columns;
  std::vector<Number> elements;
};
using MatrixRef = std::shared_ptr<const Matrix>;

struct Lane;
struct Product;
struct Ring;

/// The stage of a lane that one filling of it is in.
struct StageRef {
  Lane *lane;
  int64_t filling; ///< counts the fillings of the lane
};

using Cell = std::variant<std::monostate, Number, MatrixRef, const ArrayView *,
                          Ring *, StageRef, std::shared_ptr<Product>>;

Cell constantCell(mlir::TypedAttr value);

/// Where in its view an element lies; none outside.
std::optional<int64_t> offsetOf(const ArrayView &view,
                                llvm::ArrayRef<int64_t> indices);
/// "index 1 is 9, outside 0 .. 7", of the first that is.
std::string whyOutside(const ArrayView &view, llvm::ArrayRef<int64_t> indices);
inline void *elementOf(const ArrayView &view, Format format, int64_t offset) {
  return static_cast<char *>(view.data) + offset * format.bytes();
}

} // namespace tessera::sim

#endif // TESSERA_LIB_SIMULATOR_VALUE_H
