// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the joined contract of a function to what its callers are asked for.

#include "tessera/Target/Host/Signature.h"
#include "Bsa/Analysis/FunctionContract.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::host;

namespace {

class SignatureReader {
public:
  explicit SignatureReader(func::FuncOp function)
      : function(function), contract(function) {}
  FailureOr<Signature> read();

private:
  LogicalResult addParam(Value value, Type type, DictionaryAttr attrs,
                         bool isOutput, unsigned number);
  std::string nameOf(Value value, DictionaryAttr attrs, bool isOutput,
                     unsigned number);
  void addDim(SignatureParam &param, Value value, RankedTensorType type,
              int64_t dim);
  tessera_rt_ref referenceTo(Value value, int64_t dim, int64_t extent);
  tessera_rt_ref referenceTo(bsa::DimClass dim);
  tessera_rt_ref newSymbol(const Twine &name);
  void addRanges();
  void addGates();
  void addConstraints();
  void addConstraint(SignatureConstraint constraint);
  void addBlocks(Operation *op, const bsa::Contract::Blocks &blocks);
  void addGrid(Operation *op, const bsa::Contract::Grid &grid);
  void addLists(Operation *op, const bsa::Contract::Lists &lists);
  tessera_rt_ref scalarReference(Value scalar);
  std::optional<int64_t> paramOf(Value value) const;

  func::FuncOp function;
  bsa::FunctionContract contract;
  Signature signature;
  llvm::DenseMap<bsa::DimClass, tessera_rt_ref> references;
  llvm::DenseMap<Value, unsigned> params;
};

} // namespace

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

/// What a symbol counts, for errors: "Skv rows".
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

tessera_rt_ref SignatureReader::newSymbol(const Twine &name) {
  signature.symbols.push_back(name.str());
  return -static_cast<tessera_rt_ref>(signature.symbols.size());
}

tessera_rt_ref SignatureReader::referenceTo(bsa::DimClass dim) {
  if (std::optional<int64_t> extent = contract.staticExtent(dim))
    return *extent;
  auto [entry, isNew] = references.insert({dim, 0});
  if (isNew) {
    StringRef name = contract.nameOf(dim);
    entry->second = newSymbol(name + " " + nounOf(name));
  }
  return entry->second;
}

tessera_rt_ref SignatureReader::referenceTo(Value value, int64_t dim,
                                            int64_t extent) {
  if (!ShapedType::isDynamic(extent))
    return extent;
  if (std::optional<bsa::DimClass> found = contract.dimOf(value, dim))
    return referenceTo(*found);
  return newSymbol("n" + Twine(signature.symbols.size()) + " entries");
}

std::string SignatureReader::nameOf(Value value, DictionaryAttr attrs,
                                    bool isOutput, unsigned number) {
  std::string name;
  if (attrs)
    if (auto given = attrs.getAs<StringAttr>("bsa.name"))
      name = given.str();
  if (name.empty())
    name = contract.roleOf(value).str();
  if (name.empty() || llvm::any_of(signature.params, [&](const auto &param) {
        return param.name == name;
      }))
    name = ((isOutput ? "result" : "arg") + Twine(number)).str();
  return name;
}

/// A dimension of a gate is 1 or what the first op asks for. What others ask
/// for, and what is asked of a tensor that is more than a gate, is a
/// constraint.
void SignatureReader::addDim(SignatureParam &param, Value value,
                             RankedTensorType type, int64_t dim) {
  ArrayRef<bsa::DimClass> gated = contract.gatedBy(value, dim);
  if (gated.empty() || contract.dimOf(value, dim)) {
    param.dims.push_back(referenceTo(value, dim, type.getDimSize(dim)));
    return;
  }
  param.dims.push_back(referenceTo(gated.front()));
  param.broadcast |= 1 << dim;
}

LogicalResult SignatureReader::addParam(Value value, Type type,
                                        DictionaryAttr attrs, bool isOutput,
                                        unsigned number) {
  SignatureParam param;
  param.name = nameOf(value, attrs, isOutput, number);
  params.insert({value, signature.params.size()});
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    std::optional<int32_t> dtype = dtypeOf(tensor.getElementType());
    if (!dtype || tensor.getRank() > TESSERA_MAX_RANK)
      return function.emitError()
             << "'" << param.name << "' of '" << function.getName() << "' is "
             << type << "; pass f32, bf16, f16 or i32 tensors of rank up to "
             << TESSERA_MAX_RANK;
    param.kind = isOutput ? TESSERA_RT_OUTPUT : TESSERA_RT_INPUT;
    param.dtype = *dtype;
    for (int64_t dim = 0; dim < tensor.getRank(); ++dim)
      addDim(param, value, tensor, dim);
  } else if (type.isInteger(32)) {
    param.kind = TESSERA_RT_SCALAR_I32;
    param.minimum = INT32_MIN;
    param.maximum = INT32_MAX;
  } else if (type.isF32()) {
    param.kind = TESSERA_RT_SCALAR_F32;
  } else {
    return function.emitError()
           << "'" << param.name << "' of '" << function.getName() << "' is "
           << type << "; pass tensors, i32 or f32"
           << (isa<bsa::BlockMapType>(type)
                   ? ", and lists through bsa.map_from_lists or "
                     "bsa.map_to_lists"
                   : "");
  }
  signature.params.push_back(std::move(param));
  return success();
}

std::optional<int64_t> SignatureReader::paramOf(Value value) const {
  auto param = params.find(value);
  if (param == params.end() || !isa<BlockArgument>(value))
    return std::nullopt;
  return param->second;
}

