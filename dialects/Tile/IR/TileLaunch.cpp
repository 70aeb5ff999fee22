// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers of the operations around kernels.

#include "Tile/IR/Tile.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace tessera::tile;

LogicalResult ChipModuleOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<KernelOp>(op)) // C1
      return op.emitOpError("stands among the kernels of a chip; a tile.module "
                            "holds tile.kernel alone");
  return success();
}

//===----------------------------------------------------------------------===//
// tile.make_map
//===----------------------------------------------------------------------===//

LogicalResult MakeMapOp::verify() {
  auto buffer = cast<MemRefType>(getBuffer().getType());
  BufferType tile = getMap().getType().getTile();
  SmallVector<int64_t> strides;
  int64_t offset;
  if (buffer.getRank() != 4 ||
      failed(buffer.getStridesAndOffset(strides, offset)) ||
      strides.back() != 1) // C1
    return emitOpError("maps ")
           << buffer
           << "; expected [batch, head, token, feature] with unit stride of "
              "features, as the copy engine has five coordinates and panels "
              "take one";
  if (buffer.getElementType() != tile.getElement() ||
      buffer.getDimSize(3) != tile.getColumns()) // C2
    return emitOpError("maps ") << buffer << " as " << getMap().getType()
                                << "; expected the same elements, and as many "
                                   "features as columns";
  if (std::optional<int64_t> bytes = getPromote();
      bytes && !llvm::is_contained({64, 128, 256}, *bytes)) // C3
    return emitOpError("promotes reads to ")
           << *bytes << " bytes; expected 64, 128 or 256";
  return success();
}

//===----------------------------------------------------------------------===//
// Who speaks of a kernel
//===----------------------------------------------------------------------===//

static FailureOr<KernelOp> findKernel(Operation *op, SymbolRefAttr name,
                                      SymbolTableCollection &symbols) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(op, name);
  if (kernel)
    return kernel;
  return op->emitOpError("names ")
         << name << ", which is no tile.kernel of a tile.module";
}

LogicalResult ResidentOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return findKernel(*this, getKernelAttr(), symbols); // C1
}

/// Whether an operand of type `given` can be a parameter of type `wanted`.
static bool passesAs(Type given, Type wanted) {
  auto memory = dyn_cast<MemRefType>(wanted);
  if (memory)
    return isa<MemRefType>(given) &&
           getElementTypeOrSelf(given) == memory.getElementType();
  if (wanted.isIndex() || wanted.isInteger(32))
    return given.isIndex() || given.isInteger(32);
  return given == wanted;
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  FailureOr<KernelOp> kernel = findKernel(*this, getKernelAttr(), symbols);
  if (failed(kernel)) // C1
    return failure();
  ArrayRef<Type> wanted = kernel->getArgumentTypes();
  TypeRange given = getInputs().getTypes();
  if (wanted.size() != given.size()) { // C2
    InFlightDiagnostic error = emitOpError("gives ")
                               << given.size() << " operands to "
                               << getKernelAttr() << ", which takes "
                               << wanted.size();
    error.attachNote(kernel->getLoc()) << "the kernel is here";
    return error;
  }
  for (auto [index, types] : llvm::enumerate(llvm::zip(given, wanted))) {
    auto [givenType, wantedType] = types;
    if (passesAs(givenType, wantedType))
      continue;
    InFlightDiagnostic error =
        emitOpError("gives ")
        << givenType << " as operand " << index << " to " << getKernelAttr()
        << "; expected "
        << (isa<MemRefType>(wantedType) ? "a buffer with the elements of " : "")
        << wantedType;
    error.attachNote(kernel->getLoc()) << "the kernel is here";
    return error;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// tile.choose
//===----------------------------------------------------------------------===//

LogicalResult ChooseOp::verify() {
  if (getAlternatives().size() >= 2) // C1
    return success();
  return emitOpError("has ")
         << getAlternatives().size() << " alternatives; expected at least 2";
}

LogicalResult ChooseOp::verifyRegions() {
  for (Region &region : getAlternatives())
    for (Operation &op : region.front())
      if (!isa<LaunchOp, ZeroOp>(op) && !isMemoryEffectFree(&op)) // C2
        return op.emitOpError("stands in an alternative; one is a straight "
                              "line of tile.launch, tile.zero and what has no "
                              "effect");
  return success();
}
