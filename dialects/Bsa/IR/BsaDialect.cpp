// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the `bsa` dialect, its types and its attributes.

#include "Bsa/IR/Bsa.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera::bsa;

#include "Bsa/IR/BsaDialect.cpp.inc"
#include "Bsa/IR/BsaEnums.cpp.inc"
#include "Bsa/IR/BsaInterfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "Bsa/IR/BsaAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "Bsa/IR/BsaTypes.cpp.inc"

void BsaDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "Bsa/IR/BsaTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "Bsa/IR/BsaAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "Bsa/IR/BsaOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// #bsa.select
//===----------------------------------------------------------------------===//

LogicalResult
SelectAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   int64_t capacity, int64_t sink, int64_t local, Forced) {
  if (capacity < 1)
    return emitError() << "capacity is " << capacity
                       << " but a list needs room for at least 1 block";
  if (sink < 0 || local < 0)
    return emitError() << "sink is " << sink << " and local is " << local
                       << " but neither may be negative; 0 forces no block";
  int64_t forced = sink + (local > 0 ? 2 * local - 1 : 0);
  if (forced > capacity)
    return emitError() << "sink = " << sink << " and local = " << local
                       << " can force " << forced
                       << " blocks but the capacity is " << capacity
                       << "; raise the capacity to " << forced << " or more";
  return success();
}

//===----------------------------------------------------------------------===//
// #bsa.cube
//===----------------------------------------------------------------------===//

/// Parses `AxBx..` with as many numbers as `extents` has, like `example`.
static ParseResult parseExtents(AsmParser &parser, StringRef example,
                                MutableArrayRef<int64_t> extents) {
  SmallVector<int64_t, 3> parsed;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseDimensionList(parsed, /*allowDynamic=*/false,
                                /*withTrailingX=*/false))
    return failure();
  if (parsed.size() != extents.size())
    return parser.emitError(loc)
           << "has " << parsed.size() << " extents, expected " << extents.size()
           << ", such as " << example;
  llvm::copy(parsed, extents.begin());
  return success();
}

Attribute CubeAttr::parse(AsmParser &parser, Type) {
  int64_t extents[3];
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parseExtents(parser, "4x4x4", extents) ||
      parser.parseGreater())
    return {};
  return parser.getChecked<CubeAttr>(loc, parser.getContext(), extents[0],
                                     extents[1], extents[2]);
}

void CubeAttr::print(AsmPrinter &printer) const {
  printer << '<' << getTime() << 'x' << getHeight() << 'x' << getWidth() << '>';
}

LogicalResult
CubeAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                 int64_t time, int64_t height, int64_t width) {
  if (time < 1 || height < 1 || width < 1)
    return emitError() << "cube is " << time << 'x' << height << 'x' << width
                       << " but every extent must be at least 1";
  return success();
}

//===----------------------------------------------------------------------===//
// !bsa.block_map
//===----------------------------------------------------------------------===//

Type BlockMapType::parse(AsmParser &parser) {
  int64_t blocks[2], capacity;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parseExtents(parser, "64x64", blocks) ||
      parser.parseComma() || parser.parseKeyword("capacity") ||
      parser.parseEqual() || parser.parseInteger(capacity))
    return {};
  bool ascending = succeeded(parser.parseOptionalComma());
  if ((ascending && parser.parseKeyword("ascending")) || parser.parseGreater())
    return {};
  return parser.getChecked<BlockMapType>(loc, parser.getContext(), blocks[0],
                                         blocks[1], capacity, ascending);
}

void BlockMapType::print(AsmPrinter &printer) const {
  printer << '<' << getQueryBlock() << 'x' << getKeyBlock()
          << ", capacity = " << getCapacity();
  if (getAscending())
    printer << ", ascending";
  printer << '>';
}

LogicalResult
BlockMapType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     int64_t queryBlock, int64_t keyBlock, int64_t capacity,
                     bool) {
  if (queryBlock < 1 || keyBlock < 1)
    return emitError() << "blocks are " << queryBlock << 'x' << keyBlock
                       << " but must be at least 1x1";
  if (capacity < 1)
    return emitError() << "capacity is " << capacity
                       << " but a list needs room for at least 1 block";
  return success();
}
