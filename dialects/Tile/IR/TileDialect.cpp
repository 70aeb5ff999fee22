// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Registration of the `tile` dialect, and its types.

#include "Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::tile;

#include "Tile/IR/TileDialect.cpp.inc"
#include "Tile/IR/TileEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "Tile/IR/TileAttrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "Tile/IR/TileTypes.cpp.inc"

void TileDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "Tile/IR/TileTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "Tile/IR/TileAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "Tile/IR/TileOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Tensors in registers
//===----------------------------------------------------------------------===//

bool tile::hasPlace(Type type, Place place) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return false;
  auto layout = dyn_cast_or_null<LayoutAttr>(tensor.getEncoding());
  if (!layout || layout.getPlace() != place || !tensor.hasStaticShape() ||
      tensor.getRank() != (place == Place::Row ? 1 : 2))
    return false;
  return tensor.getDimSize(0) == kRows &&
         (place == Place::Row || tensor.getDimSize(1) % 8 == 0);
}

RankedTensorType tile::withPlace(RankedTensorType type, Place place) {
  return RankedTensorType::get(type.getShape(), type.getElementType(),
                               LayoutAttr::get(type.getContext(), place));
}

RankedTensorType tile::withColumns(RankedTensorType type, int64_t columns) {
  return RankedTensorType::get({type.getDimSize(0), columns},
                               type.getElementType(), type.getEncoding());
}

RankedTensorType tile::rowsOf(RankedTensorType type) {
  return RankedTensorType::get({type.getDimSize(0)}, type.getElementType(),
                               LayoutAttr::get(type.getContext(), Place::Row));
}

//===----------------------------------------------------------------------===//
// Buffers, and the types that hold one
//===----------------------------------------------------------------------===//

int64_t BufferType::getElementBytes() const {
  return getElement().getIntOrFloatBitWidth() / 8;
}

LogicalResult
BufferType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                   int64_t rows, int64_t columns, Type element,
                   int64_t swizzle) {
  if (!element.isBF16() && !element.isF16())
    return emitError() << "buffer holds " << element
                       << " but the matrix unit reads bf16 or f16";
  if (!llvm::is_contained({32, 64, 128}, swizzle))
    return emitError() << "swizzle is " << swizzle
                       << " bytes; expected 32, 64 or 128";
  if (rows < kRowStep || rows > kMostRows || rows % kRowStep != 0)
    return emitError() << "buffer has " << rows
                       << " rows; expected a multiple of " << kRowStep << " in "
                       << kRowStep << " .. " << kMostRows;
  int64_t panel = swizzle / 2;
  if (columns < panel || columns > kMostRows || columns % panel != 0)
    return emitError() << "buffer has " << columns << " columns; a swizzle of "
                       << swizzle << " bytes wants a multiple of " << panel
                       << " up to " << kMostRows;
  return success();
}

/// rows x columns x element, `swizzle` `=` bytes
static void printBody(AsmPrinter &printer, BufferType buffer) {
  printer << buffer.getRows() << 'x' << buffer.getColumns() << 'x'
          << buffer.getElement() << ", swizzle = " << buffer.getSwizzle();
}

static BufferType parseBody(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  int64_t swizzle;
  SMLoc at = parser.getCurrentLocation();
  if (parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(element) || parser.parseComma() ||
      parser.parseKeyword("swizzle") || parser.parseEqual() ||
      parser.parseInteger(swizzle))
    return {};
  if (shape.size() != 2) {
    parser.emitError(at) << "expected rows x columns x element";
    return {};
  }
  return BufferType::getChecked([&] { return parser.emitError(at); },
                                parser.getContext(), shape[0], shape[1],
                                element, swizzle);
}

Type BufferType::parse(AsmParser &parser) {
  if (parser.parseLess())
    return {};
  BufferType body = parseBody(parser);
  return !body || parser.parseGreater() ? BufferType() : body;
}

void BufferType::print(AsmPrinter &printer) const {
  printer << '<';
  printBody(printer, *this);
  printer << '>';
}

/// `none`, for a stage without a buffer, or the buffer's body.
static FailureOr<BufferType> parseBodyOrNone(AsmParser &parser) {
  if (succeeded(parser.parseOptionalKeyword("none")))
    return BufferType();
  if (BufferType body = parseBody(parser))
    return body;
  return failure();
}

static void printBodyOrNone(AsmPrinter &printer, BufferType buffer) {
  if (buffer)
    printBody(printer, buffer);
  else
    printer << "none";
}

template <typename Holder>
static Type parseHolder(AsmParser &parser) {
  if (parser.parseLess())
    return {};
  FailureOr<BufferType> body = parseBodyOrNone(parser);
  if (failed(body) || parser.parseGreater())
    return {};
  return Holder::get(parser.getContext(), *body);
}

static void printHolder(AsmPrinter &printer, BufferType buffer) {
  printer << '<';
  printBodyOrNone(printer, buffer);
  printer << '>';
}

Type FreeStageType::parse(AsmParser &parser) {
  return parseHolder<FreeStageType>(parser);
}
void FreeStageType::print(AsmPrinter &printer) const {
  printHolder(printer, getBuffer());
}
Type FullStageType::parse(AsmParser &parser) {
  return parseHolder<FullStageType>(parser);
}
void FullStageType::print(AsmPrinter &printer) const {
  printHolder(printer, getBuffer());
}

