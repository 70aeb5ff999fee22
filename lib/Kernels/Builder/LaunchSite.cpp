// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "tessera/Kernels/LaunchSite.h"

#include "llvm/Support/ErrorHandling.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

LaunchSite::LaunchSite(Operation *op, FunctionBuffers &memory,
                       tile::ChipModuleOp kernels)
    : op(op), memory(memory), kernels(kernels),
      outer(op->getLoc(), memory.getBuilder()),
      inner(op->getLoc(), memory.getBuilder()) {}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

Extent LaunchSite::extent(StringRef symbol) {
  return {outer, memory.extentOf(op, symbol)};
}

Extent LaunchSite::device(tile::DeviceNumber number) {
  return {outer, tile::DeviceOp::create(outer, outer.getIndexType(), number)};
}

Extent LaunchSite::resident(SymbolRefAttr kernel) {
  return {outer, tile::ResidentOp::create(outer, outer.getIndexType(), kernel)};
}

Extent LaunchSite::outerStride(Value buffer) {
  auto facts = memref::ExtractStridedMetadataOp::create(outer, buffer);
  return {outer, facts.getStrides().front()};
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

Value LaunchSite::buffer(Value tensor) const {
  return memory.buffers.tensors.lookup(tensor);
}

Value LaunchSite::scalar(Value value) const {
  return memory.buffers.scalars.lookup(value);
}

const MapBuffer &LaunchSite::lists(Value map) const {
  return memory.buffers.maps.find(map)->second;
}

/// Alternatives share what has one name: one of them runs.
Value LaunchSite::scratch(StringRef name, Type element, Extent count) {
  for (const Scratch &known : buffers) {
    if (known.name != name)
      continue;
    if (known.count != count)
      llvm::report_fatal_error("a recipe asks for two sizes of one scratch");
    return known.buffer;
  }
  std::optional<int64_t> fixed = count.constant();
  auto type = MemRefType::get({fixed.value_or(ShapedType::kDynamic)}, element);
  SmallVector<Value> extents;
  if (!fixed)
    extents.push_back(count.get(outer));
  Value buffer = memref::AllocOp::create(outer, type, extents);
  buffer.setLoc(NameLoc::get(outer.getStringAttr(name), outer.getLoc()));
  buffers.push_back({name.str(), count, buffer});
  return buffer;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void LaunchSite::choose(Extent which, int64_t ways,
                        function_ref<void(int64_t)> writeWay) {
  auto choice = tile::ChooseOp::create(inner, which.get(outer), unsigned(ways));
  // What the ways have in common stands before them.
  outer.setInsertionPoint(choice);
  for (int64_t way = 0; way < ways; ++way) {
    inner.setInsertionPointToStart(
        &choice.getAlternatives()[way].emplaceBlock());
    writeWay(way);
  }
  outer.setInsertionPointAfter(choice);
  inner.setInsertionPointAfter(choice);
}

std::string LaunchSite::kernelName(StringRef does) {
  auto function =
      inner.getInsertionBlock()->getParent()->getParentOfType<func::FuncOp>();
  std::string base = (function.getName() + "_" + does).str(), name = base;
  for (int64_t number = 2; kernels.lookupSymbol(name); ++number)
    name = base + "_" + std::to_string(number);
  return name;
}
