// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table and the JSON of our own rows.
#include "Report.h"

#include "../OutputFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace llvm;

namespace tessera::bench {

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

// The shape comes before these, the plan behind.
static constexpr struct {
  StringLiteral name;
  unsigned width;
} kColumns[] = {{"ms", 9},    {"TFLOP/s", 7}, {"MHz", 5},    {"W", 4},
                {"J", 7},     {"tensor", 6},  {"L2", 5},     {"DRAM", 5},
                {"power", 5}, {"rel err", 8}, {"lse err", 8}};

static std::string cell(std::optional<double> value, const char *format) {
  if (!value)
    return "-";
  return formatv(format, *value);
}

static std::string percent(std::optional<double> share) {
  return cell(share ? std::optional(*share * 100) : std::nullopt, "{0:F0}%");
}

void Table::printLine(ArrayRef<std::string> cells) {
  out << left_justify(cells.front(), shapeWidth);
  for (auto [column, text] : zip(kColumns, cells.drop_front()))
    out << "  " << right_justify(text, column.width);
  out << "  " << cells.back() << '\n';
  out.flush();
}

void Table::printHead() {
  std::vector<std::string> cells = {"shape"};
  for (const auto &column : kColumns)
    cells.push_back(column.name.str());
  cells.push_back("plan");
  printLine(cells);
}

void Table::print(const Row &row) {
  const std::optional<Timing> &timing = row.timing;
  auto of = [&](auto field) {
    return timing ? std::optional<double>(field(*timing)) : std::nullopt;
  };
  const std::optional<Verdict> &verdict = row.verdict;
  std::vector<std::string> cells = {
      row.shape,
      cell(of([](auto &t) { return t.milliseconds; }), "{0:F3}"),
      cell(of([&](auto &) { return row.teraflops; }), "{0:F1}"),
      cell(timing ? timing->megahertz : std::nullopt, "{0:F0}"),
      cell(timing ? timing->watts : std::nullopt, "{0:F0}"),
      cell(timing ? timing->joules() : std::nullopt, "{0:F3}"),
      percent(row.limits.tensor),
      percent(row.limits.l2),
      percent(row.limits.dram),
      percent(row.limits.power),
      verdict ? cell(verdict->relativeError, "{0:e1}") : "-",
      verdict && verdict->hasLse ? cell(verdict->lseError, "{0:e1}") : "-",
      row.plan};
  printLine(cells);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// JSON has no NaN and no infinity.
static json::Value number(std::optional<double> value) {
  if (!value || !std::isfinite(*value))
    return nullptr;
  return *value;
}

static json::Object objectOf(const Row &row) {
  json::Object object{{"shape", row.shape},        {"name", "tessera"},
                      {"plan", row.plan},          {"gpu", row.gpu},
                      {"driver", row.driver},      {"assembler", row.assembler},
                      {"lists", row.lists},        {"dtype", row.dtype},
                      {"registers", row.registers}};
  const std::optional<Timing> &timing = row.timing;
  object["ms"] = timing ? json::Value(timing->milliseconds) : nullptr;
  object["tflops"] = timing ? json::Value(row.teraflops) : nullptr;
  object["mhz"] = number(timing ? timing->megahertz : std::nullopt);
  object["watts"] = number(timing ? timing->watts : std::nullopt);
  object["joules"] = number(timing ? timing->joules() : std::nullopt);
  object["limits"] = json::Object{{"tensor", number(row.limits.tensor)},
                                  {"l2", number(row.limits.l2)},
                                  {"dram", number(row.limits.dram)},
                                  {"power", number(row.limits.power)}};
  const std::optional<Verdict> &verdict = row.verdict;
  bool hasLse = verdict && verdict->hasLse;
  object["rel"] = verdict ? number(verdict->relativeError) : nullptr;
  object["lse_err"] = hasLse ? number(verdict->lseError) : nullptr;
  object["right"] = verdict ? json::Value(verdict->passes()) : nullptr;
  return object;
}

Error writeJson(StringRef path, ArrayRef<Row> rows) {
  json::Array array;
  for (const Row &row : rows)
    array.push_back(objectOf(row));
  Error error =
      writeFile(path, formatv("{0:2}\n", json::Value(std::move(array))).str());
  return error ? createStringError("--out: " + toString(std::move(error)))
               : Error::success();
}

std::vector<NamedRow> namesOf(ArrayRef<Row> rows) {
  std::vector<NamedRow> named;
  for (const Row &row : rows)
    if (row.timing)
      named.push_back({row.shape, "tessera " + row.plan,
                       row.timing->milliseconds, row.teraflops});
  return named;
}

} // namespace tessera::bench
