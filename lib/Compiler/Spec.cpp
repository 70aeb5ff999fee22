// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Specs become modules of one function.
#include "tessera/Compiler/Spec.h"

#include "CheckSpec.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace tessera {

namespace {

/// Builds the one function. Arguments are made in the order in which they are
/// asked for.
class SpecBuilder {
public:
  SpecBuilder(MLIRContext &context, const Spec &spec)
      : spec(spec), builder(&context), loc(builder.getUnknownLoc()) {}

  OwningOpRef<ModuleOp> build();

private:
  void start();
  void finish();
  void addResult(StringRef name, Value value);
  void addMap(Value map);
  void buildAttention();
  void buildAttend();
  Value addArgument(StringRef name, Type type);
  Value addSizes(StringRef name, int64_t length, int64_t block);
  Value addGate(StringRef name, bool wanted);
  Value addScale();
  Value addQuery() { return addArgument("query", sequence(query())); }
  Value addKey(StringRef name) { return addArgument(name, sequence(key())); }

  /// Extents that hold throughout the function.
  struct Rows {
    int64_t heads, length;
  };
  Rows query() const { return {dim(spec.heads), dim(spec.queryLength)}; }
  Rows key() const {
    return {dim(spec.keyHeads ? spec.keyHeads : spec.heads),
            dim(spec.keyLength)};
  }
  int64_t batch() const { return dim(spec.batch); }
  static int64_t dim(int64_t given) {
    return given ? given : ShapedType::kDynamic;
  }
  static int64_t blocks(int64_t length, int64_t block) {
    return length ? llvm::divideCeil(length, block) : ShapedType::kDynamic;
  }

  RankedTensorType sequence(Rows rows) {
    return RankedTensorType::get(
        {batch(), rows.heads, rows.length, spec.headDim}, element());
  }
  /// Of results that attention gives when asked; null: not asked.
  Type mapType() {
    if (!spec.returnMap)
      return nullptr;
    return bsa::BlockMapType::get(builder.getContext(), spec.queryBlock,
                                  spec.keyBlock, spec.capacity,
                                  /*ascending=*/true);
  }
  Type coarseType() {
    if (!spec.returnCoarse)
      return nullptr;
    return RankedTensorType::get({batch(), query().heads,
                                  blocks(spec.queryLength, spec.queryBlock),
                                  spec.headDim},
                                 builder.getF32Type());
  }
  Type lseType() {
    if (!spec.lse)
      return nullptr;
    return RankedTensorType::get({batch(), query().heads, query().length},
                                 builder.getF32Type());
  }
  Type element();

