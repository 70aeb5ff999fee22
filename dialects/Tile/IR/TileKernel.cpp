// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tile.kernel` and `tile.role`.

#include "Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace tessera::tile;

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType =
      [](Builder &builder, ArrayRef<Type> arguments, ArrayRef<Type> results,
         function_interface_impl::VariadicFlag, std::string &) -> Type {
    return builder.getFunctionType(arguments, results);
  };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false,
      getFunctionTypeAttrName(result.name), buildType,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void KernelOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

/// What assemblers take as the name of a kernel and no text has to escape.
static bool isKernelName(StringRef name) {
  auto isWordChar = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  return !name.empty() && llvm::isAlpha(name.front()) &&
         llvm::all_of(name, isWordChar) && name != "WARP_SZ";
}

LogicalResult KernelOp::verify() {
  if (isKernelName(getSymName()))
    return success();
  std::string name;
  llvm::raw_string_ostream os(name);
  llvm::printEscapedString(getSymName(), os);
  return emitOpError("is called '") // C4
         << name
         << "', which no assembler takes; begin with a letter, use letters, "
            "digits and '_', and not WARP_SZ";
}

LogicalResult KernelOp::verifyRegions() {
  if (!getFunctionType().getResults().empty())
    return emitOpError("has results; a kernel writes to memory"); // C2
  if (getBody().front().getOps<RoleOp>().empty())
    return emitOpError("has no role; add a tile.role"); // C3
  return success();
}

LogicalResult TileDialect::verifyRegionArgAttribute(Operation *op,
                                                    unsigned region,
                                                    unsigned argument,
                                                    NamedAttribute attribute) {
  if (attribute.getName() != kNaturalAttrName)
    return success();
  Type type = op->getRegion(region).getArgument(argument).getType();
  auto memory = dyn_cast<MemRefType>(type);
  if (!(memory ? memory.getElementType() : type).isIntOrIndex())
    return op->emitOpError() << attribute.getName().getValue() << " is on "
                             << type << "; expected integers";
  if (!isa<UnitAttr>(attribute.getValue()))
    return op->emitOpError() << attribute.getName().getValue() << " is "
                             << attribute.getValue() << "; expected no value";
  return success();
}

//===----------------------------------------------------------------------===//
// tile.role
//===----------------------------------------------------------------------===//

LogicalResult RoleOp::verify() {
  if (getBody().getNumArguments() != 1 ||
      !getBody().getArgument(0).getType().isIndex())
    return emitOpError("wants one argument of type index, the agent's number");
  if (getAgents() < 1 || getWarps() < 1) // C1
    return emitOpError("has ") << getAgents() << " agents of " << getWarps()
                               << " warps; expected at least 1 of each";
  std::optional<int64_t> registers = getRegisters();
  if (registers && (*registers < 24 || *registers > 256 || *registers % 8 != 0))
    return emitOpError("has a budget of ")
           << *registers << " registers; expected a multiple of 8 in 24 .. 256";
  return success();
}
