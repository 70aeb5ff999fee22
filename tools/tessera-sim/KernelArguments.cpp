// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "KernelArguments.h"

#include "../Assignments.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace llvm;

namespace tessera {

static std::optional<npy::Dtype> dtypeOf(mlir::Type type) {
  mlir::Type element = mlir::getElementTypeOrSelf(type);
  if (auto map = dyn_cast<tile::MapType>(type))
    element = map.getTile().getElement();
  if (element.isF32())
    return npy::Dtype::F32;
  if (element.isF64())
    return npy::Dtype::F64;
  if (element.isBF16())
    return npy::Dtype::BF16;
  if (element.isF16())
    return npy::Dtype::F16;
  if (element.isInteger(32))
    return npy::Dtype::I32;
  return std::nullopt;
}

static Expected<npy::Array> readArray(StringRef path, npy::Dtype wanted) {
  rt::Expected<npy::Array> array = npy::read(path.str());
  if (!array)
    return createStringError(array.error().message());
  // NumPy without ml_dtypes keeps the bits of bf16 as uint16.
  bool isBits = array->dtype == npy::Dtype::U16 && wanted == npy::Dtype::BF16;
  if (array->dtype != wanted && !isBits)
    return createStringError(Twine("'") + path + "' holds " +
                             npy::nameOf(array->dtype) + "; expected " +
                             npy::nameOf(wanted));
  array->dtype = wanted;
  return std::move(*array);
}

static constexpr int64_t kMaxBytes = int64_t(1) << 31; // of one array

/// An array of all ones in its bits, which is NaN, or -1 as an integer: what a
/// kernel leaves unwritten shows.
static Expected<npy::Array> poisonedArray(StringRef name, StringRef text,
                                          npy::Dtype dtype) {
  npy::Array array;
  array.dtype = dtype;
  int64_t bytes = npy::bytesOf(dtype);
  SmallVector<StringRef> extents;
  text.split(extents, 'x');
  for (StringRef extent : extents) {
    int64_t number;
    bool isExtent =
        !extent.getAsInteger(10, number) && number >= 0 && number <= INT32_MAX;
    bytes = isExtent ? bytes * number : -1;
    if (bytes < 0 || bytes > kMaxBytes)
      return createStringError("--shape: '" + text + "' is no shape of '" +
                               name + "'; write extents as 2x12x256x128");
    array.shape.push_back(number);
  }
  array.data.assign(bytes, std::byte(0xff));
  return array;
}

Error KernelArguments::bind(const KernelChoices &choices, size_t parameter,
                            mlir::Type type) {
  const std::string &name = names[parameter];
  if (type.isIntOrIndexOrFloat()) {
    auto scalar = choices.scalars.find(name);
    if (scalar == choices.scalars.end())
      return createStringError("'" + name + "' has no value; add --set " +
                               name + "=NUMBER");
    double number = scalar->getValue();
    if (isa<mlir::FloatType>(type))
      arguments[parameter] = number;
    else if (number == std::floor(number) && std::abs(number) < 0x1p53)
      arguments[parameter] = static_cast<int64_t>(number);
    else
      return createStringError("--set: '" + name + "' takes a whole number");
    return Error::success();
  }
  auto file = choices.files.find(name), shape = choices.shapes.find(name);
  bool hasFile = file != choices.files.end();
  if (hasFile == (shape != choices.shapes.end()))
    return createStringError("'" + name + "' wants one of --input " + name +
                             "=FILE.npy and, if it is a result, --shape " +
                             name + "=2x12x256x128");
  std::optional<npy::Dtype> dtype = dtypeOf(type);
  if (!dtype)
    return createStringError("'" + name + "' has elements that no file holds");
  Expected<npy::Array> array =
      hasFile ? readArray(file->getValue(), *dtype)
              : poisonedArray(name, shape->getValue(), *dtype);
  if (!array)
    return array.takeError();
  given[parameter] = std::move(*array);
  arguments[parameter] = sim::ArrayView();
  return Error::success();
}

Expected<KernelArguments>
KernelArguments::create(const KernelSource &source,
                        const KernelChoices &choices) {
  KernelArguments made;
  made.names = source.parameters;
  auto checkNames = [&](const auto &choices) -> Error {
    for (StringRef name : choices.keys())
      if (!is_contained(made.names, name))
        return unknownName("parameter", name, made.names);
    return Error::success();
  };
  if (Error error = joinErrors(
          joinErrors(checkNames(choices.files), checkNames(choices.shapes)),
          joinErrors(checkNames(choices.results), checkNames(choices.scalars))))
    return error;
  ArrayRef<mlir::Type> types = tile::KernelOp(source.kernel).getArgumentTypes();
  made.given.resize(types.size());
  made.arguments.resize(types.size());
  for (auto [parameter, type] : enumerate(types))
    if (Error error = made.bind(choices, parameter, type))
      return error;
  return made;
}

std::vector<sim::Argument> KernelArguments::renew() {
  arrays = given;
  std::vector<sim::Argument> all = arguments;
  for (auto [argument, array] : zip(all, arrays))
    if (std::holds_alternative<sim::ArrayView>(argument))
      argument = sim::rowMajor(array.data.data(), array.shape);
  return all;
}

bool KernelArguments::sameArrays(const KernelArguments &other) const {
  return all_of_zip(arrays, other.arrays, [](const auto &a, const auto &b) {
    return a.data == b.data;
  });
}

Error KernelArguments::write(const StringMap<std::string> &results) const {
  for (auto [name, array] : zip(names, arrays)) {
    auto result = results.find(name);
    if (result == results.end())
      continue;
    if (rt::Error error = npy::write(result->getValue(), array.view()))
      return createStringError(error.message());
  }
  return Error::success();
}

} // namespace tessera
