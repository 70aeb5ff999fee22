// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "KernelScope.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

KernelScope::KernelScope(LaunchSite &site, StringRef does)
    : b(site.steps().getLoc(), site.module().getContext()), site(site) {
  b.setInsertionPointToEnd(&site.module().getBody().front());
  kernel = tile::KernelOp::create(b, b.getStringAttr(site.kernelName(does)),
                                  TypeAttr::get(b.getFunctionType({}, {})),
                                  /*arg_attrs=*/nullptr,
                                  /*res_attrs=*/nullptr);
  b.createBlock(&kernel.getBody());
}

//===----------------------------------------------------------------------===//
// Captures
//===----------------------------------------------------------------------===//

Value KernelScope::capture(StringRef name, Value outside, Type inside,
                           function_ref<Value()> operand) {
  Value &parameter = captured[{outside, inside}];
  if (parameter)
    return parameter;
  parameter = kernel.getBody().addArgument(inside, b.getLoc());
  setName(parameter, name);
  operands.push_back(operand());
  naturals.push_back(false);
  return parameter;
}

TensorMap KernelScope::map(StringRef name, Value buffer, tile::MapType type,
                           std::optional<int64_t> promote) {
  return {b, capture(name, buffer, type, [&]() -> Value {
            KernelBuilder &steps = site.steps();
            IntegerAttr bytes =
                promote ? steps.getI64IntegerAttr(*promote) : IntegerAttr();
            Value map = tile::MakeMapOp::create(steps, type, buffer, bytes);
            setName(map, (name + "_map").str());
            return map;
          })};
}

Memory KernelScope::memory(StringRef name, Value buffer, bool isNatural) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  auto type = MemRefType::get({ShapedType::kDynamic}, element);
  Value inside = capture(name, buffer, type, [&] { return buffer; });
  markNatural(inside, isNatural);
  return {b, inside};
}

Memory KernelScope::scratch(StringRef name, Type element, Extent count,
                            Fill fill) {
  Value buffer = site.scratch(name, element, count);
  bool isNew = !llvm::is_contained(operands, buffer);
  if (fill == Fill::Zero && isNew)
    tile::ZeroOp::create(site.steps(), buffer);
  return memory(name, buffer);
}

Scalar KernelScope::number(StringRef name, Extent extent, bool isNatural) {
  if (std::optional<int64_t> known = extent.constant())
    return {b, constant(b, b.getIndexType(), double(*known))};
  Value value = extent.get(site.numbers());
  Value inside = capture(name, value, b.getIndexType(), [&] { return value; });
  markNatural(inside, isNatural);
  return {b, inside};
}

void KernelScope::markNatural(Value parameter, bool isNatural) {
  naturals[cast<BlockArgument>(parameter).getArgNumber()] |= isNatural;
}

Scalar KernelScope::number(StringRef name, Value scalar) {
  return {b, capture(name, scalar, scalar.getType(), [&] { return scalar; })};
}

//===----------------------------------------------------------------------===//
// The launch
//===----------------------------------------------------------------------===//

void KernelScope::describe(StringRef plan) {
  kernel->setAttr(tile::kPlanAttrName, b.getStringAttr(plan));
}

static SymbolRefAttr nameOf(LaunchSite &site, tile::KernelOp kernel) {
  return SymbolRefAttr::get(site.module().getSymNameAttr(),
                            {FlatSymbolRefAttr::get(kernel.getSymNameAttr())});
}

Extent KernelScope::persistentGrid(Extent items, int64_t itemsPerCta) {
  return min(ceilDiv(items, itemsPerCta), site.resident(nameOf(site, kernel)));
}

void KernelScope::launch(Extent grid, bool isCooperative) {
  Block &body = kernel.getBody().front();
  kernel.setFunctionType(b.getFunctionType(body.getArgumentTypes(), {}));
  for (auto [index, natural] : llvm::enumerate(naturals))
    if (natural)
      kernel.setArgAttr(index, tile::kNaturalAttrName, b.getUnitAttr());
  tile::LaunchOp::create(site.steps(), nameOf(site, kernel),
                         grid.get(site.numbers()), isCooperative, operands);
}
