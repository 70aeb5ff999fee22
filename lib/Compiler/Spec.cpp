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
  void finish(ValueRange results);
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

Value SpecBuilder::addSizes(StringRef name, int64_t length, int64_t block) {
  if (!spec.sizes)
    return nullptr;
  return addArgument(name, RankedTensorType::get({blocks(length, block)},
                                                 builder.getI32Type()));
}

/// Any dimension but the last may be 1, so only that is static.
Value SpecBuilder::addGate(StringRef name, bool wanted) {
  if (!wanted)
    return nullptr;
  constexpr int64_t any = ShapedType::kDynamic;
  return addArgument(
      name, RankedTensorType::get({any, any, any, spec.headDim}, element()));
}

Value SpecBuilder::addScale() {
  return spec.scale ? addArgument("scale", builder.getF32Type()) : nullptr;
}

void SpecBuilder::start() {
  function = func::FuncOp::create(builder, loc, functionName(spec),
                                  builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
}

void SpecBuilder::finish(ValueRange results) {
  func::ReturnOp::create(builder, loc, results);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), results.getTypes()));
  StringRef names[] = {"output", "lse"};
  for (unsigned i = 0; i < results.size(); ++i)
    function.setResultAttr(i, "bsa.name", builder.getStringAttr(names[i]));
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
      builder, loc, query.getType(), lseType(), /*map=*/nullptr,
      /*coarse=*/nullptr, query, querySizes, key, keySizes, value, fineGate,
      coarseGate, topk, scale, spec.queryBlock, spec.keyBlock, select,
      spec.withoutCoarse);
  finish(op->getResults());
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
  finish(op->getResults());
}

OwningOpRef<ModuleOp> SpecBuilder::build() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder, loc);
  builder.setInsertionPointToStart(module->getBody());
  start();
  if (spec.op == SpecOp::Attention)
    buildAttention();
  else
    buildAttend();
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
