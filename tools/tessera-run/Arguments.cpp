// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Arguments.h"

#include "../Assignments.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <numeric>
#include <unistd.h>

using namespace llvm;

namespace tessera {

static npy::Dtype npyDtypeOf(int32_t dtype) {
  switch (dtype) {
  case TESSERA_BF16:
    return npy::Dtype::BF16;
  case TESSERA_F16:
    return npy::Dtype::F16;
  case TESSERA_I32:
    return npy::Dtype::I32;
  default:
    return npy::Dtype::F32;
  }
}

/// uint16 is how NumPy holds the bits of bf16. Whether a function takes what a
/// file holds, the call itself says.
static tessera_dtype runtimeDtypeOf(npy::Dtype dtype) {
  switch (dtype) {
  case npy::Dtype::BF16:
  case npy::Dtype::U16:
    return TESSERA_BF16;
  case npy::Dtype::F16:
    return TESSERA_F16;
  case npy::Dtype::I32:
    return TESSERA_I32;
  default:
    return TESSERA_F32;
  }
}

/// The name a symbol is set by: "Skv" of "Skv rows".
static StringRef symbolName(StringRef symbol) {
  return symbol.split(' ').first;
}

/// Names of the parameters of one kind.
static std::vector<std::string>
namesWhere(const host::Signature &signature,
           function_ref<bool(const host::SignatureParam &)> wanted) {
  std::vector<std::string> names;
  for (const host::SignatureParam &param : signature.params)
    if (wanted(param))
      names.push_back(param.name);
  return names;
}

static std::optional<size_t> findParam(const host::Signature &signature,
                                       StringRef name) {
  for (auto [index, param] : enumerate(signature.params))
    if (param.name == name)
      return index;
  return std::nullopt;
}

Error Arguments::readFiles(const ArgumentChoices &choices) {
  std::vector<std::string> inputs =
      namesWhere(*signature, [](const host::SignatureParam &param) {
        return param.kind == TESSERA_RT_INPUT;
      });
  for (const auto &entry : choices.files) {
    std::optional<size_t> param = findParam(*signature, entry.getKey());
    if (!param)
      return unknownName("argument", entry.getKey(), inputs);
    if (signature->params[*param].kind != TESSERA_RT_INPUT)
      return createStringError("'" + entry.getKey() +
                               "' is no input tensor; set scalars with --set");
    rt::Expected<npy::Array> array = npy::read(entry.getValue());
    if (!array)
      return createStringError(array.error().message());
    if (array->dtype == npy::Dtype::F64)
      return createStringError("'" + entry.getValue() +
                               "' holds f64; convert it to float32, float16 "
                               "or bfloat16");
    arrays[*param] = std::move(*array);
    fromFile[*param] = true;
    settleExtents(*param);
  }
  return Error::success();
}

/// The extents of a file settle symbols; the call itself checks that all agree.
void Arguments::settleExtents(size_t index) {
  const host::SignatureParam &param = signature->params[index];
  ArrayRef<int64_t> shape = arrays[index].shape;
  if (shape.size() != param.dims.size())
    return;
  for (auto [dim, ref] : enumerate(param.dims)) {
    bool broadcast = shape[dim] == 1 && (param.broadcast >> dim & 1);
    if (ref < 0 && !broadcast && extents[-(ref + 1)] < 0)
      extents[-(ref + 1)] = shape[dim];
  }
}

/// The symbols that tensors have; others are computed, or scalars.
std::vector<size_t> Arguments::tensorSymbols() const {
  std::vector<size_t> found;
  for (size_t symbol : seq(signature->symbols.size()))
    if (any_of(signature->params, [&](const host::SignatureParam &param) {
          return isTensor(param) &&
                 is_contained(param.dims, -tessera_rt_ref(symbol + 1));
        }))
      found.push_back(symbol);
  return found;
}

Error Arguments::takeDims(const ArgumentChoices &choices) {
  std::vector<size_t> symbols = tensorSymbols();
  auto names = map_to_vector(symbols, [&](size_t symbol) {
    return symbolName(signature->symbols[symbol]).str();
  });
  for (const auto &entry : choices.dims) {
    auto found = find(names, entry.getKey());
    if (found == names.end())
      return unknownName("dimension", entry.getKey(), names);
    int64_t &extent = extents[symbols[found - names.begin()]];
    if (extent >= 0 && extent != entry.getValue())
      return createStringError("--dim: '" + entry.getKey() + "' is " +
                               Twine(entry.getValue()) + ", but " +
                               Twine(extent) + " in a file; leave it out");
    extent = entry.getValue();
  }
  return Error::success();
}

Error Arguments::takeScalars(const ArgumentChoices &choices) {
  std::vector<std::string> names = namesWhere(
      *signature, [](const auto &param) { return !isTensor(param); });
  for (const auto &entry : choices.scalars) {
    if (!is_contained(names, entry.getKey()))
      return unknownName("scalar", entry.getKey(), names);
    double value = entry.getValue();
    bool isInteger =
        signature->params[*findParam(*signature, entry.getKey())].kind ==
        TESSERA_RT_SCALAR_I32;
    bool isWhole = value == std::floor(value) && std::abs(value) < 0x1p31;
    if (isInteger && !isWhole)
      return createStringError("--set: '" + entry.getKey() +
                               "' takes a whole number of 32 bits");
  }
  for (auto [index, param] : enumerate(signature->params)) {
    auto given = choices.scalars.find(param.name);
    bool isGivenScalar = given != choices.scalars.end();
    // The largest k, an extent of 8, a usual factor of the scores.
    integers[index] = param.maximum < INT32_MAX ? param.maximum : 8;
    floats[index] = 0.125f;
    if (isGivenScalar) {
      integers[index] = static_cast<int32_t>(given->getValue());
      floats[index] = static_cast<float>(given->getValue());
    }
    if (param.kind == TESSERA_RT_SCALAR_I32 && !param.dims.empty() &&
        param.dims[0] < 0)
      extents[-(param.dims[0] + 1)] = integers[index];
  }
  return Error::success();
}

/// Symbols that a relation computes from known ones.
void Arguments::deriveExtents() {
  auto ceilDiv = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  for (size_t round = 0; round < signature->constraints.size(); ++round)
    for (const host::SignatureConstraint &c : signature->constraints) {
      auto value = [&](int i) { return valueOf(c.operands[i]); };
      int known =
          c.kind == TESSERA_RT_CEIL_DIV || c.kind == TESSERA_RT_PRODUCT ? 1
          : c.kind == TESSERA_RT_VOLUME || c.kind == TESSERA_RT_CUBES   ? 4
                                                                        : 0;
      if (known == 0 || value(0) >= 0 ||
          any_of(seq(1, known + 1), [&](int i) { return value(i) < 0; }))
        continue;
      int64_t &result = extents[-(c.operands[0] + 1)];
      if (c.kind == TESSERA_RT_CEIL_DIV)
        result = ceilDiv(value(1), c.value);
      else if (c.kind == TESSERA_RT_PRODUCT)
        result = value(1) * c.value;
      else if (c.kind == TESSERA_RT_VOLUME)
        result = value(1) + value(2) * value(3) * value(4);
      else
        result =
            ceilDiv(value(1), c.value) + ceilDiv(value(2), c.operands[5]) *
                                             ceilDiv(value(3), c.operands[6]) *
                                             ceilDiv(value(4), c.operands[7]);
    }
}

/// What nobody says: one batch entry, two heads, 1,024 tokens.
void Arguments::chooseExtents() {
  deriveExtents();
  for (auto [index, symbol] : enumerate(signature->symbols)) {
    if (extents[index] >= 0)
      continue;
    StringRef name = symbolName(symbol);
    extents[index] = name.starts_with("B")   ? 1
                     : name.starts_with("H") ? 2
                     : name.starts_with("D") ? 64
                                             : 1024;
    deriveExtents();
  }
}

/// What is to be generated must fit in memory.
Error Arguments::checkMemory() const {
  double bytes = 0;
  for (auto [index, param] : enumerate(signature->params)) {
    if (!isTensor(param) || fromFile[index])
      continue;
    double size = npy::bytesOf(npyDtypeOf(param.dtype));
    for (tessera_rt_ref ref : param.dims)
      size *= valueOf(ref);
    bytes += size;
  }
  double memory = double(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  if (bytes <= memory)
    return Error::success();
  return createStringError(
      formatv("the arguments take {0:F1} GiB, this machine has {1:F1}; choose "
              "smaller dimensions with --dim",
              bytes / 0x1p30, memory / 0x1p30)
          .str());
}

/// The bits of a float as an element of a type.
static uint32_t roundTo(npy::Dtype dtype, float value) {
  APFloat number(value);
  bool inexact;
  if (dtype == npy::Dtype::F16)
    number.convert(APFloat::IEEEhalf(), APFloat::rmNearestTiesToEven, &inexact);
  if (dtype == npy::Dtype::BF16)
    number.convert(APFloat::BFloat(), APFloat::rmNearestTiesToEven, &inexact);
  return number.bitcastToAPInt().getZExtValue();
}

/// Normally distributed floats; zeros of i32, which constraints then fill.
void Arguments::generate(size_t param, std::mt19937_64 &random) {
  npy::Array &array = arrays[param];
  const host::SignatureParam &wanted = signature->params[param];
  array.dtype = npyDtypeOf(wanted.dtype);
  int64_t count = 1;
  for (tessera_rt_ref ref : wanted.dims) {
    array.shape.push_back(valueOf(ref));
    count *= array.shape.back();
  }
  int64_t bytes = npy::bytesOf(array.dtype);
  array.data.assign(count * bytes, std::byte(0));
  if (wanted.kind == TESSERA_RT_OUTPUT || array.dtype == npy::Dtype::I32)
    return;
  std::normal_distribution<float> normal;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits = roundTo(array.dtype, normal(random));
    memcpy(array.data.data() + i * bytes, &bits, bytes);
  }
}

/// As many random blocks as fit, ascending.
void Arguments::fillLists(const host::SignatureConstraint &lists,
                          std::mt19937_64 &random) {
  npy::Array &index = arrays[lists.operands[0]];
  int64_t capacity = index.shape.back(), blocks = valueOf(lists.operands[2]);
  int64_t rows = index.data.size() / 4 / std::max<int64_t>(capacity, 1);
  int32_t count = std::min(capacity, blocks);
  auto *ids = reinterpret_cast<int32_t *>(index.data.data());
  std::vector<int32_t> all(blocks);
  std::iota(all.begin(), all.end(), 0);
  for (int64_t row = 0; row < rows; ++row)
    std::sample(all.begin(), all.end(), ids + row * capacity, count, random);
  if (lists.operands[1] < 0)
    return;
  integers[lists.operands[1]] = count;
  npy::Array &counts = arrays[lists.operands[1]];
  auto *each = reinterpret_cast<int32_t *>(counts.data.data());
  std::fill(each, each + counts.data.size() / 4, count);
}

/// Every block holds what exists.
void Arguments::fillSizes(const host::SignatureConstraint &sizes) {
  npy::Array &array = arrays[sizes.operands[0]];
  int64_t blocks = array.shape.back(), length = valueOf(sizes.operands[1]);
  auto *each = reinterpret_cast<int32_t *>(array.data.data());
  for (size_t i = 0; i < array.data.size() / 4; ++i)
    each[i] =
        std::min<int64_t>(sizes.value, length - (i % blocks) * sizes.value);
}

Expected<Arguments> Arguments::create(const host::Signature &signature,
                                      const ArgumentChoices &choices) {
  Arguments made(signature);
  if (Error error = made.readFiles(choices))
    return error;
  if (Error error = made.takeDims(choices))
    return error;
  if (Error error = made.takeScalars(choices))
    return error;
  made.chooseExtents();
  if (Error error = made.checkMemory())
    return error;
  std::mt19937_64 random(choices.seed);
  for (auto [index, param] : enumerate(signature.params))
    if (isTensor(param) && !made.fromFile[index])
      made.generate(index, random);
  for (const host::SignatureConstraint &constraint : signature.constraints) {
    bool lists = constraint.kind == TESSERA_RT_LISTS;
    if ((!lists && constraint.kind != TESSERA_RT_SIZES) ||
        made.fromFile[constraint.operands[0]])
      continue;
    if (lists)
      made.fillLists(constraint, random);
    else
      made.fillSizes(constraint);
  }
  made.poisonOutputs();
  return made;
}

void Arguments::poisonOutputs() {
  for (auto [param, array] : zip(signature->params, arrays)) {
    if (param.kind != TESSERA_RT_OUTPUT)
      continue;
    int64_t bytes = npy::bytesOf(array.dtype);
    uint32_t poison = array.dtype == npy::Dtype::I32
                          ? static_cast<uint32_t>(-7)
                          : roundTo(array.dtype, std::nanf(""));
    for (size_t at = 0; at < array.data.size(); at += bytes)
      memcpy(array.data.data() + at, &poison, bytes);
  }
}

std::vector<void *> Arguments::pack() {
  std::vector<void *> args;
  tensors.assign(signature->params.size(), {});
  for (auto [index, param] : enumerate(signature->params)) {
    if (!isTensor(param)) {
      args.push_back(param.kind == TESSERA_RT_SCALAR_I32
                         ? static_cast<void *>(&integers[index])
                         : &floats[index]);
      continue;
    }
    npy::Array &array = arrays[index];
    tessera_tensor &tensor = tensors[index];
    tensor.data = array.data.data();
    tensor.dtype = runtimeDtypeOf(array.dtype);
    tensor.rank = array.shape.size();
    int64_t stride = 1;
    for (int dim = std::min(tensor.rank, TESSERA_MAX_RANK) - 1; dim >= 0;
         --dim) {
      tensor.dims[dim] = array.shape[dim];
      tensor.strides[dim] = stride;
      stride *= std::max<int64_t>(array.shape[dim], 1);
    }
    args.push_back(&tensor);
  }
  return args;
}

std::optional<double> Arguments::density() const {
  // Lists among the arguments, or results that are lists: a count of rank 3.
  for (auto [param, array] : zip(signature->params, arrays)) {
    if (param.name != "count" || array.shape.size() != 3)
      continue;
    auto blocks = find_if(signature->symbols, [](StringRef symbol) {
      return symbolName(symbol) == "Nkv";
    });
    if (blocks == signature->symbols.end() || array.data.empty())
      return std::nullopt;
    auto *counts = reinterpret_cast<const int32_t *>(array.data.data());
    size_t rows = array.data.size() / 4;
    double total = std::accumulate(counts, counts + rows, 0.0);
    int64_t all = extents[blocks - signature->symbols.begin()];
    return all == 0 ? std::nullopt : std::optional(total / rows / all);
  }
  return std::nullopt;
}

} // namespace tessera
