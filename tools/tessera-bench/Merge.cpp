// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Our rows and others' in one table.
#include "Report.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace tessera::bench {

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Python writes numbers that are none in a way that JSON does not have.
static std::string withoutNaN(StringRef text) {
  std::string result = text.str();
  for (StringRef word : {": NaN", ": Infinity", ": -Infinity"})
    for (size_t at = 0; (at = result.find(word, at)) != std::string::npos;)
      result.replace(at, word.size(), ": null");
  return result;
}

/// Others count blocks of 64 in a shape whatever the block is; we count blocks.
static std::string shapeInBlocks(StringRef shape) {
  auto [extents, block] = shape.rsplit("/b");
  auto [front, topk] = extents.rsplit('x');
  int64_t blockTokens = 0, blocks64 = 0;
  if (block.getAsInteger(10, blockTokens) || topk.getAsInteger(10, blocks64) ||
      blockTokens < 1)
    return shape.str();
  return formatv("{0}x{1}/b{2}", front, blocks64 * 64 / blockTokens, block);
}

static std::optional<NamedRow> readRow(const json::Object &object) {
  auto shape = object.getString("shape"), name = object.getString("name");
  auto milliseconds = object.getNumber("ms"),
       teraflops = object.getNumber("tflops");
  if (!shape || !name || !milliseconds || !teraflops)
    return std::nullopt;
  if (auto plan = object.getString("plan"))
    return NamedRow{shape->str(), (*name + " " + *plan).str(), *milliseconds,
                    *teraflops};
  if (name->contains("bwd"))
    return std::nullopt;
  return NamedRow{shapeInBlocks(*shape), name->str(), *milliseconds,
                  *teraflops};
}

Expected<std::vector<NamedRow>> readJson(const std::string &path) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!file)
    return createStringError("cannot read '" + path +
                             "': " + file.getError().message());
  Expected<json::Value> value = json::parse(withoutNaN((*file)->getBuffer()));
  if (!value)
    return createStringError("'" + path +
                             "' is no JSON: " + toString(value.takeError()));
  const json::Array *array = value->getAsArray();
  if (!array)
    return createStringError("'" + path +
                             "' holds no list; write [{\"shape\": .., "
                             "\"name\": .., \"ms\": .., \"tflops\": ..}]");
  std::vector<NamedRow> rows;
  for (const json::Value &element : *array)
    if (const json::Object *object = element.getAsObject())
      if (std::optional<NamedRow> row = readRow(*object))
        rows.push_back(*row);
  if (rows.empty())
    return createStringError("'" + path +
                             "' has no row with shape, name, ms and tflops");
  return rows;
}

Expected<std::vector<NamedRow>> readAllJson(ArrayRef<std::string> paths) {
  std::vector<NamedRow> all;
  for (const std::string &path : paths) {
    auto rows = readJson(path);
    if (!rows)
      return rows.takeError();
    append_range(all, *rows);
  }
  return all;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

void printMerged(raw_ostream &out, ArrayRef<NamedRow> ours,
                 ArrayRef<NamedRow> theirs) {
  MapVector<StringRef, double> best; // TFLOP/s
  for (const NamedRow &row : ours)
    best[row.shape] = std::max(best[row.shape], row.teraflops);
  size_t shapeWidth = 5, nameWidth = 4, leftOut = 0;
  for (const NamedRow &row : concat<const NamedRow>(ours, theirs)) {
    shapeWidth = std::max(shapeWidth, row.shape.size());
    nameWidth = std::max(nameWidth, row.name.size());
  }
  auto line = [&](StringRef shape, StringRef name, StringRef milliseconds,
                  StringRef teraflops, StringRef ratio) {
    out << left_justify(shape, shapeWidth) << "  "
        << left_justify(name, nameWidth) << "  "
        << right_justify(milliseconds, 9) << "  " << right_justify(teraflops, 7)
        << "  " << right_justify(ratio, 11) << '\n';
  };
  auto print = [&](const NamedRow &row, StringRef ratio) {
    line(row.shape, row.name, formatv("{0:F3}", row.milliseconds).str(),
         formatv("{0:F1}", row.teraflops).str(), ratio);
  };
  line("shape", "name", "ms", "TFLOP/s", "ours / this");
  for (const auto &[shape, teraflops] : best) {
    for (const NamedRow &row : ours)
      if (row.shape == shape)
        print(row, "");
    for (const NamedRow &row : theirs)
      if (row.shape == shape)
        print(row, formatv("{0:F3}", teraflops / row.teraflops).str());
  }
  leftOut = count_if(
      theirs, [&](const NamedRow &row) { return !best.contains(row.shape); });
  if (leftOut > 0)
    out << "Rows of theirs with shapes that ours do not have: " << leftOut
        << '\n';
}

} // namespace tessera::bench