  const Spec &spec;
  OpBuilder builder;
  Location loc;
  func::FuncOp function;
  SmallVector<std::pair<StringRef, Value>> results;
};

Type SpecBuilder::element() {
  switch (spec.element) {
  case SpecElement::F32:
    return builder.getF32Type();
  case SpecElement::BF16:
    return builder.getBF16Type();
  case SpecElement::F16:
    return builder.getF16Type();
  }
  llvm_unreachable("a SpecElement without a type");
}

Value SpecBuilder::addArgument(StringRef name, Type type) {
  unsigned index = function.getNumArguments();
  NamedAttribute attribute(builder.getStringAttr("bsa.name"),
                           builder.getStringAttr(name));
  LogicalResult added = function.insertArgument(
      index, type, builder.getDictionaryAttr(attribute), loc);
  assert(succeeded(added) && "a func.func takes any argument");
  (void)added;
  return function.getArgument(index);
}

/// One row for each batch entry, or one for all.
Value SpecBuilder::addSizes(StringRef name, int64_t length, int64_t block) {
  if (!spec.sizes)
    return nullptr;
  return addArgument(
      name, RankedTensorType::get({ShapedType::kDynamic, blocks(length, block)},
                                  builder.getI32Type()));
}

/// Any dimension may be 1; whether the last one is must be said now.
Value SpecBuilder::addGate(StringRef name, bool wanted) {
  if (!wanted)
    return nullptr;
  constexpr int64_t any = ShapedType::kDynamic;
  int64_t factors = spec.gatePer == SpecGatePer::Token ? 1 : spec.headDim;
  return addArgument(
      name, RankedTensorType::get({any, any, any, factors}, element()));
}

Value SpecBuilder::addScale() {
  return spec.scale ? addArgument("scale", builder.getF32Type()) : nullptr;
}

void SpecBuilder::start() {
  function = func::FuncOp::create(builder, loc, functionName(spec),
                                  builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
}

/// Null values are results that nobody asked for.
void SpecBuilder::addResult(StringRef name, Value value) {
  if (value)
    results.push_back({name, value});
}

/// A caller gets a map as lists.
void SpecBuilder::addMap(Value map) {
  if (!map)
    return;
  int64_t queryBlocks = blocks(spec.queryLength, spec.queryBlock);
  SmallVector<int64_t> shape = {batch(), query().heads, queryBlocks};
  auto count = RankedTensorType::get(shape, builder.getI32Type());
  shape.push_back(spec.capacity);
  auto index = RankedTensorType::get(shape, builder.getI32Type());
  auto lists = bsa::MapToListsOp::create(builder, loc, index, count, map);
  addResult("index", lists.getIndex());
  addResult("count", lists.getCount());
}

void SpecBuilder::finish() {
  auto values = llvm::to_vector(llvm::make_second_range(results));
  func::ReturnOp::create(builder, loc, values);
  function.setFunctionType(builder.getFunctionType(
      function.getArgumentTypes(), ValueRange(values).getTypes()));
  for (auto [i, name] : llvm::enumerate(llvm::make_first_range(results)))
    function.setResultAttr(i, "bsa.name", builder.getStringAttr(name));
}

void SpecBuilder::buildAttention() {
  Value query = addQuery(), key = addKey("key"), value = addKey("value");
  Value querySizes = addSizes("query_sizes", spec.queryLength, spec.queryBlock);
  Value keySizes = addSizes("key_sizes", spec.keyLength, spec.keyBlock);
  bool both = spec.gates == SpecGates::Both;
  Value fineGate = addGate("fine_gate", both || spec.gates == SpecGates::Fine);
  Value coarseGate =
      addGate("coarse_gate", both || spec.gates == SpecGates::Coarse);
  Value topk = addArgument("topk", builder.getI32Type());
  Value scale = addScale();
  auto select = bsa::SelectAttr::get(builder.getContext(), spec.capacity,
                                     spec.sink, spec.local, spec.forced);
  auto op = bsa::AttentionOp::create(
      builder, loc, query.getType(), lseType(), mapType(), coarseType(), query,
      querySizes, key, keySizes, value, fineGate, coarseGate, topk, scale,
      spec.queryBlock, spec.keyBlock, select, spec.withoutCoarse);
  addResult("output", op.getOutput());
  addResult("lse", op.getLse());
  addMap(op.getMap());
  addResult("coarse", op.getCoarse());
}

void SpecBuilder::buildAttend() {
  Value query = addQuery(), key = addKey("key"), value = addKey("value");
  int64_t heads = this->query().heads;
  int64_t queryBlocks = blocks(spec.queryLength, spec.queryBlock);
  Type i32 = builder.getI32Type();
  Value index = addArgument(
      "index",
      RankedTensorType::get({batch(), heads, queryBlocks, spec.capacity}, i32));
  Value count = addArgument(
      "count", RankedTensorType::get({batch(), heads, queryBlocks}, i32));
  Value querySizes = addSizes("query_sizes", spec.queryLength, spec.queryBlock);
  Value keySizes = addSizes("key_sizes", spec.keyLength, spec.keyBlock);
  Value scale = addScale();
  auto mapType =
      bsa::BlockMapType::get(builder.getContext(), spec.queryBlock,
                             spec.keyBlock, spec.capacity, /*ascending=*/false);
  Value map = bsa::MapFromListsOp::create(builder, loc, mapType, index, count);
  auto op =
      bsa::AttendOp::create(builder, loc, query.getType(), lseType(), query,
                            querySizes, key, keySizes, value, map, scale);
  addResult("output", op.getOutput());
  addResult("lse", op.getLse());
}

OwningOpRef<ModuleOp> SpecBuilder::build() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, loc);
  builder.setInsertionPointToStart(module->getBody());
  start();
  if (spec.op == SpecOp::Attention)
    buildAttention();
  else
    buildAttend();
  finish();
  return module;
}

} // namespace

llvm::Expected<OwningOpRef<ModuleOp>> buildModule(MLIRContext &context,
                                                  const Spec &spec) {
  if (llvm::Error error = checkSpec(spec))
    return error;
  context.loadDialect<bsa::BsaDialect, func::FuncDialect>();
  OwningOpRef<ModuleOp> module = SpecBuilder(context, spec).build();
  if (failed(verify(*module)))
    return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                   "internal: the module built for this "
                                   "attention is not valid; please report "
                                   "this");
  return module;
}

} // namespace tessera
