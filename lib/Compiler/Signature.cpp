// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the arguments and results of a function to parameters.
#include "SignatureReader.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace tessera;
using program::Index;
using program::kNone;
using program::Param;
using program::ParamKind;

static std::optional<int32_t> dtypeOf(Type element) {
  if (element.isF32())
    return TESSERA_F32;
  if (element.isBF16())
    return TESSERA_BF16;
  if (element.isF16())
    return TESSERA_F16;
  if (element.isInteger(32))
    return TESSERA_I32;
  return std::nullopt;
}

/// What a symbol counts, for errors: "rows" of "Skv".
static StringRef nounOf(StringRef symbol) {
  return llvm::StringSwitch<StringRef>(symbol.rtrim("0123456789"))
      .Case("B", "batch entries")
      .Case("H", "query heads")
      .Case("Hkv", "key/value heads")
      .Cases({"S", "Sq", "Skv", "P"}, "rows")
      .Case("Nq", "query blocks")
      .Case("Nkv", "key blocks")
      .Case("N", "blocks")
      .Case("D", "features")
      .Default("entries");
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

Index SignatureReader::referenceTo(bsa::DimClass dim) {
  if (std::optional<int64_t> extent = contract.staticExtent(dim))
    return writer.constant(*extent);
  auto [entry, isNew] = references.insert({dim, 0});
  if (isNew) {
    StringRef name = contract.nameOf(dim);
    entry->second = writer.addSymbol(name, nounOf(name));
  }
  return entry->second;
}

Index SignatureReader::referenceTo(Value value, int64_t dim, int64_t extent) {
  if (!ShapedType::isDynamic(extent))
    return writer.constant(extent);
  if (std::optional<bsa::DimClass> found = contract.dimOf(value, dim))
    return referenceTo(*found);
  std::string name = "n" + std::to_string(writer.symbols.size());
  return writer.addSymbol(name, "entries");
}

std::optional<Index> SignatureReader::paramOf(Value value) const {
  while (Value source = bsa::castSource(value))
    value = source;
  auto param = params.find(value);
  if (param == params.end() || !isa<BlockArgument>(value))
    return std::nullopt;
  return param->second;
}

/// The symbol that takes an i32 argument's value.
Index SignatureReader::symbolOf(Index index) {
  if (writer.params[index].symbol == kNone) {
    std::string name(writer.read(writer.params[index].name));
    Index value = writer.addSymbol(name, "");
    writer.params[index].symbol = writer.expression(value).a;
  }
  return writer.symbol(writer.params[index].symbol);
}

/// Arguments, and extents of arguments.
std::optional<Index> SignatureReader::leaf(Value value) {
  if (auto param = params.find(value); param != params.end()) {
    ParamKind kind = writer.params[param->second].kind;
    if (kind == ParamKind::ScalarI32 || kind == ParamKind::ComputedI32)
      return symbolOf(param->second);
    return std::nullopt;
  }
  auto extent = value.getDefiningOp<tensor::DimOp>();
  if (!extent)
    return std::nullopt;
  std::optional<Index> param = paramOf(extent.getSource());
  std::optional<int64_t> dim = extent.getConstantIndex();
  if (!param || !dim || *dim >= writer.params[*param].rank)
    return std::nullopt;
  return writer.params[*param].dims[*dim];
}

Index SignatureReader::scalar(Value value) {
  if (!value)
    return writer.constant(0);
  if (std::optional<Index> found =
          expressions.read(value, [&](Value value) { return leaf(value); }))
    return *found;
  addComputed(value);
  return symbolOf(params.at(value));
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

std::string SignatureReader::nameOf(Value value, DictionaryAttr attrs,
                                    bool isOutput, unsigned number) {
  std::string name;
  if (attrs)
    if (auto given = attrs.getAs<StringAttr>("bsa.name"))
      name = given.str();
  if (name.empty())
    name = contract.roleOf(value).str();
  if (name.empty() || llvm::any_of(writer.params, [&](const Param &param) {
        return writer.read(param.name) == name;
      }))
    name = ((isOutput ? "result" : "arg") + Twine(number)).str();
  return name;
}

static Param emptyParam() {
  Param param{};
  for (Index &dim : param.dims)
    dim = kNone;
  param.symbol = kNone;
  param.minimum = INT32_MIN;
  param.maximum = INT32_MAX;
  return param;
}

/// A dimension of a gate is 1 or what the first op asks for. What others ask
/// for, and what is asked of a tensor that is more than a gate, is a
/// constraint.
void SignatureReader::addDim(Param &param, int64_t dim, Value value,
                             RankedTensorType type) {
  ArrayRef<bsa::DimClass> gated = contract.gatedBy(value, dim);
  if (gated.empty() || contract.dimOf(value, dim)) {
    param.dims[dim] = referenceTo(value, dim, type.getDimSize(dim));
    return;
  }
  param.dims[dim] = referenceTo(gated.front());
  param.broadcast |= 1 << dim;
}

LogicalResult SignatureReader::setType(Param &param, Value value, Type type,
                                       bool isOutput) {
  auto name = [&] { return writer.read(param.name); };
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    std::optional<int32_t> dtype = dtypeOf(tensor.getElementType());
    if (!dtype || tensor.getRank() > TESSERA_MAX_RANK)
      return function.emitError()
             << "'" << name() << "' of '" << function.getName() << "' is "
             << type << "; pass f32, bf16, f16 or i32 tensors of rank up to "
             << TESSERA_MAX_RANK;
    param.kind = isOutput ? ParamKind::Output : ParamKind::Input;
    param.dtype = *dtype;
    param.rank = int32_t(tensor.getRank());
    for (int64_t dim = 0; dim < tensor.getRank(); ++dim)
      addDim(param, dim, value, tensor);
    return success();
  }
  if (type.isInteger(32) && !isOutput) {
    param.kind = ParamKind::ScalarI32;
    return success();
  }
  if (type.isF32() && !isOutput) {
    param.kind = ParamKind::ScalarF32;
    return success();
  }
  return function.emitError()
         << "'" << name() << "' of '" << function.getName() << "' is " << type
         << "; pass tensors" << (isOutput ? "" : ", i32 or f32")
         << (isa<bsa::BlockMapType>(type)
                 ? ", and lists through bsa.map_from_lists or bsa.map_to_lists"
                 : "");
}

LogicalResult SignatureReader::addParam(Value value, Type type,
                                        DictionaryAttr attrs, bool isOutput,
                                        unsigned number) {
  Param param = emptyParam();
  param.name = writer.text(nameOf(value, attrs, isOutput, number));
  if (failed(setType(param, value, type, isOutput)))
    return failure();
  // Of results nothing is asked for by the ops that made them.
  if (!isOutput)
    params.insert({value, Index(writer.params.size())});
  writer.params.push_back(param);
  return success();
}

/// A scalar whose arithmetic is no expression: the function computes it first
/// of all, and it is checked as an argument is.
void SignatureReader::addComputed(Value value) {
  if (params.contains(value))
    return;
  Param param = emptyParam();
  param.kind =
      value.getType().isF32() ? ParamKind::ComputedF32 : ParamKind::ComputedI32;
  param.name = writer.text(
      nameOf(value, {}, /*isOutput=*/false, unsigned(writer.params.size())));
  params.insert({value, Index(writer.params.size())});
  writer.params.push_back(param);
  computed.push_back(value);
}

FailureOr<program::Writer> SignatureReader::read() {
  writer.head.function = writer.text(function.getName().str());
  for (BlockArgument argument : function.getArguments())
    if (failed(addParam(argument, argument.getType(),
                        function.getArgAttrDict(argument.getArgNumber()),
                        /*isOutput=*/false, argument.getArgNumber())))
      return failure();
  Operation *end = function.getBody().front().getTerminator();
  for (auto [number, value] : llvm::enumerate(end->getOperands()))
    if (failed(addParam(value, value.getType(),
                        function.getResultAttrDict(number), /*isOutput=*/true,
                        number)))
      return failure();
  addRanges();
  addConstraints();
  addGates();
  return std::move(writer);
}

FailureOr<program::Writer>
tessera::readSignature(func::FuncOp function,
                       SmallVectorImpl<Value> &computed) {
  return SignatureReader(function, computed).read();
}
