// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Arguments.h"

#include "Assignments.h"

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

npy::Dtype npyDtypeOf(int32_t dtype) {
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

using program::Constraint;
using program::ConstraintKind;
using program::Expression;
using program::ExpressionKind;
using program::Index;
using program::Param;
using program::ParamKind;
using program::Program;

/// Names of the arguments of one kind.
static std::vector<std::string>
namesWhere(const Program &program, ArrayRef<Param> params,
           function_ref<bool(const Param &)> wanted) {
  std::vector<std::string> names;
  for (const Param &param : params)
    if (wanted(param))
      names.emplace_back(program.text(param.name));
  return names;
}

static std::optional<size_t> findParam(const Program &program,
                                       ArrayRef<Param> params, StringRef name) {
  for (auto [index, param] : enumerate(params))
    if (program.text(param.name) == name)
      return index;
  return std::nullopt;
}

program::Value *Arguments::symbolOf(Index expression) {
  const Expression &e = program.expressions()[size_t(expression)];
  return e.kind == ExpressionKind::Symbol ? &symbols[size_t(e.a)] : nullptr;
}

std::vector<program::Value> Arguments::evaluate() const {
  std::vector<program::SymbolValue> found(symbols.size());
  for (auto [at, value] : zip(found, symbols))
    at.value = value;
  std::vector<program::Value> values(program.expressions().size());
  program::evaluate(program, {found, nullptr, nullptr}, values);
  return values;
}

Error Arguments::readFiles(const ArgumentChoices &choices) {
  std::vector<std::string> inputs =
      namesWhere(program, params(), [](const Param &param) {
        return param.kind == ParamKind::Input;
      });
  for (const auto &entry : choices.files) {
    std::optional<size_t> param = findParam(program, params(), entry.getKey());
    if (!param)
      return unknownName("argument", entry.getKey(), inputs);
    if (params()[*param].kind != ParamKind::Input)
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
  const Param &param = params()[index];
  ArrayRef<int64_t> shape = arrays[index].shape;
  if (shape.size() != size_t(param.rank))
    return;
  for (int32_t dim = 0; dim < param.rank; ++dim) {
    program::Value *symbol = symbolOf(param.dims[dim]);
    bool broadcast = shape[dim] == 1 && (param.broadcast >> dim & 1);
    if (symbol && !broadcast && !*symbol)
      *symbol = {shape[dim], program::Value::Known};
  }
}

/// The symbols that tensors have; others are computed, or scalars.
std::vector<size_t> Arguments::tensorSymbols() {
  std::vector<size_t> found;
  for (size_t symbol : seq(symbols.size()))
    if (any_of(params(), [&](const Param &param) {
          return isTensor(param) &&
                 any_of(ArrayRef(param.dims, param.rank), [&](Index dim) {
                   return symbolOf(dim) == &symbols[symbol];
                 });
        }))
      found.push_back(symbol);
  return found;
}

Error Arguments::takeDims(const ArgumentChoices &choices) {
  std::vector<size_t> settable = tensorSymbols();
  auto names = map_to_vector(settable, [&](size_t symbol) {
    return std::string(program.text(program.symbols()[symbol].name));
  });
  for (const auto &entry : choices.dims) {
    auto found = find(names, entry.getKey());
    if (found == names.end())
      return unknownName("dimension", entry.getKey(), names);
    program::Value &extent = symbols[settable[found - names.begin()]];
    if (extent && extent.number != entry.getValue())
      return createStringError(
          "--dim: '" + entry.getKey() + "' is " + Twine(entry.getValue()) +
          ", but " + Twine(extent.number) + " in a file; leave it out");
    extent = {entry.getValue(), program::Value::Known};
  }
  return Error::success();
}

Error Arguments::takeScalars(const ArgumentChoices &choices) {
  std::vector<std::string> names = namesWhere(
      program, params(), [](const Param &param) { return !isTensor(param); });
  for (const auto &entry : choices.scalars) {
    if (!is_contained(names, entry.getKey()))
      return unknownName("scalar", entry.getKey(), names);
    double value = entry.getValue();
    bool isInteger =
        params()[*findParam(program, params(), entry.getKey())].kind ==
        ParamKind::ScalarI32;
    bool isWhole = value == std::floor(value) && std::abs(value) < 0x1p31;
    if (isInteger && !isWhole)
      return createStringError("--set: '" + entry.getKey() +
                               "' takes a whole number of 32 bits");
  }
  for (auto [index, param] : enumerate(params())) {
    auto given = choices.scalars.find(program.text(param.name));
    bool isGivenScalar = given != choices.scalars.end();
    // The largest k, an extent of 8, a usual factor of the scores.
    integers[index] = param.maximum < INT32_MAX ? param.maximum : 8;
    floats[index] = 0.125f;
    if (isGivenScalar) {
      integers[index] = static_cast<int32_t>(given->getValue());
      floats[index] = static_cast<float>(given->getValue());
    }
    if (param.kind == ParamKind::ScalarI32 && param.symbol != program::kNone)
      symbols[size_t(param.symbol)] = {integers[index], program::Value::Known};
  }
  return Error::success();
}

/// Symbols that a relation computes from known ones.
void Arguments::deriveExtents() {
  for (size_t round = 0; round < program.constraints().size(); ++round) {
    std::vector<program::Value> values = evaluate();
    bool changes = false;
    for (const Constraint &c : program.constraints()) {
      if (!(c.flags & program::kDefines) || values[size_t(c.target)] ||
          !values[size_t(c.value)])
        continue;
      *symbolOf(c.target) = values[size_t(c.value)];
      changes = true;
    }
    if (!changes)
      return;
  }
}

/// What nobody says: one batch entry, two heads or as many for keys as for
/// queries, 1,024 tokens.
void Arguments::chooseExtents() {
  deriveExtents();
  int64_t heads = 2;
  for (auto [value, symbol] : zip(symbols, program.symbols())) {
    StringRef name = program.text(symbol.name);
    if (value && name == "H")
      heads = value.number;
    if (value)
      continue;
    int64_t extent = name.starts_with("B")   ? 1
                     : name.starts_with("H") ? heads
                     : name.starts_with("D") ? 64
                                             : 1024;
    value = {extent, program::Value::Known};
    deriveExtents();
  }
}

/// What is to be generated must fit in memory.
Error Arguments::checkMemory() const {
  double bytes = 0;
  for (auto [index, param] : enumerate(params())) {
    if (!isTensor(param) || fromFile[index])
      continue;
    double size = npy::bytesOf(npyDtypeOf(param.dtype));
    for (Index dim : ArrayRef(param.dims, param.rank))
      size *= valueOf(dim);
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

Expected<Arguments> Arguments::create(const Program &program,
                                      const ArgumentChoices &choices) {
  Arguments made(program);
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
  for (auto [index, param] : enumerate(made.params()))
    if (isTensor(param) && !made.fromFile[index])
      made.generate(index, random);
  for (const Constraint &constraint : program.constraints()) {
    bool lists = constraint.kind == ConstraintKind::Lists;
    if ((!lists && constraint.kind != ConstraintKind::Sizes) ||
        made.fromFile[constraint.param])
      continue;
    if (lists)
      made.fillLists(constraint, random);
    else
      made.fillSizes(constraint);
  }
  made.poisonOutputs();
  return made;
}

bool Arguments::sameTensors(const Arguments &other) const {
  return all_of_zip(arrays, other.arrays, [](const auto &a, const auto &b) {
    return a.data == b.data;
  });
}

std::vector<void *> Arguments::pack() {
  std::vector<void *> args;
  tensors.assign(params().size(), {});
  for (auto [index, param] : enumerate(params())) {
    if (!isTensor(param)) {
      args.push_back(param.kind == ParamKind::ScalarI32
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
  for (auto [param, array] : zip(params(), arrays)) {
    if (program.text(param.name) != StringRef("count") ||
        array.shape.size() != 3)
      continue;
    for (auto [symbol, value] : zip(program.symbols(), symbols)) {
      if (program.text(symbol.name) != StringRef("Nkv") || array.data.empty() ||
          value.number == 0)
        continue;
      auto *counts = reinterpret_cast<const int32_t *>(array.data.data());
      size_t rows = array.data.size() / 4;
      double total = std::accumulate(counts, counts + rows, 0.0);
      return total / rows / value.number;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

} // namespace tessera
