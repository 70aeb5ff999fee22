// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Value.h"

#include "tessera/Oracle/Half.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <cstring>

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

std::optional<Format> Format::of(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (auto buffer = dyn_cast<tile::BufferType>(element))
    element = buffer.getElement();
  if (element.isIndex())
    return Format{Integer, 64};
  if (auto integer = dyn_cast<IntegerType>(element);
      integer && integer.getWidth() <= 64)
    return Format{Integer, integer.getWidth()};
  if (element.isBF16())
    return Format{BF16, 16};
  if (element.isF16())
    return Format{F16, 16};
  if (element.isF32())
    return Format{F32, 32};
  if (element.isF64())
    return Format{F64, 64};
  return std::nullopt;
}

Number Format::round(Number number) const {
  switch (kind) {
  case Integer:
    return integerNumber(llvm::SignExtend64(number.integer, bits));
  case BF16:
    return realNumber(oracle::roundTo(oracle::Element::BF16, number.real));
  case F16:
    return realNumber(oracle::roundTo(oracle::Element::F16, number.real));
  case F32:
    return realNumber(static_cast<float>(number.real));
  case F64:
    break;
  }
  return number;
}

template <typename T>
static T read(const void *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
static void write(void *to, T value) {
  std::memcpy(to, &value, sizeof value);
}

Number Format::load(const void *from) const {
  switch (kind) {
  case Integer: {
    int64_t bits = 0; // little-endian, as the host is
    std::memcpy(&bits, from, bytes());
    return round(integerNumber(bits));
  }
  case BF16:
    return realNumber(oracle::fromBF16(read<uint16_t>(from)));
  case F16:
    return realNumber(oracle::fromF16(read<uint16_t>(from)));
  case F32:
    return realNumber(read<float>(from));
  case F64:
    break;
  }
  return realNumber(read<double>(from));
}

void Format::store(void *to, Number number) const {
  switch (kind) {
  case Integer:
    std::memcpy(to, &number.integer, bytes());
    return;
  case BF16:
    return write(to, oracle::toBF16(number.real));
  case F16:
    return write(to, oracle::toF16(number.real));
  case F32:
    return write(to, static_cast<float>(number.real));
  case F64:
    return write(to, number.real);
  }
}

static Number numberOf(Attribute value) {
  if (auto real = dyn_cast<FloatAttr>(value)) {
    APFloat number = real.getValue();
    bool inexact;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                   &inexact);
    return realNumber(number.convertToDouble());
  }
  return integerNumber(cast<IntegerAttr>(value).getValue().getSExtValue());
}

Cell sim::constantCell(TypedAttr value) {
  auto elements = dyn_cast<DenseElementsAttr>(value);
  if (!elements)
    return numberOf(value);
  auto matrix =
      std::make_shared<Matrix>(cast<RankedTensorType>(value.getType()));
  if (elements.isSplat())
    matrix->elements.assign(matrix->elements.size(),
                            numberOf(elements.getSplatValue<Attribute>()));
  else
    llvm::transform(elements.getValues<Attribute>(), matrix->elements.begin(),
                    numberOf);
  return MatrixRef(matrix);
}

ArrayView sim::rowMajor(void *data, ArrayRef<int64_t> dims) {
  ArrayView view{data, SmallVector<int64_t, 4>(dims), {}};
  view.strides.resize(dims.size());
  int64_t stride = 1;
  for (size_t dim = dims.size(); dim-- > 0; stride *= dims[dim])
    view.strides[dim] = stride;
  return view;
}

static bool isInside(const ArrayView &view, size_t dim, int64_t index) {
  return index >= 0 && index < view.dims[dim];
}

std::optional<int64_t> sim::offsetOf(const ArrayView &view,
                                     ArrayRef<int64_t> indices) {
  int64_t offset = 0;
  for (auto [dim, index] : llvm::enumerate(indices)) {
    if (!isInside(view, dim, index))
      return std::nullopt;
    offset += index * view.strides[dim];
  }
  return offset;
}

std::string sim::whyOutside(const ArrayView &view, ArrayRef<int64_t> indices) {
  size_t dim = 0;
  while (isInside(view, dim, indices[dim]))
    ++dim;
  return llvm::formatv("index {0} is {1}, outside 0 .. {2}", dim, indices[dim],
                       view.dims[dim] - 1);
}