LogicalResult
MapType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                BufferType tile, int64_t boxRows, int64_t boxColumns) {
  if (boxRows < 8 || tile.getRows() % boxRows != 0)
    return emitError() << "map moves boxes of " << boxRows
                       << " rows; expected at least 8, and a divisor of "
                       << tile.getRows();
  int64_t panel = tile.getPanelColumns();
  if (boxColumns < panel || boxColumns % panel != 0 ||
      tile.getColumns() % boxColumns != 0)
    return emitError() << "map moves boxes of " << boxColumns
                       << " columns; expected a multiple of " << panel
                       << " that divides " << tile.getColumns();
  return success();
}

/// [`,` `box` `=` rows `x` columns]
static ParseResult parseBox(AsmParser &parser, SmallVector<int64_t> &box) {
  if (failed(parser.parseOptionalComma()))
    return success();
  SMLoc at = parser.getCurrentLocation();
  box.clear();
  if (parser.parseKeyword("box") || parser.parseEqual() ||
      parser.parseDimensionList(box, /*allowDynamic=*/false,
                                /*withTrailingX=*/false))
    return failure();
  if (box.size() == 2)
    return success();
  return parser.emitError(at) << "expected box = rows x columns";
}

Type MapType::parse(AsmParser &parser) {
  BufferType tile = parser.parseLess() ? BufferType() : parseBody(parser);
  if (!tile)
    return {};
  SMLoc at = parser.getCurrentLocation();
  SmallVector<int64_t> box = {tile.getRows(), tile.getColumns()};
  if (parseBox(parser, box) || parser.parseGreater())
    return {};
  return MapType::getChecked([&] { return parser.emitError(at); },
                             parser.getContext(), tile, box[0], box[1]);
}

void MapType::print(AsmPrinter &printer) const {
  printer << '<';
  printBody(printer, getTile());
  if (!isWhole())
    printer << ", box = " << getBoxRows() << 'x' << getBoxColumns();
  printer << '>';
}

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

LogicalResult
RingType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                 int64_t stages, BufferType, int64_t lanes, int64_t readers) {
  for (auto [name, value] :
       {std::pair("stages", stages), {"lanes", lanes}, {"readers", readers}})
    if (value < 1)
      return emitError() << "ring has " << value << ' ' << name
                         << "; expected at least 1";
  return success();
}

/// [`,` name `=` n].. `>`, the names and where their numbers go.
static ParseResult
parseCounts(AsmParser &parser,
            ArrayRef<std::pair<StringRef, int64_t *>> counts) {
  while (succeeded(parser.parseOptionalComma())) {
    StringRef name;
    SMLoc at = parser.getCurrentLocation();
    if (parser.parseKeyword(&name) || parser.parseEqual())
      return failure();
    const auto *found = llvm::find_if(
        counts, [&](const auto &count) { return count.first == name; });
    if (found == counts.end())
      return parser.emitError(at)
             << "expected "
             << llvm::join(llvm::make_first_range(counts), " or ") << ", found "
             << name;
    if (parser.parseInteger(*found->second))
      return failure();
  }
  return parser.parseGreater();
}

/// stages `x` buffer [`,` `lanes` `=` n] [`,` `readers` `=` n]
Type RingType::parse(AsmParser &parser) {
  int64_t stages, lanes = 1, readers = 1;
  if (parser.parseLess() || parser.parseInteger(stages) ||
      parser.parseKeyword("x"))
    return {};
  FailureOr<BufferType> buffer = parseBodyOrNone(parser);
  SMLoc at = parser.getCurrentLocation();
  if (failed(buffer) ||
      parseCounts(parser, {{"lanes", &lanes}, {"readers", &readers}}))
    return {};
  return RingType::getChecked([&] { return parser.emitError(at); },
                              parser.getContext(), stages, *buffer, lanes,
                              readers);
}

void RingType::print(AsmPrinter &printer) const {
  printer << '<' << getStages() << " x ";
  printBodyOrNone(printer, getBuffer());
  if (getLanes() != 1)
    printer << ", lanes = " << getLanes();
  if (getReaders() != 1)
    printer << ", readers = " << getReaders();
  printer << '>';
}

//===----------------------------------------------------------------------===//
// Staging
//===----------------------------------------------------------------------===//

LogicalResult
StagingType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                    BufferType buffer, int64_t lanes) {
  if (lanes < 1)
    return emitError() << "staging has " << lanes
                       << " lanes; expected at least 1";
  if (buffer.getRows() != kRows)
    return emitError() << "staging has " << buffer.getRows()
                       << " rows; a warpgroup stores " << kRows;
  return success();
}

/// buffer [`,` `lanes` `=` n]
Type StagingType::parse(AsmParser &parser) {
  int64_t lanes = 1;
  BufferType buffer = parser.parseLess() ? BufferType() : ::parseBody(parser);
  SMLoc at = parser.getCurrentLocation();
  if (!buffer || parseCounts(parser, {{"lanes", &lanes}}))
    return {};
  return StagingType::getChecked([&] { return parser.emitError(at); },
                                 parser.getContext(), buffer, lanes);
}

void StagingType::print(AsmPrinter &printer) const {
  printer << '<';
  printBody(printer, getBuffer());
  if (getLanes() != 1)
    printer << ", lanes = " << getLanes();
  printer << '>';
}