/// i32 scalars get the tightest range that an op asks for.
void SignatureReader::addRanges() {
  for (const auto &entry : contract.entries())
    for (const bsa::Contract::Range &range : entry.contract.ranges)
      if (std::optional<int64_t> index = paramOf(range.value)) {
        SignatureParam &param = signature.params[*index];
        param.minimum = std::max(param.minimum, range.minimum);
        param.maximum = std::min(param.maximum, range.maximum);
      }
}

void SignatureReader::addGates() {
  for (BlockArgument argument : function.getArguments()) {
    int64_t index = argument.getArgNumber();
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim)
      for (bsa::DimClass gated : contract.gatedBy(argument, dim)) {
        tessera_rt_ref fits = referenceTo(gated);
        if (fits != signature.params[index].dims[dim])
          addConstraint({TESSERA_RT_BROADCAST, 0, 0, {index, dim, fits}});
      }
  }
}

void SignatureReader::addConstraint(SignatureConstraint constraint) {
  bool isStatic = constraint.kind == TESSERA_RT_CEIL_DIV ||
                  constraint.kind == TESSERA_RT_MULTIPLE;
  if (isStatic &&
      llvm::all_of(constraint.operands, [](int64_t ref) { return ref >= 0; }))
    return; // the verifier has seen to it
  constraint.operands.resize(TESSERA_RT_MAX_OPERANDS, 0);
  for (const SignatureConstraint &known : signature.constraints)
    if (known.kind == constraint.kind && known.flags == constraint.flags &&
        known.value == constraint.value &&
        known.operands == constraint.operands)
      return;
  signature.constraints.push_back(std::move(constraint));
}

void SignatureReader::addBlocks(Operation *op,
                                const bsa::Contract::Blocks &blocks) {
  addConstraint({TESSERA_RT_CEIL_DIV,
                 0,
                 blocks.block,
                 {referenceTo(contract.symbolOf(op, blocks.blocks)),
                  referenceTo(contract.symbolOf(op, blocks.length))}});
}

/// A scalar argument as a symbol; a constant as its value.
tessera_rt_ref SignatureReader::scalarReference(Value scalar) {
  if (!scalar)
    return 0;
  if (std::optional<int64_t> index = paramOf(scalar)) {
    SignatureParam &param = signature.params[*index];
    if (param.dims.empty())
      param.dims.push_back(newSymbol(param.name));
    return param.dims.front();
  }
  APInt constant;
  if (matchPattern(scalar, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  return newSymbol("computed");
}

void SignatureReader::addGrid(Operation *op, const bsa::Contract::Grid &grid) {
  tessera_rt_ref text = scalarReference(grid.text),
                 time = scalarReference(grid.time),
                 height = scalarReference(grid.height),
                 width = scalarReference(grid.width);
  int64_t volume = grid.cube[0] * grid.cube[1] * grid.cube[2];
  auto reference = [&](StringRef symbol) {
    return referenceTo(contract.symbolOf(op, symbol));
  };
  addConstraint({TESSERA_RT_VOLUME,
                 0,
                 0,
                 {reference(grid.raster), text, time, height, width}});
  addConstraint({TESSERA_RT_CUBES,
                 0,
                 volume,
                 {reference(grid.blocks), text, time, height, width,
                  grid.cube[0], grid.cube[1], grid.cube[2]}});
  addConstraint({TESSERA_RT_PRODUCT,
                 0,
                 volume,
                 {reference(grid.packed), reference(grid.blocks)}});
}

void SignatureReader::addLists(Operation *op,
                               const bsa::Contract::Lists &lists) {
  std::optional<int64_t> index = paramOf(lists.index);
  std::optional<int64_t> count =
      lists.count ? paramOf(lists.count) : std::optional<int64_t>(-1);
  if (!index || !count) // made inside: nothing a caller could get wrong
    return;
  addConstraint(
      {TESSERA_RT_LISTS,
       lists.ascending ? TESSERA_RT_ASCENDING : 0,
       0,
       {*index, *count, referenceTo(contract.symbolOf(op, lists.keyBlocks))}});
}

void SignatureReader::addConstraints() {
  for (const auto &[op, stated] : contract.entries()) {
    for (const bsa::Contract::Grid &grid : stated.grids)
      addGrid(op, grid);
    for (const bsa::Contract::Blocks &blocks : stated.blockCounts)
      addBlocks(op, blocks);
  }
  for (const auto &[op, stated] : contract.entries()) {
    for (const bsa::Contract::Multiple &multiple : stated.multiples)
      addConstraint({TESSERA_RT_MULTIPLE,
                     0,
                     0,
                     {referenceTo(contract.symbolOf(op, multiple.whole)),
                      referenceTo(contract.symbolOf(op, multiple.part))}});
    for (const bsa::Contract::Sizes &sizes : stated.sizeLists)
      if (std::optional<int64_t> index = paramOf(sizes.value))
        addConstraint(
            {TESSERA_RT_SIZES,
             0,
             sizes.block,
             {*index, referenceTo(contract.symbolOf(op, sizes.length))}});
    for (const bsa::Contract::Lists &lists : stated.listSets)
      addLists(op, lists);
  }
}

FailureOr<Signature> SignatureReader::read() {
  signature.function = function.getName().str();
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
  return signature;
}

FailureOr<Signature> tessera::host::readSignature(func::FuncOp function) {
  return SignatureReader(function).read();
}
